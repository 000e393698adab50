"""Journals and words between phones, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_paid_order, a_scan, an_undo, codes_of, uuid7
from tests.gateway_client import connected
from tests.integration.test_gateway import a_show_now, joined, made, scan_message
from ticketing.clock import utc_now
from ticketing.models import Device, Event
from ticketing.scans import Decision

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def gateway(django_db_setup: None) -> Iterator[Daphne]:
    with daphne() as server:
        yield server


async def two_phones(event: Event) -> tuple[tuple[Device, str], tuple[Device, str]]:
    a = await made(a_device, event, now=utc_now())
    return a, await made(a_device, event, name="Door B", now=utc_now())


async def test_a_journal_comes_up_in_one_message_and_its_entry_moves_on_the_other_phone(
    gateway: Daphne,
) -> None:
    event = await made(a_show_now)
    order = await made(a_paid_order, event, quantity=2, now=utc_now())
    (_, token_a), (_, token_b) = await two_phones(event)
    now = utc_now()
    one, two = await made(codes_of, order, at=now)
    scans = [a_scan(code, at=now, decision=Decision.ADMITTED_OFFLINE) for code in (one, two)]
    undos = [an_undo(scans[1].scan_id, at=now), an_undo(uuid7(), at=now)]

    async with (
        connected(gateway.socket_url, token=token_a) as a,
        connected(gateway.socket_url, token=token_b) as b,
    ):
        await joined(a, f"door:{event.pk}")
        await joined(b, f"door:{event.pk}")
        await b.ask("scan", "verdict", scan=scan_message(one))
        told: dict[str, Any] = await a.ask(
            "drain",
            "drained",
            scans=msgspec.to_builtins(scans),
            undos=msgspec.to_builtins(undos),
        )
        moved = await b.expect("fact", seq=(await a.expect("fact"))["seq"] + 1)

    assert [answer["verdict"]["t"] for answer in told["scans"]] == ["admitted", "admitted"]
    assert [answer["refusal"] for answer in told["undos"]] == [None]
    assert told["refused"] == [{"id": undos[1].undo_id, "code": "scan_unknown"}]
    assert (moved["fact"]["t"], moved["fact"]["door"]) == ("entry_moved", "Door A")


async def test_a_word_reaches_the_other_phone_of_the_door_and_nobody_else(gateway: Daphne) -> None:
    event, elsewhere = await made(a_show_now), await made(a_show_now)
    (first, token_a), (second, token_b) = await two_phones(event)
    (stranger, token_c) = await made(a_device, elsewhere, name="Door C", now=utc_now())

    async with (
        connected(gateway.socket_url, token=token_a) as a,
        connected(gateway.socket_url, token=token_b) as b,
        connected(gateway.socket_url, token=token_c) as c,
    ):
        too_early = await a.ask("signal", "request_refused", to=str(second.pk), data="x")
        await joined(a, f"door:{event.pk}")
        await joined(c, f"door:{elsewhere.pk}")
        await a.expect("presence")
        away = await a.ask("signal", "request_refused", to=str(stranger.pk), data="x")
        nobody = await a.ask("signal", "request_refused", to=str(uuid4()), data="x")
        await a.push("signal", to=str(second.pk), data="offer 🥂")
        word = await b.expect("signalled")
        await c.ask("ping", "pong", at=1)

    assert too_early["code"] == "not_subscribed"
    assert (away["code"], nobody["code"]) == ("device_unknown", "device_unknown")
    assert (word["from"], word["data"]) == (str(first.pk), "offer 🥂")
    assert [message["t"] for message in c.waiting if message["t"] == "signalled"] == []
