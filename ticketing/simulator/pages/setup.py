"""The onboarding that an account link leads to: single use, five minutes, three possible ends."""

from html import escape

from aiohttp import web

from ticketing.simulator.errors import invalid
from ticketing.simulator.objects.account import Account, OnboardingLink
from ticketing.simulator.operations import accounts
from ticketing.simulator.operations.accounts import Standing
from ticketing.simulator.pages.layout import fields, guarded, page, see_other
from ticketing.simulator.world import World

ENDS: dict[Standing, tuple[str, str]] = {
    "complete": ("Everything is in order", "Charges and payouts are enabled"),
    "restrict": ("Something is missing", "The account stays restricted until it is supplied"),
    "reject": ("Rejected", "Stripe will not work with this business"),
}
FORM_LIVES = 3600


def routes(world: World) -> list[web.RouteDef]:
    async def show(request: web.Request) -> web.StreamResponse:
        with world.store.transaction():
            link = world.store.get(OnboardingLink, request.match_info["id"])
            if link.opened or link.expires_at <= world.now:
                return see_other(link.refresh_url)
            world.store.change(link, opened=True)
        return _form(link, world.store.get(Account, link.account))

    async def submit(request: web.Request) -> web.StreamResponse:
        end = (await fields(request)).get("end", "")
        with world.store.transaction():
            link = world.store.get(OnboardingLink, request.match_info["id"])
            if link.finished or not link.opened or link.created + FORM_LIVES <= world.now:
                return see_other(link.refresh_url)
            world.store.change(link, finished=True)
            accounts.settle(world, accounts.accessible(world, link.account), _standing(end))
        return see_other(link.return_url)

    return [web.get("/setup/{id}", guarded(show)), web.post("/setup/{id}", guarded(submit))]


def _standing(text: str) -> Standing:
    for known in ENDS:
        if text == known:
            return known
    raise invalid(f"Onboarding cannot end like this: {text!r}")


def _form(link: OnboardingLink, account: Account) -> web.Response:
    name = (account.business_profile or {}).get("name") or account.email or account.id
    choices = "".join(
        f'<label class="choice"><input type="radio" name="end" value="{end}"{" checked" if end == "complete" else ""}>'
        f"<span>{escape(title)}<small>{escape(text)}</small></span></label>"
        for end, (title, text) in ENDS.items()
    )
    return page(
        "Onboarding",
        f"<h1>Get {escape(str(name))} ready for payments</h1>"
        "<p>Stripe would now ask for the business, its people, its bank account and its papers. Here you choose what "
        "comes out of it.</p>"
        f'<form class="card" method="post" action="/setup/{link.id}" data-onboarding><fieldset>'
        f"<legend>How does it end?</legend>{choices}</fieldset>"
        '<button class="main">Finish onboarding (simulated)</button></form>'
        f'<p class="soft">Account <code>{escape(account.id)}</code>, {escape(account.country)}</p>'
        f'<a class="back" href="{escape(link.return_url)}">Leave without finishing</a>',
    )
