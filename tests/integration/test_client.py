"""The Python client against the real gateway: a real Daphne process, which is killed and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar

import pytest
from channels.db import database_sync_to_async

from realtime import protocol as p
from realtime.client import (
    HandshakeRefused,
    NoAnswer,
    Place,
    Refused,
    Resumed,
    Status,
    Told,
    follow,
    open_gateway,
)
from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_paid_order, a_scan, a_show, codes_of
from ticketing import pairing
from ticketing.admission import Admitted, AlreadyIn
from ticketing.clock import utc_now
from ticketing.models import Event

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
ORIGIN = "http://127.0.0.1:8000"
PATIENCE_S = 20
Made = TypeVar("Made")


@pytest.fixture(scope="module")
def gateway(django_db_setup: None) -> Iterator[Daphne]:
    with daphne() as server:
        yield server


async def made(make: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
    """Run ORM code beside the event loop."""
    result: Made = await database_sync_to_async(partial(make, *args, **kwargs))()
    return result


def a_show_now() -> Event:
    return a_show(doors_at=utc_now().replace(microsecond=0))


async def told(entries: Any, count: int) -> list[Told]:
    """So many of what a reader is told next, presence left out."""
    async with asyncio.timeout(PATIENCE_S):
        heard: list[Told] = []
        while len(heard) < count:
            one = await anext(entries)
            if not isinstance(one, p.TopicPresence):
                heard.append(one)
        return heard


async def test_a_snapshot_comes_first_and_then_every_entry_as_typed_values(gateway: Daphne) -> None:
    event = await made(a_show_now)
    _, token = await made(a_device, event, now=utc_now())

    reading = follow(gateway.socket_url, f"door:{event.pk}", token=token, origin=ORIGIN)
    async with aclosing(reading) as entries:
        [manifest] = await told(entries, 1)
        await made(a_paid_order, event, quantity=3, now=utc_now())
        held, issued = await told(entries, 2)

    assert isinstance(manifest, p.TopicSnapshot)
    assert isinstance(manifest.snapshot, p.DoorSnapshot)
    assert held == p.TopicFact(topic=f"door:{event.pk}", seq=manifest.seq + 1, fact=p.Nothing())
    assert isinstance(issued, p.TopicFact)
    assert isinstance(issued.fact, p.TicketsIssued)
    assert len(issued.fact.tickets) == 3


async def test_a_visit_goes_on_from_where_an_earlier_one_ended(gateway: Daphne) -> None:
    event = await made(a_show_now)
    _, token = await made(a_device, event, now=utc_now())
    topic = f"door:{event.pk}"
    async with aclosing(follow(gateway.socket_url, topic, token=token, origin=ORIGIN)) as entries:
        [manifest] = await told(entries, 1)
    assert isinstance(manifest, p.TopicSnapshot)
    await made(a_paid_order, event, now=utc_now())

    place = Place(manifest.seq, manifest.epoch)
    reading = follow(gateway.socket_url, topic, token=token, origin=ORIGIN, resume=place)
    async with aclosing(reading) as entries:
        missed = await told(entries, 3)

    assert [one.seq for one in missed[:2] if isinstance(one, p.TopicFact)] == [
        place.since + 1,
        place.since + 2,
    ]
    assert missed[2] == Resumed(topic, 2)


async def test_anybody_reads_the_newest_state(gateway: Daphne) -> None:
    event = await made(a_show_now)

    async with aclosing(follow(gateway.socket_url, f"public:{event.pk}", origin=ORIGIN)) as states:
        await told(states, 1)
        await made(a_paid_order, event, quantity=4, now=utc_now())
        async with asyncio.timeout(PATIENCE_S):
            while True:
                newest = await anext(states)
                assert isinstance(newest, p.TopicState)
                assert isinstance(newest.state, p.PublicState)
                if newest.state.left == 96:
                    break


async def test_a_server_that_is_killed_and_comes_back_loses_and_doubles_nothing() -> None:
    event = await made(a_show_now)
    _, token = await made(a_device, event, now=utc_now())
    topic = f"door:{event.pk}"
    statuses: list[Status] = []
    with daphne() as first:
        port = first.port
        reading = follow(first.socket_url, topic, token=token, origin=ORIGIN, on_status=statuses.append)
        async with aclosing(reading) as entries:
            [manifest] = await told(entries, 1)
            await made(a_paid_order, event, now=utc_now())
            before = await told(entries, 2)
            first.process.kill()
            await asyncio.to_thread(first.process.wait)
            await made(a_paid_order, event, now=utc_now())
            with daphne(port=port):
                after = await told(entries, 3)
                await made(a_paid_order, event, now=utc_now())
                after += await told(entries, 2)

    assert isinstance(manifest, p.TopicSnapshot)
    seqs = [one.seq for one in (*before, *after) if isinstance(one, p.TopicFact)]
    assert seqs == list(range(manifest.seq + 1, manifest.seq + 7))
    assert Resumed(topic, 2) in after
    assert statuses[0] is statuses[-1] is Status.LIVE
    assert Status.CONNECTING in statuses


async def test_a_scan_is_asked_about_and_taken_back_by_the_same_client(gateway: Daphne) -> None:
    event = await made(a_show_now)
    order = await made(a_paid_order, event, now=utc_now())
    _, token = await made(a_device, event, now=utc_now())
    [code] = await made(codes_of, order, at=utc_now())

    async with open_gateway(gateway.socket_url, token=token, origin=ORIGIN) as phone:
        with pytest.raises(NoAnswer):  # nobody has let us in yet
            await phone.scan(a_scan(code, at=utc_now()), patience_s=1)
        await told(phone.follow(f"door:{event.pk}"), 1)
        first = await phone.scan(a_scan(code, at=utc_now()), patience_s=PATIENCE_S)
        second = await phone.scan(a_scan(code, at=utc_now(), device_seq=2), patience_s=PATIENCE_S)

    assert isinstance(first.verdict, Admitted)
    assert isinstance(second.verdict, AlreadyIn)


async def test_a_revoked_device_is_told_why_nothing_more_comes(gateway: Daphne) -> None:
    event = await made(a_show_now)
    device, token = await made(a_device, event, now=utc_now())

    async with open_gateway(gateway.socket_url, token=token, origin=ORIGIN) as phone:
        entries = phone.follow(f"door:{event.pk}")
        await told(entries, 1)
        await made(pairing.revoke, device_id=device.pk, event_id=event.pk, now=utc_now())
        with pytest.raises(Refused) as end:
            await told(entries, 1)
        with pytest.raises(Refused):
            await told(phone.follow(f"public:{event.pk}"), 1)

    assert end.value.code is p.ErrorCode.TOKEN_INVALID


async def test_a_topic_that_is_not_for_everybody_is_refused_and_the_others_go_on(gateway: Daphne) -> None:
    event = await made(a_show_now)

    async with open_gateway(gateway.socket_url, origin=ORIGIN) as fan:
        with pytest.raises(Refused, match="topic_forbidden"):
            await told(fan.follow(f"sales:{event.pk}"), 1)
        [state] = await told(fan.follow(f"public:{event.pk}"), 1)

    assert isinstance(state, p.TopicState)


async def test_two_topics_are_read_over_one_connection_and_left_one_by_one(gateway: Daphne) -> None:
    event, other = await made(a_show_now), await made(a_show_now)

    async with open_gateway(gateway.socket_url, origin=ORIGIN) as fan:
        one, two = fan.follow(f"public:{event.pk}"), fan.follow(f"public:{other.pk}")
        await told(one, 1)
        await told(two, 1)
        with pytest.raises(ValueError, match="followed already"):
            await told(fan.follow(f"public:{event.pk}"), 1)
        await one.aclose()
        [again] = await told(fan.follow(f"public:{event.pk}"), 1)

    assert isinstance(again, p.TopicState)


async def test_a_foreign_origin_is_not_tried_again(gateway: Daphne) -> None:
    with pytest.raises(HandshakeRefused) as refusal:
        await told(follow(gateway.socket_url, "public:x", origin="https://evil.example"), 1)

    assert refusal.value.status == 403
