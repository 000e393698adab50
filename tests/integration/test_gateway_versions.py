"""The version before, over real sockets: an old phone is told what it understands, beside a new one that hears all."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import pytest
import websockets
from channels.db import database_sync_to_async

from realtime import versions
from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_paid_order, a_scan, a_show, an_undo, codes_of
from tests.gateway_client import GatewayClient, connected
from tests.unit.test_versions import FROZEN, faults
from ticketing.clock import utc_now
from ticketing.models import Event
from ticketing.scans import ScanFact, UndoFact

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Made = TypeVar("Made")
BEFORE = versions.spoken()[1].subprotocol


@pytest.fixture(scope="module")
def gateway(django_db_setup: None) -> Iterator[Daphne]:
    with daphne() as server:
        yield server


async def made(make: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
    """Run ORM code beside the event loop."""
    result: Made = await database_sync_to_async(partial(make, *args, **kwargs))()
    return result


class OldClient(GatewayClient):
    """A phone that was not updated: it fails at the first word that its version does not have."""

    def __init__(self, socket: Any) -> None:
        super().__init__(socket)
        self.heard: list[dict[str, Any]] = []
        receive = socket.recv

        async def recv() -> Any:
            text = await receive()
            message = json.loads(text)
            assert faults(message, FROZEN["$defs"]["ServerMessage"]) == []
            self.heard.append(message)
            return text

        socket.recv = recv


@asynccontextmanager
async def old_phone(gateway: Daphne, token: str) -> AsyncIterator[OldClient]:
    options: dict[str, Any] = {"origin": "http://127.0.0.1:8000", "max_size": None}
    async with websockets.connect(gateway.socket_url, subprotocols=[BEFORE], **options) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == BEFORE
        client = OldClient(socket)
        await client.expect("welcome", version=0)
        await client.ask("authenticate", "authenticated", token=token)
        yield client


def told(fact: ScanFact | UndoFact) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


def a_show_now() -> Event:
    return a_show(doors_at=utc_now().replace(microsecond=0))


async def test_an_old_phone_scans_follows_and_counts_beside_a_new_one(gateway: Daphne) -> None:
    event = await made(a_show_now)
    order = await made(a_paid_order, event, now=utc_now())
    _, old_token = await made(a_device, event, now=utc_now())
    _, new_token = await made(a_device, event, name="Door B", now=utc_now())
    [code] = await made(codes_of, order, at=utc_now())
    door = f"door:{event.pk}"
    scan = a_scan(code, at=utc_now())

    async with (
        old_phone(gateway, old_token) as old,
        connected(gateway.socket_url, token=new_token) as new,
    ):
        start = await old.ask("subscribe", "joined", topic=door)
        await new.ask("subscribe", "joined", topic=door)
        verdict = await new.ask("scan", "verdict", scan=told(scan))
        undone = await new.ask("undo", "undo_answered", undo=told(an_undo(scan.scan_id, at=utc_now())))
        await new.expect("presence")
        heard_by_new = [await new.expect("fact") for _ in range(2)]
        heard_by_old = [await old.expect("fact") for _ in range(2)]
        own = await old.ask("scan", "verdict", scan=told(a_scan(code, at=utc_now())))
        pong = await old.ask("ping", "pong", at=1)

    assert (verdict["verdict"]["t"], undone["refusal"], own["verdict"]["t"]) == ("admitted", None, "admitted")
    assert [fact["fact"]["t"] for fact in heard_by_new] == ["ticket_entered", "ticket_undone"]
    assert [fact["fact"]["t"] for fact in heard_by_old] == ["ticket_entered", "nothing"]
    assert [fact["seq"] for fact in heard_by_old] == [start["seq"] + 1, start["seq"] + 2]
    assert pong["seqs"][door] == start["seq"] + 3


async def test_an_old_phone_comes_back_and_is_given_what_it_missed_in_its_own_words(gateway: Daphne) -> None:
    event = await made(a_show_now)
    order = await made(a_paid_order, event, now=utc_now())
    _, token = await made(a_device, event, now=utc_now())
    _, other_token = await made(a_device, event, name="Door B", now=utc_now())
    [code] = await made(codes_of, order, at=utc_now())
    door = f"door:{event.pk}"
    scan = a_scan(code, at=utc_now())
    async with old_phone(gateway, token) as old:
        start = await old.ask("subscribe", "joined", topic=door)
        manifest = await old.expect("snapshot")
    async with connected(gateway.socket_url, token=other_token) as new:
        await new.ask("scan", "verdict", scan=told(scan))
        await new.ask("undo", "undo_answered", undo=told(an_undo(scan.scan_id, at=utc_now())))

    async with old_phone(gateway, token) as old:
        again = await old.ask("subscribe", "joined", topic=door, since=start["seq"], epoch=start["epoch"])
        missed = [await old.expect("fact") for _ in range(2)]

    assert manifest["snapshot"]["count"] == 1
    assert again["resumed"] is True
    assert [(fact["seq"] - start["seq"], fact["fact"]["t"]) for fact in missed] == [
        (1, "ticket_entered"),
        (2, "nothing"),
    ]


async def test_an_old_page_sees_what_is_left_in_its_own_words(gateway: Daphne) -> None:
    event = await made(a_show_now)
    options: dict[str, Any] = {"origin": "http://127.0.0.1:8000"}
    async with websockets.connect(gateway.socket_url, subprotocols=[BEFORE], **options) as socket:  # type: ignore[list-item]
        fan = OldClient(socket)
        await fan.ask("subscribe", "joined", topic=f"public:{event.pk}")
        await made(a_paid_order, event, quantity=2, now=utc_now())
        while (state := await fan.expect("state"))["state"]["left"] != 98:
            pass

    assert [sorted(kind) for kind in state["state"]["types"]] == [["id", "left"]]
