"""The frame of every page, and the few pieces that pages share."""

from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from ticketing.simulator.errors import ApiError

STYLE = Path(__file__).with_name("style.css").read_text()
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    # Not `no-referrer`: browsers would then send `Origin: null` with the forms, and `same_origin` could not judge.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page(title: str, body: str, *, status: int = 200, wide: bool = False) -> web.Response:
    """`body` is HTML; everything that came from outside has been escaped by whoever built it."""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} (SIMULATED)</title><meta name="robots" content="noindex"><style>{STYLE}</style></head>'
        '<body><header class="simulated">SIMULATED - no real payment</header>'
        f"<main{' class=wide' if wide else ''}>{body}</main></body></html>"
    )
    return web.Response(text=html, content_type="text/html", status=status, headers=HEADERS)


def message(title: str, text: str, *, status: int = 200, more: str = "") -> web.Response:
    return page(
        title, f'<div class="card"><h1>{escape(title)}</h1><p>{escape(text)}</p>{more}</div>', status=status
    )


def see_other(url: str) -> web.Response:
    return web.Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})


def hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def same_origin(request: web.Request) -> None:
    """Raises ApiError when a form was sent from somebody else's page. (No Origin at all: not a browser.)"""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise ApiError("This form was sent from another site.", status=403)


def guarded(handle: Handler) -> Handler:
    """Refusals become pages; forms must come from our own pages."""

    async def guard(request: web.Request) -> web.StreamResponse:
        try:
            if request.method == "POST":
                same_origin(request)
            return await handle(request)
        except ApiError as error:
            title = "Not found" if error.status == 404 else "That did not work"
            return message(title, error.message, status=error.status)

    return guard


async def fields(request: web.Request) -> dict[str, str]:
    """The text fields of a form; uploads are ignored."""
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
