"""A storm: many readers of several shows, several processes that write to them, and everything that can go wrong.

In the end each reader must have been told exactly the log: every entry once, in order, with the same words.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import msgspec
from channels.db import database_sync_to_async
from django.conf import settings
from django.test import Client

from realtime import translate
from realtime.topics import Audience, Topic
from tests.daphne import own_database
from tests.factories import a_device, a_show, a_user, a_venue
from tests.faults import proxy, writers
from tests.faults.readers import Swarm
from tests.faults.records import Ticket
from tests.faults.report import Plan, Report
from tests.faults.troubles import Gateways, RedisTroubles, Troubles, running_gateways
from tests.servers import Server
from ticketing import log
from ticketing.clock import utc_now

Read = TypeVar("Read")
SALES = 5
"""Every so manieth reader sits in the office, the others stand at the door."""
PHONES = 3
"""Devices of one door; many connections speak as the same."""
STEP = 0.02
"""The share of all deliveries that lies between two kills of a kind, at least."""
READY_S = 120.0
REST_S = 120.0
_LOOK_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Shows, and who follows them as whom."""

    shows: tuple[UUID, ...]
    tickets: tuple[Ticket, ...]


def make_house(plan: Plan) -> House:
    """Put the shows on sale, pair phones, sign the owner in."""
    owner = a_user()
    venue, now = a_venue(owner=owner), utc_now().replace(microsecond=0)
    events = [a_show(venue=venue, doors_at=now) for _ in range(plan.shows)]
    tokens = [[a_device(event, name=f"Door {n}", now=now)[1] for n in range(PHONES)] for event in events]
    client = Client()
    client.force_login(owner)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    tickets = []
    for number in range(plan.readers):
        show = number % plan.shows
        if (number // plan.shows) % SALES == 0:
            tickets.append(Ticket(topic=f"sales:{events[show].pk}", cookie=cookie))
        else:
            token = tokens[show][number // plan.shows % PHONES]
            tickets.append(Ticket(topic=f"door:{events[show].pk}", token=token))
    return House(shows=tuple(event.pk for event in events), tickets=tuple(tickets))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everybody in their places."""

    plan: Plan
    house: House
    variables: Mapping[str, str]
    redis: Server | None
    before_redis: proxy.RunningProxy | None
    gateways: Gateways
    before_gateways: proxy.RunningProxy
    swarm: Swarm
    firsts: Mapping[str, int]
    """Each topic's last entry before the storm."""


async def weather(plan: Plan, *, redis: Server | None = None) -> Report:
    """Make the storm and wait until it is over."""
    async with AsyncExitStack() as opened:
        scene = await _set(plan, redis, opened)
        began = time.monotonic()
        happened = await _rage(scene)
        heads = await _apart(partial(heads_of, scene.house))
        late = await scene.swarm.all_know(heads, within_s=REST_S)
        seconds = time.monotonic() - began
    untrue = await _apart(partial(_untrue, scene.swarm, heads))
    happened += Counter(scene.swarm.counts)
    happened += _did("proxy's", scene.before_gateways) + _did("Redis proxy's", scene.before_redis)
    swarm = scene.swarm
    return Report(
        plan=plan,
        entries=_written(heads) - _written(scene.firsts),
        deliveries=swarm.deliveries,
        seconds=seconds,
        faults=tuple(swarm.faults),
        late=tuple(f"{one.name}: {one.told} of {heads[one.topic]}" for one in late),
        anew=tuple(f"{one.name}: {one.begun} snapshots" for one in swarm.records if one.begun != 1),
        untrue=tuple(untrue),
        happened=happened,
    )


async def _set(plan: Plan, redis: Server | None, opened: AsyncExitStack) -> Scene:
    """Start everything, and wait until each reader has been told of everything so far."""
    house = await _apart(partial(make_house, plan))
    variables, before_redis = {**plan.variables}, _before(redis, plan, opened)
    if redis and before_redis:
        variables["REDIS_URL"] = _at(redis.url, before_redis.port)
    starting = running_gateways(plan.processes, variables=variables)
    gateways = await asyncio.to_thread(opened.enter_context, starting)
    before_gateways = opened.enter_context(
        proxy.running_proxy(to=gateways.port, every=plan.bytes_between_cuts, seed=plan.seed)
    )
    swarm = await opened.enter_async_context(Swarm(house.tickets, port=before_gateways.port))
    firsts = await _apart(partial(heads_of, house))
    unready = await swarm.all_know(firsts, within_s=READY_S)
    assert not unready, f"{len(unready)} of {plan.readers} readers were never told anything: {swarm.counts}"
    return Scene(
        plan=plan,
        house=house,
        variables=variables,
        redis=redis,
        before_redis=before_redis,
        gateways=gateways,
        before_gateways=before_gateways,
        swarm=swarm,
        firsts=firsts,
    )


async def _rage(scene: Scene) -> Counter[str]:
    """Until enough is written; then the sky is clear again. What happened meanwhile."""
    troubles = Troubles()
    with _writing(scene) as crew:
        _begin(troubles, scene, crew)
        try:
            await _until_written(scene, crew)
        finally:
            crew.end()
            await troubles.end()
    scene.before_gateways.calm()
    if scene.before_redis:
        scene.before_redis.calm()
    return troubles.happened


def _before(redis: Server | None, plan: Plan, opened: AsyncExitStack) -> proxy.RunningProxy | None:
    """A proxy between everybody and Redis, whose links fall silent too."""
    if redis is None:
        return None
    port, every = urlsplit(redis.url).port, plan.bytes_between_redis_cuts
    assert port is not None
    return opened.enter_context(proxy.running_proxy(to=port, every=every, seed=plan.seed))


def _at(url: str, port: int) -> str:
    return urlunsplit(urlsplit(url)._replace(netloc=f"127.0.0.1:{port}"))


def _did(name: str, between: proxy.RunningProxy | None) -> Counter[str]:
    done = between.done if between else {}
    return Counter({f"{name} {what}": count for what, count in done.items()})


class Crew:
    """The writing processes. One that is killed is replaced."""

    def __init__(self, scene: Scene) -> None:
        plan = scene.plan
        self._start = partial(
            writers.start,
            scene.house.shows,
            per_second=plan.entries_per_s / plan.writers,
            # What it says of a Redis that is away is no news here.
            variables={**own_database(), "LOG_LEVEL": "ERROR", **scene.variables},
        )
        self._processes: list[subprocess.Popen[bytes]] = [self._start() for _ in range(plan.writers)]

    async def kill_one(self) -> None:
        """Wherever it is: between a commit and its announcement, too."""
        victim = self._processes.pop(0)
        victim.kill()
        victim.wait()
        self._processes.append(self._start())

    @property
    def is_writing(self) -> bool:
        """Whether nobody has ended by itself."""
        return all(process.poll() is None for process in self._processes)

    def end(self) -> None:
        """Let them finish what they do, and go."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=30)


@contextmanager
def _writing(scene: Scene) -> Iterator[Crew]:
    crew = Crew(scene)
    try:
        yield crew
    finally:
        crew.end()


class Progress:
    """Whether the readers have got somewhere since it was asked last. On a busy machine a process takes longer to start
    than it is let live, and where everybody is killed all the time nothing is shown."""

    def __init__(self, scene: Scene) -> None:
        self._swarm = scene.swarm
        self._step = STEP * scene.plan.deliveries
        self._before = 0

    def __call__(self) -> bool:
        now = self._swarm.deliveries
        if now - self._before < self._step:
            return False
        self._before = now
        return True


def _begin(troubles: Troubles, scene: Scene, crew: Crew) -> None:
    plan = scene.plan
    troubles.begin(
        "gateways killed",
        scene.gateways.kill_one,
        every_s=plan.gateway_killed_every_s,
        when=Progress(scene),
    )
    troubles.begin("writers killed", crew.kill_one, every_s=plan.writer_killed_every_s, when=Progress(scene))
    if plan.dropped_per_minute:
        drop = partial(scene.swarm.drop, plan.dropped_per_minute / 60)
        troubles.begin("seconds of drops", drop, every_s=1)
    if scene.redis:
        redis = RedisTroubles(scene.redis)
        troubles.begin(
            "times all Redis connections cut", redis.cut_connections, every_s=plan.redis_cut_every_s
        )
        troubles.begin("times Redis silent", redis.fall_silent, every_s=plan.redis_silent_every_s)
        troubles.begin("times Redis killed", redis.restart, every_s=plan.redis_killed_every_s)


async def _until_written(scene: Scene, crew: Crew) -> None:
    upto = _written(scene.firsts) + scene.plan.entries
    while _written(await _apart(partial(heads_of, scene.house))) < upto:
        assert crew.is_writing, "a writer has ended by itself"
        await asyncio.sleep(_LOOK_S)


def heads_of(house: House) -> dict[str, int]:
    """Each topic's last entry."""
    return {
        Topic(audience, event_id).name: head.seq
        for event_id, head in log.heads(list(house.shows)).items()
        for audience in (Audience.DOOR, Audience.SALES)
    }


def _written(heads: Mapping[str, int]) -> int:
    """The entries of all shows together."""
    return sum(seq for name, seq in heads.items() if name.startswith("door:"))


def _untrue(swarm: Swarm, heads: Mapping[str, int]) -> list[str]:
    """What was told to readers and is not in the log like that, or is there and was told to nobody."""
    untrue = []
    for name in swarm.stories:
        told = {seq for record in swarm.records if record.topic == name for seq in record.told}
        entries = texts_of(name, since=min(told), upto=heads[name])
        story = swarm.stories[name].of(epoch_of(name))
        if wrong := [seq for seq in entries.keys() | story.keys() if entries.get(seq) != story.get(seq)]:
            untrue.append(f"{name}: {len(wrong)} entries, the first is {min(wrong)}")
    return untrue


def texts_of(topic: str, *, since: int, upto: int) -> dict[int, bytes]:
    """The facts of a topic as the log has them, by `seq`."""
    audience, _, event_id = topic.partition(":")
    see = translate.door_fact if audience == "door" else translate.sales_fact
    entries = log.read(event_id=UUID(event_id), since=since, limit=upto - since)
    return {entry.seq: msgspec.json.encode(see(entry.happened)) for entry in entries}


def epoch_of(topic: str) -> str:
    """The epoch of the topic's log."""
    head = log.head(UUID(topic.partition(":")[2]))
    assert head is not None
    return head.epoch


async def _apart(read: Callable[[], Read]) -> Read:
    result: Read = await database_sync_to_async(read)()
    return result
