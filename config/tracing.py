"""Which request, or which socket, a line of the log is of: an id that goes with everything done for it."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Callable[[], Awaitable[dict[str, Any]]], Send], Awaitable[None]]

# The context goes along into tasks and threads, so whatever logs for a request finds its id here.
_current: ContextVar[str] = ContextVar("ngn_trace", default="-")
# What a proxy may have called the request. Anything else could forge lines of the log.
_GIVEN = re.compile(rb"[A-Za-z0-9_-]{8,64}")


def current() -> str:
    """The id of the request or socket that is being worked for; `-` for none."""
    return _current.get()


class Traced:
    """ASGI middleware: gives each request and each socket its id, in `scope["trace"]` and in the log's lines.

    A request's own `X-Request-Id` is kept if it is one, and every answer carries the id.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(
        self, scope: Scope, receive: Callable[[], Awaitable[dict[str, Any]]], send: Send
    ) -> None:
        """Serve it under its id."""
        scope["trace"] = trace = _given(scope.get("headers", ())) or uuid4().hex
        mark = _current.set(trace)
        try:
            # A socket's `send` goes through as it is: the gateway looks for Daphne behind it.
            await self._app(scope, receive, _telling(send, trace) if scope["type"] == "http" else send)
        finally:
            _current.reset(mark)


class Marked(logging.Filter):
    """Adds the id to a record, as `trace`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, marked."""
        record.trace = current()
        return True


def _given(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    given = next((value for name, value in headers if name == b"x-request-id"), b"")
    return given.decode() if _GIVEN.fullmatch(given) else None


def _telling(send: Send, trace: str) -> Send:
    async def tell(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", trace.encode())]}
        await send(message)

    return tell
