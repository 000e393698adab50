"""The hub inside this process: what it asks the database, and what it does while the layer is away or silent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from pytest_django.fixtures import Settings

from realtime import arrivals, doorbell, snapshots
from realtime import hub as hubs
from realtime.ear import ear
from realtime.feed import Since
from realtime.frames import texts
from realtime.hub import Hub, NoSuchShow
from realtime.topics import Audience, Topic
from tests.factories import a_hold, a_paid_order, a_show
from tests.servers import Server
from tests.unit.entries import entered
from tests.unit.lines import TestLine
from ticketing import domain_events, log
from ticketing.clock import utc_now
from ticketing.models import Event, LogEntry, LogHead

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Made = TypeVar("Made")
PATIENCE_S = 30.0


async def made(make: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
    """Run ORM code beside the event loop."""
    result: Made = await database_sync_to_async(partial(make, *args, **kwargs))()
    return result


@pytest.fixture
async def hub(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    """This loop's hub, and the loop as the one in which the process hears."""
    monkeypatch.setattr(doorbell, "_heard_in", None)
    yield hubs.hub()
    await hubs.hub().close()
    await ear().close()
    with suppress(Exception):  # a Redis that the test has killed
        await get_channel_layer().flush()


@pytest.fixture
def redis_layer(own_redis: Server, settings: Settings) -> Server:
    """A real Redis of this test's own between the log and the hub."""
    hosts = [{"address": own_redis.url, "socket_timeout": None}]
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": hosts, "prefix": "ngn"},
        }
    }
    return own_redis


class Reader:
    """A line, and the messages that came over it."""

    def __init__(self) -> None:
        self.line = TestLine()

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in texts(self.line.kernel.got)]

    def facts(self) -> list[int]:
        return [message["seq"] for message in self.messages() if message["t"] == "fact"]

    async def has(self, seq: int) -> None:
        """Wait until this entry has come."""
        async with asyncio.timeout(PATIENCE_S):
            while seq not in self.facts():  # noqa: ASYNC110  # frames come without telling anybody
                await asyncio.sleep(0.01)


def door(event: Event) -> Topic:
    return Topic(Audience.DOOR, event.pk)


async def joined(hub: Hub, topic: Topic, since: Since | None = None) -> Reader:
    reader = Reader()
    await hub.join(reader.line, topic, ref=1, since=since)
    return reader


async def end_of(event: Event) -> log.Head:
    head = await made(log.head, event.pk)
    assert head is not None
    return head


def since(head: log.Head, seq: int) -> Since:
    return Since(seq=seq, epoch=head.epoch)


# --- joining -------------------------------------------------------------------------------------------------------


async def test_a_show_that_is_not_there_cannot_be_followed_and_leaves_nothing(hub: Hub) -> None:
    with pytest.raises(NoSuchShow):
        await joined(hub, Topic(Audience.PUBLIC, uuid4()))

    assert (hub._feeds, dict(hub._joining)) == ({}, {})


async def test_the_last_reader_that_leaves_ends_the_feed(hub: Hub) -> None:
    event = await made(a_show)
    readers = [await joined(hub, door(event)) for _ in range(2)]

    hub.leave(readers[0].line, door(event))
    followed = event.pk in hub._feeds
    hub.leave(readers[1].line, door(event))

    assert followed
    assert (hub._feeds, dict(hub._joining)) == ({}, {})


async def test_a_herd_without_a_past_shares_one_snapshot(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await made(a_show)
    read: list[UUID] = []
    fresh = snapshots.door

    def counted(event_id: UUID) -> Any:
        read.append(event_id)
        return fresh(event_id)

    monkeypatch.setattr(snapshots, "door", counted)
    herd = await asyncio.gather(*(joined(hub, door(event)) for _ in range(50)))

    assert [[message["t"] for message in one.messages()] for one in herd] == [["joined", "snapshot"]] * 50
    assert len(read) == 1


async def test_a_herd_that_comes_back_to_a_fresh_process_reads_the_log_once(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await made(a_show)
    for _ in range(6):
        await made(a_hold, event, now=utc_now())
    head = await end_of(event)
    reads: list[int] = []
    read = log.read

    def counted(**kwargs: Any) -> Any:
        reads.append(kwargs["since"])
        return read(**kwargs)

    monkeypatch.setattr(log, "read", counted)
    herd = await asyncio.gather(
        *(joined(hub, door(event), since(head, head.seq - 1 - n % 5)) for n in range(50))
    )

    assert [one.facts() for one in herd] == [list(range(head.seq - n % 5, head.seq + 1)) for n in range(50)]
    assert len(reads) <= 5


async def test_a_long_absence_is_read_in_chunks_and_the_others_are_told_meanwhile(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "_CHUNK", 3)
    monkeypatch.setattr(arrivals, "_FRAMES_AT_ONCE", 2)
    event = await made(a_show)
    for _ in range(20):
        await made(a_hold, event, now=utc_now())
    head = await end_of(event)
    other = await joined(hub, door(event))

    back = asyncio.create_task(joined(hub, door(event), since(head, 1)))
    await made(a_hold, event, now=utc_now())
    reader = await back
    await other.has(head.seq + 1)
    await reader.has(head.seq + 1)

    assert reader.facts() == list(range(2, head.seq + 2))


async def test_who_lacks_what_was_archived_is_given_a_snapshot(hub: Hub) -> None:
    event = await made(a_show)
    for _ in range(4):
        await made(a_hold, event, now=utc_now())
    head = await end_of(event)
    await made(LogEntry.objects.filter(event=event, seq__lte=head.seq - 2).delete)

    reader = await joined(hub, door(event), since(head, head.seq - 3))

    [answer, snapshot] = reader.messages()
    assert (answer["resumed"], snapshot["t"], snapshot["seq"]) == (False, "snapshot", head.seq)


async def test_when_history_is_rewritten_everybody_is_told_to_come_back(hub: Hub) -> None:
    event = await made(a_show)
    reader = await joined(hub, door(event))

    await made(LogHead.objects.filter(event=event).update, epoch=uuid4())
    async with asyncio.timeout(PATIENCE_S):
        while not reader.line.cuts:  # noqa: ASYNC110  # a cut tells nobody here
            await asyncio.sleep(0.01)
    again = await joined(hub, door(event))

    assert again.messages()[0]["epoch"] == (await end_of(event)).epoch


async def test_a_database_that_fails_once_does_not_spoil_the_show_for_the_next(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await made(a_show)

    def fail(event_id: UUID) -> Any:
        raise OSError(event_id)

    with monkeypatch.context() as broken:
        broken.setattr(snapshots, "counts", fail)
        with pytest.raises(OSError, match=str(event.pk)):
            await joined(hub, door(event))
    reader = await joined(hub, door(event))
    await made(a_paid_order, event, now=utc_now())

    await reader.has((await end_of(event)).seq)


async def test_two_loops_have_two_hubs(hub: Hub) -> None:
    other = await asyncio.to_thread(asyncio.run, _hub_of_this_loop())

    assert other is not hub


async def _hub_of_this_loop() -> Hub:
    return hubs.hub()


# --- the layer -----------------------------------------------------------------------------------------------------


def _as_if_from_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rung from now on comes by the layer alone."""
    monkeypatch.setattr(doorbell, "_hear", None)


async def test_an_entry_of_this_process_needs_no_layer_to_be_heard(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "POLL_S", 3_600.0)
    event = await made(a_show)
    reader = await joined(hub, door(event))

    async def lose(*_: object) -> None:
        """The layer drops everything."""

    monkeypatch.setattr(get_channel_layer(), "group_send", lose)
    await made(a_hold, event, now=utc_now())

    await reader.has((await end_of(event)).seq)


async def test_calls_that_overtake_each_other_are_put_in_order_without_a_look_at_the_log(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await made(a_show)
    reader = await joined(hub, door(event))
    start = (await end_of(event)).seq
    monkeypatch.setattr(log, "read", None)
    body = domain_events.encode(entered(1).happened)

    for seq in (3, 1, 2, 2, 4):
        hub._on_ring({"event_id": str(event.pk), "seq": start + seq, "body": body})
    await asyncio.sleep(2 * hubs.HOLE_S)

    assert reader.facts() == [start + 1, start + 2, start + 3, start + 4]
    assert hub._early == {}


# redis-py leaves connections that it was opening when it was told to stop.
leaves_connections = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@leaves_connections
async def test_with_the_layer_away_a_show_is_joined_and_followed_all_the_same(
    redis_layer: Server, hub: Hub
) -> None:
    event = await made(a_show)
    redis_layer.kill()
    reader = await joined(hub, door(event))

    await made(a_paid_order, event, now=utc_now())

    await reader.has((await end_of(event)).seq)


@leaves_connections
async def test_a_layer_that_does_not_answer_holds_nobody_up(redis_layer: Server, hub: Hub) -> None:
    event, other = await made(a_show), await made(a_show)
    reader = await joined(hub, door(event))
    assert redis_layer.process is not None
    os.kill(redis_layer.process.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        late = await joined(hub, door(other))
        took = time.monotonic() - began
        for show, follower in ((event, reader), (other, late)):
            await made(a_hold, show, now=utc_now())
            await follower.has((await end_of(show)).seq)
    finally:
        os.kill(redis_layer.process.pid, signal.SIGCONT)

    assert took < PATIENCE_S / 2


@leaves_connections
async def test_a_layer_that_comes_back_is_heard_again(
    redis_layer: Server, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, other = await made(a_show), await made(a_show)
    before = await joined(hub, door(event))
    _as_if_from_another_process(monkeypatch)
    redis_layer.kill()
    during = await joined(hub, door(other))
    redis_layer.start()
    # Whatever is heard from now on is heard through the layer.
    monkeypatch.setattr(hubs.Hub, "_compare", lambda *_: None)

    async with asyncio.timeout(PATIENCE_S):
        for show, reader in ((event, before), (other, during)):
            while not reader.facts() or reader.facts()[-1] != (await end_of(show)).seq:
                await made(a_hold, show, now=utc_now())
                await asyncio.sleep(0.3)

    assert before.facts() == list(range(before.facts()[0], before.facts()[-1] + 1))
    assert during.facts() == list(range(during.facts()[0], during.facts()[-1] + 1))


@leaves_connections
async def test_an_ear_that_has_gone_deaf_without_noticing_starts_over(
    redis_layer: Server, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await made(a_show)
    reader = await joined(hub, door(event))
    _as_if_from_another_process(monkeypatch)
    # As a middlebox does that forgets a connection: both ends think that it is there.
    shards = ear()._layer._get_layer()._shards
    for shard in shards:
        shard._receive_task.cancel()

    async with asyncio.timeout(PATIENCE_S):
        while ear().heard == 0:
            await made(a_hold, event, now=utc_now())
            await asyncio.sleep(0.2)
    last = (await end_of(event)).seq
    await reader.has(last)

    assert reader.facts() == list(range(reader.facts()[0], last + 1))
