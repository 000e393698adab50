"""Nobody misses a line: readers of facts through cuts, silences, kills and a channel layer that loses things.

As large as a test run can bear; NGN_INTEGRITY=full is a thousand readers and ten thousand entries.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from tests import servers
from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_show
from tests.faults.readers import Swarm
from tests.faults.report import Plan, Report
from tests.faults.storm import House, epoch_of, heads_of, make_house, texts_of, weather
from tests.gateway_client import connected
from tests.servers import Server
from tests.unit.entries import entered
from ticketing import log, retention
from ticketing.clock import utc_now
from ticketing.models import LogEntry, LogHead

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Made = TypeVar("Made")
FULL = os.environ.get("NGN_INTEGRITY") == "full"
WITH_REDIS = bool(settings.ENV.redis_url)
PATIENCE_S = 30.0
QUIET = Plan(readers=40, entries=0, shows=2, writers=1, entries_per_s=1)
LOSSY = {"DJANGO_SETTINGS_MODULE": "tests.faults.lossy_settings"}


def the_plan() -> Plan:
    """The size for this run: less where one process and a file do it all."""
    plan = Plan(
        readers=60,
        entries=400,
        shows=3,
        writers=2,
        entries_per_s=40,
        bytes_between_cuts=15_000,
        bytes_between_redis_cuts=30_000,
        gateway_killed_every_s=7,
        writer_killed_every_s=7,
        redis_cut_every_s=3,
        redis_silent_every_s=8,
        redis_killed_every_s=6,
    )
    if WITH_REDIS:
        plan = replace(plan, readers=150, entries=1_200, writers=3, entries_per_s=100, processes=2)
    if FULL:
        plan = replace(plan, readers=1_000, entries=10_000, shows=5, bytes_between_cuts=60_000)
        plan = replace(plan, processes=3 if WITH_REDIS else 1, entries_per_s=60, gateway_killed_every_s=13)
        plan = replace(plan, redis_cut_every_s=5, redis_silent_every_s=23, redis_killed_every_s=17)
    return plan


@pytest.fixture
def redis() -> Iterator[Server | None]:
    """One of this test's own, where the product is run with Redis."""
    if WITH_REDIS:
        server = servers.own_redis()
        yield server
        server.stop()
    else:
        yield None


@pytest.fixture(scope="module")
def gateway(django_db_setup: None) -> Iterator[Daphne]:
    with daphne() as running:
        yield running


async def made(make: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
    """Run ORM code beside the event loop."""
    result: Made = await database_sync_to_async(partial(make, *args, **kwargs))()
    return result


def tell(report: Report) -> None:
    """With `pytest -s`, and where a test has failed."""
    print("\n" + "\n".join(report.lines()))


def append(*shows: UUID, entries: int) -> None:
    """So many entries to each of the shows."""
    for show in shows:
        for number in range(entries):
            with transaction.atomic():
                log.append(event_id=show, happened=entered(number).happened, now=utc_now())


@asynccontextmanager
async def swarming(house: House, gateway: Daphne) -> AsyncIterator[Swarm]:
    """All of them, told of everything so far."""
    async with Swarm(house.tickets, port=gateway.port) as swarm:
        assert not await swarm.all_know(await made(heads_of, house), within_s=PATIENCE_S)
        yield swarm


async def test_each_readers_list_is_the_logs_through_cuts_kills_and_restarts(redis: Server | None) -> None:
    report = await weather(the_plan(), redis=redis)

    tell(report)
    assert report.is_whole, report.lines()
    assert report.entries >= the_plan().entries
    assert report.happened["gateways killed"] > 0


@pytest.mark.parametrize("lost", ["0.4", "1"], ids=["some of them", "all of them"])
async def test_announcements_that_are_lost_doubled_or_late_change_nothing(lost: str) -> None:
    plan = replace(QUIET, entries=200, entries_per_s=80, writers=2, variables={**LOSSY, "NGN_LOST": lost})

    report = await weather(replace(plan, processes=2 if WITH_REDIS else 1), redis=None)

    tell(report)
    assert report.is_whole, report.lines()
    assert report.entries >= plan.entries


async def test_in_a_new_epoch_the_readers_of_that_show_begin_anew_and_no_others(gateway: Daphne) -> None:
    house = await made(make_house, QUIET)
    rewritten, other = house.shows
    await made(append, *house.shows, entries=5)
    async with swarming(house, gateway) as swarm:
        await made(call_command, "log", "new-epoch", str(rewritten), verbosity=0)
        await made(append, *house.shows, entries=20)
        epochs = {ticket.topic: await made(epoch_of, ticket.topic) for ticket in house.tickets}
        await in_time(lambda: all(one.epoch == epochs[one.topic] for one in swarm.records))
        await made(append, *house.shows, entries=20)
        late = await swarm.all_know(await made(heads_of, house), within_s=PATIENCE_S)

    assert (late, swarm.faults) == ([], [])
    begun = {show: {one.begun for one in swarm.records if str(show) in one.topic} for show in house.shows}
    assert begun == {rewritten: {2}, other: {1}}
    await made(assert_true, swarm)


async def test_readers_follow_a_log_that_was_restored_to_an_earlier_end(gateway: Daphne) -> None:
    house = await made(make_house, QUIET)
    await made(append, *house.shows, entries=30)
    async with swarming(house, gateway) as swarm:
        await made(restore_to, house.shows[0], seq=12)
        await made(append, *house.shows, entries=7)
        epochs = {ticket.topic: await made(epoch_of, ticket.topic) for ticket in house.tickets}
        await in_time(lambda: all(one.epoch == epochs[one.topic] for one in swarm.records))
        await made(append, *house.shows, entries=9)
        late = await swarm.all_know(await made(heads_of, house), within_s=PATIENCE_S)

    assert (late, swarm.faults) == ([], [])
    assert {one.told[1] for one in swarm.records if str(house.shows[0]) in one.topic} == {12 + 7 + 9}
    await made(assert_true, swarm)


async def test_whoever_was_away_while_the_log_was_archived_gets_a_snapshot_and_the_others_resume(
    gateway: Daphne, tmp_path: Path
) -> None:
    event = await made(a_show)
    _, token = await made(a_device, event)
    await made(append, event.pk, entries=20)
    head = await made(log.head, event.pk)
    assert head is not None
    await made(retention.archive, event_id=event.pk, folder=tmp_path)
    async with connected(gateway.socket_url, token=token) as behind:
        old = await behind.ask(
            "subscribe", "joined", topic=f"door:{event.pk}", since=head.seq - 5, epoch=head.epoch
        )
        snapshot = await behind.expect("snapshot")
        async with connected(gateway.socket_url, token=token) as abreast:
            new = await abreast.ask(
                "subscribe", "joined", topic=f"door:{event.pk}", since=head.seq, epoch=head.epoch
            )
            await made(append, event.pk, entries=1)
            told = [(await client.expect("fact"))["seq"] for client in (behind, abreast)]

    assert (old["resumed"], snapshot["seq"]) == (False, head.seq)
    assert (new["resumed"], new["seq"]) == (True, head.seq)
    assert told == [head.seq + 1] * 2


async def test_a_reader_who_knows_more_than_the_process_it_comes_to_resumes_all_the_same(
    monkeypatch: pytest.MonkeyPatch, gateway: Daphne
) -> None:
    """Two processes hear of an entry at different moments, and a reader may move from the one to the other between."""
    monkeypatch.setattr(log, "_announcers", [])  # nobody calls out what this process writes
    event = await made(a_show)
    _, token = await made(a_device, event)
    topic = f"door:{event.pk}"
    async with connected(gateway.socket_url, token=token) as early:
        await early.ask("subscribe", "joined", topic=topic)
        await made(append, event.pk, entries=30)
        head = await made(log.head, event.pk)
        assert head is not None
        async with connected(gateway.socket_url, token=token) as returned:
            since = {"since": head.seq, "epoch": head.epoch}
            joined = await returned.ask("subscribe", "joined", topic=topic, **since)
            told = [(await early.expect("fact"))["seq"] for _ in range(30)]
            await made(append, event.pk, entries=1)
            last = [(await client.expect("fact"))["seq"] for client in (early, returned)]

    assert (joined["resumed"], joined["seq"]) == (True, head.seq)
    assert told == list(range(head.seq - 29, head.seq + 1))
    assert last == [head.seq + 1] * 2


async def test_a_place_that_the_log_never_had_is_answered_with_a_snapshot(gateway: Daphne) -> None:
    event = await made(a_show)
    _, token = await made(a_device, event)
    head = await made(log.head, event.pk)
    assert head is not None
    async with connected(gateway.socket_url, token=token) as client:
        since = {"since": 2**53 - 1, "epoch": head.epoch}
        joined = await client.ask("subscribe", "joined", topic=f"door:{event.pk}", **since)
        snapshot = await client.expect("snapshot")

    assert (joined["resumed"], joined["seq"], snapshot["seq"]) == (False, head.seq, head.seq)


def restore_to(show: UUID, *, seq: int) -> None:
    """As after a backup was played back: the log ends earlier, and whoever did it begins a new epoch."""
    LogEntry.objects.filter(event_id=show, seq__gt=seq).delete()
    LogHead.objects.filter(event_id=show).update(seq=seq)
    call_command("log", "new-epoch", str(show), verbosity=0)


def assert_true(swarm: Swarm) -> None:
    """What each topic's readers were told in its last epoch is what the log says."""
    for name, story in swarm.stories.items():
        facts = story.of(epoch_of(name))
        texts = texts_of(name, since=0, upto=max(facts))
        assert {seq: texts[seq] for seq in facts} == facts


async def in_time(holds: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < give_up_at, "it did not come to pass"
        await asyncio.sleep(0.05)
