"""A small stand-in for Stripe's dashboard: balances, payments, accounts, events, and the buttons people press."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from ticketing.simulator import controls
from ticketing.simulator.errors import invalid
from ticketing.simulator.objects.account import Account
from ticketing.simulator.pages import dashboard_parts as parts
from ticketing.simulator.pages.layout import fields, guarded, page, see_other
from ticketing.simulator.world import World

Form = dict[str, str]


@dataclass(frozen=True, slots=True)
class Action:
    model: type[controls.Body]
    verb: Callable[[World, str, Any], Any]


def routes(world: World) -> list[web.RouteDef]:
    async def show(request: web.Request) -> web.StreamResponse:
        account = request.query.get("account", "")
        if account:
            world.store.get(Account, account)
        return page("Dashboard", _body(world, account, request.query.get("done", "")), wide=True)

    async def act(request: web.Request) -> web.StreamResponse:
        form = await fields(request)
        action = ACTIONS.get(request.match_info["action"])
        if action is None:
            raise invalid(f"No such action: {request.match_info['action']}")
        with world.store.transaction():
            _perform(world, action, form)
        query = {"done": request.match_info["action"], "account": form.get("account_shown", "")}
        return see_other(f"/dashboard?{urlencode(query)}")

    return [
        web.get("/", guarded(_to_dashboard)),
        web.get("/dashboard", guarded(show)),
        web.post("/dashboard/{action}", guarded(act)),
    ]


async def _to_dashboard(_: web.Request) -> web.StreamResponse:
    return see_other("/dashboard")


def _body(world: World, account: str, done: str) -> str:
    title = f"Dashboard of {account}" if account else "The platform's dashboard"
    sections = [
        parts.heading(title, done, is_account=bool(account)),
        parts.balances(world, account),
        parts.payments(world, account),
        parts.disputes(world, account),
    ]
    if not account:
        sections.append(parts.accounts(world))
    sections.append(parts.events(world))
    return "".join(sections)


def _perform(world: World, action: Action, form: Form) -> None:
    """Presses the control of the same name; raises ApiError when the form does not fit it."""
    given = {name: value for name, value in form.items() if value and name not in ("id", "account_shown")}
    try:
        body = msgspec.convert(given, type=action.model, strict=False)
    except msgspec.ValidationError as problem:
        raise invalid(str(problem)) from None
    action.verb(world, form.get("id", ""), body)


ACTIONS = {
    "refund": Action(controls.DashboardRefund, controls.dashboard_refund),
    "dispute": Action(controls.OpenDispute, controls.open_dispute),
    "resolve": Action(controls.Resolve, controls.resolve_dispute),
    "account": Action(controls.ChangeAccount, controls.change_account),
    "redeliver": Action(controls.Body, controls.redeliver),
}
