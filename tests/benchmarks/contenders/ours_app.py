"""Ours as it is measured: the product's whole ASGI application, and beside it two sockets that only a bench opens.

/bench/publish         a number comes in; it is announced as the next entry of the first show, a ticket let in
                       `at` that number: through the doorbell, the channel layer, the hub, the feed and the encoder
/bench/publish/state   the same for the state topics: the number becomes what is left of the show, each in its turn
/bench/block           a query of 200 ms elsewhere in this process: Channels' own database thread is asleep for so long

An announcement is exactly what the log makes after a COMMIT. No row is written: the database's cost is the benches'
`holds` and `door`.
"""

from __future__ import annotations

import os
from itertools import count
from typing import Any
from uuid import UUID

import msgspec
from channels.db import database_sync_to_async

from config.asgi import application as product
from realtime import doorbell
from realtime import hub as hubs
from tests.benchmarks.blocking import block
from tests.benchmarks.entered import entered
from tests.benchmarks.house import House
from ticketing import domain_events as e
from ticketing.log import Announcement

HOUSE = msgspec.json.decode(os.environ["BENCH_HOUSE"], type=House)
if linger := os.environ.get("BENCH_STATE_S"):
    hubs.STATE_S = float(linger)

_seqs = [count(seq + 1) for seq in HOUSE.seqs]


class Tick(msgspec.Struct, frozen=True):
    """What a publisher sends: a number, and what makes the frame as long as wanted."""

    at: int
    door: str = "Door"


_decoder = msgspec.json.Decoder(Tick)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The product, but for the bench's own paths."""
    work = _WORK.get(scope.get("path", "")) if scope["type"] == "websocket" else None
    if work is None:
        await product(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await work(_decoder.decode(message["text"]))


async def _let_in(tick: Tick) -> None:
    _announce(0, entered(at=tick.at, door=tick.door))


async def _change_seats(tick: Tick) -> None:
    show = tick.at % len(HOUSE.shows)
    terms = e.TypeTerms(ticket_type=HOUSE.types[show], allocation=tick.at, price=2_000)
    _announce(show, e.AllocationChanged(types=(terms,), at=0))


def _announce(show: int, happened: e.AnyDomainEvent) -> None:
    """What the log does after a COMMIT."""
    body = e.encode(happened)
    doorbell.ring(Announcement(event_id=UUID(HOUSE.shows[show]), seq=next(_seqs[show]), body=body))


async def _block(_tick: Tick) -> None:
    await database_sync_to_async(block)()


_WORK = {"/bench/publish": _let_in, "/bench/publish/state": _change_seats, "/bench/block": _block}
