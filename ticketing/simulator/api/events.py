"""/v1/events: what was sent, and whether it arrived."""

import msgspec

from ticketing.simulator.api.endpoint import Call, Endpoint
from ticketing.simulator.api.lists import page
from ticketing.simulator.errors import invalid
from ticketing.simulator.objects.base import Listing
from ticketing.simulator.objects.event import Event
from ticketing.simulator.params import ListParams, Params

MOST_TYPES = 20
KEPT_FOR = 30 * 24 * 3600
UNDELIVERED = "EXISTS (SELECT 1 FROM deliveries WHERE event = objects.id AND state <> 'delivered')"


class ListEvents(ListParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    delivery_success: bool | None = None
    type: str | None = None
    types: list[str] = []


def retrieve(call: Call, _: Params) -> Event:
    return _as_of(call, call.own(Event))


def list_all(call: Call, params: ListEvents) -> Listing:
    conditions = [f"created > {call.world.now - KEPT_FOR:d}"]
    if params.delivery_success is not None:
        conditions.append(f"NOT {UNDELIVERED}" if params.delivery_success else UNDELIVERED)
    if wanted := _types(params):
        conditions.append(f"json_extract(body, '$.type') IN ({wanted})")
    found = page(call, Event, params, url="/v1/events", conditions=tuple(conditions))
    return msgspec.structs.replace(found, data=[_as_of(call, event) for event in found.data])


def _types(params: ListEvents) -> str:
    """The chosen types as SQL text; only the characters that event types have are let through."""
    if params.type and params.types:
        raise invalid("You may pass only one of type and types.", param="types")
    chosen = [params.type] if params.type else params.types
    if len(chosen) > MOST_TYPES:
        raise invalid(f"You may pass at most {MOST_TYPES} types.", param="types")
    for each in chosen:
        if not each.replace(".", "").replace("_", "").isalnum():
            raise invalid(f"Invalid event type: {each}", param="type")
    return ", ".join(f"'{each}'" for each in chosen)


def _as_of(call: Call, event: Event) -> Event:
    rows = call.world.store.run(
        "SELECT COUNT(*) FROM deliveries WHERE event = ? AND state <> 'delivered'", event.id
    )
    return msgspec.structs.replace(event, pending_webhooks=rows[0][0])


ENDPOINTS = [
    Endpoint("GET", "/v1/events", ListEvents, list_all),
    Endpoint("GET", "/v1/events/{id}", Params, retrieve),
]
