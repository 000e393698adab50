"""Writes what happened as an event, together with the deliveries it owes, in the transaction that made it happen."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET

from ticketing.simulator.ids import new
from ticketing.simulator.objects.base import Json, Resource
from ticketing.simulator.objects.event import Event
from ticketing.simulator.world import World


@dataclass(frozen=True, slots=True)
class Cause:
    """The API request that an event goes back to; none for what people did on pages or the clock did."""

    request_id: str | None = None
    idempotency_key: str | None = None


cause: ContextVar[Cause] = ContextVar("cause", default=Cause())  # noqa: B039 - frozen, so safe to share


def emit(
    world: World,
    event_type: str,
    thing: Resource | Json,
    *,
    account: str = "",
    before: Resource | None = None,
) -> Event:
    """One event about `thing` as it is now; `before` adds what changed in it, as `*.updated` events carry."""
    shown: Json = thing if isinstance(thing, dict) else msgspec.to_builtins(thing)
    data: Json = {"object": shown}
    if before is not None:
        data["previous_attributes"] = _changed(msgspec.to_builtins(before), shown)
    endpoint = "connect" if account else "platform"
    owed = world.settings.endpoint(endpoint) is not None and world.switches.wants(endpoint, event_type)
    event = Event(
        id=new("evt"),
        created=world.now,
        type=event_type,
        data=data,
        account=account or UNSET,
        request={"id": cause.get().request_id, "idempotency_key": cause.get().idempotency_key},
        pending_webhooks=int(owed),
    )
    world.store.add(event, account=account)
    if owed:
        schedule(world, event.id, endpoint=endpoint)
    return event


def schedule(world: World, event: str, *, endpoint: str) -> None:
    """Queues one delivery. Wall clock: a receiver's patience does not follow the simulator's clock."""
    world.store.run(
        "INSERT INTO deliveries (event, batch, endpoint, state, due_at) VALUES (?, ?, ?, 'pending', ?)",
        event,
        world.store.batch,
        endpoint,
        world.clock.wall() + world.switches.delay_ms / 1000,
    )
    world.news.set()


def _changed(before: Json, after: Json) -> dict[str, Any]:
    return {name: value for name, value in before.items() if after.get(name) != value}
