"""/v1/checkout/sessions."""

from typing import Literal

from ticketing.simulator.api.endpoint import Call, Endpoint
from ticketing.simulator.api.lists import page
from ticketing.simulator.errors import no_such
from ticketing.simulator.objects.base import Listing
from ticketing.simulator.objects.checkout import Plan, Session
from ticketing.simulator.operations import sessions
from ticketing.simulator.operations.session_request import UNSIMULATED, CreateSession
from ticketing.simulator.params import ListParams, Paging, Params, Part


class CustomerDetails(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: str


class ListSessions(ListParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    customer_details: CustomerDetails | None = None
    payment_intent: str | None = None
    status: Literal["open", "complete", "expired"] | None = None


def create(call: Call, params: CreateSession) -> Session:
    return sessions.create(call.world, params, account=call.account)


def retrieve(call: Call, _: Params) -> Session:
    return call.own(Session)


def expire(call: Call, _: Params) -> Session:
    return sessions.expire(call.world, call.own(Session))


def list_all(call: Call, params: ListSessions) -> Listing:
    details = params.customer_details
    fields: dict[str, str | int | None] = {
        "payment_intent": params.payment_intent,
        "status": params.status,
        "customer_details.email": details.email if details else None,
    }
    return page(call, Session, params, url="/v1/checkout/sessions", fields=fields)


def list_lines(call: Call, params: Paging) -> Listing:
    session = call.own(Session)
    lines = call.world.store.get(Plan, session.id).lines
    if params.starting_after:
        ids = [line.id for line in lines]
        if params.starting_after not in ids:
            raise no_such("item", params.starting_after, param="starting_after")
        lines = lines[ids.index(params.starting_after) + 1 :]
    url = f"/v1/checkout/sessions/{session.id}/line_items"
    return Listing(url=url, data=lines[: params.limit], has_more=len(lines) > params.limit)


ENDPOINTS = [
    Endpoint("POST", "/v1/checkout/sessions", CreateSession, create, UNSIMULATED),
    Endpoint(
        "GET",
        "/v1/checkout/sessions",
        ListSessions,
        list_all,
        frozenset(["customer", "customer_account", "payment_link", "subscription"]),
    ),
    Endpoint("GET", "/v1/checkout/sessions/{id}", Params, retrieve),
    Endpoint("POST", "/v1/checkout/sessions/{id}/expire", Params, expire),
    Endpoint("GET", "/v1/checkout/sessions/{id}/line_items", Paging, list_lines),
]
