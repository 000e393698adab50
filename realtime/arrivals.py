"""How a line comes to follow a topic: what it lacks first, then its place among the others.

Whoever comes back within the replay limit is given exactly what it missed, out of the ring, which is extended backwards
for it if need be; anybody else starts from a snapshot. What many ask for at once is read once. A long absence is made
up for in pieces: between two of them everybody else is told what happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol as TypingProtocol
from typing import TypeVar
from uuid import UUID

from realtime import protocol as p
from realtime import snapshots
from realtime.feed import Feed, Since
from realtime.flights import Flights
from realtime.frames import frame
from realtime.line import Line
from realtime.reads import in_thread
from realtime.room import Room
from realtime.snapshots import Stamped
from realtime.telemetry import telemetry
from realtime.topics import Audience
from ticketing import log
from ticketing.log import Entry

Read = TypeVar("Read")
Snapshot = Stamped[p.DoorSnapshot] | Stamped[p.SalesSnapshot]
REPLAY_LIMIT = 2_000
"""A reader further behind is given a snapshot instead."""
_CHUNK = 500
_READS = 4
_FRAMES_AT_ONCE = 200


class NotInTheLog(Exception):
    """The log does not hold these entries any more: they were archived."""


class Follower(TypingProtocol):
    """What arrivals need of the hub."""

    def follows(self, feed: Feed) -> bool:
        """Whether this feed is still the one that the hub tells what happens."""

    def begin_anew(self, feed: Feed) -> None:
        """The show's history was rewritten."""

    async def accept_read(self, feed: Feed, entries: list[Entry]) -> None:
        """Take entries that were read from the log."""


class Arrivals:
    """The arrivals of one hub."""

    def __init__(self, follower: Follower) -> None:
        self._hub = follower
        self._snapshots: Flights[tuple[UUID, Audience], Snapshot] = Flights()
        self._reads = asyncio.Semaphore(_READS)

    async def of_facts(self, feed: Feed, room: Room, line: Line, *, ref: int, since: Since | None) -> None:
        """Let a line follow facts from where it left off, or from a snapshot."""
        start = since.seq if since is not None and await self._can_resume(feed, since) else None
        if start is not None:
            try:
                await self._reach_back(feed, room, start)
            except NotInTheLog:
                start = None
        snapshot = None
        if start is None:
            snapshot = await self._snapshot(feed, room.topic.audience)
            await self._reach_back(feed, room, snapshot.seq)
            start = snapshot.seq
        if not self._hub.follows(feed):
            raise NotInTheLog  # history was rewritten meanwhile, and nobody tells this feed anything any more
        # From here to the end nothing is awaited.
        line.widen()
        joined = p.Joined(ref=ref, topic=room.name, epoch=feed.epoch, seq=start, resumed=snapshot is None)
        whole = b"" if snapshot is None else _whole(room, snapshot)
        line.put_whole(frame(room.encode(joined)), whole, room.missed(start, feed.seq))
        if not line.closed:
            room.enter(line, seq=start, feed_seq=feed.seq)
        _count_join(resumed=snapshot is None, asked=since is not None)

    async def _snapshot(self, feed: Feed, audience: Audience) -> Snapshot:
        """A fresh snapshot, shared with whoever asks meanwhile."""
        read = partial(self._read, _snapshot_of(audience), feed.event_id)
        snapshot = await self._snapshots.fetch((feed.event_id, audience), read)
        if snapshot.epoch != feed.epoch:
            self._hub.begin_anew(feed)
            raise NotInTheLog
        return snapshot

    async def _can_resume(self, feed: Feed, since: Since) -> bool:
        if since.epoch == feed.epoch:
            await self._reach(feed, since.seq)
        return since.epoch == feed.epoch and 0 <= feed.seq - since.seq <= REPLAY_LIMIT

    async def _reach(self, feed: Feed, seq: int) -> None:
        """Whoever comes from another process may know more than this one was told: then the log says what is true."""
        while seq > (before := feed.seq):
            async with feed.reading_back:
                telemetry.log_reads += 1
                entries = await self._read(log.read, event_id=feed.event_id, since=feed.seq, limit=_CHUNK)
                await self._hub.accept_read(feed, entries)
            if feed.seq == before:
                return

    async def _reach_back(self, feed: Feed, room: Room, since: int) -> None:
        """See that everything after `since` is in the ring, and its frames made. Raises NotInTheLog."""
        while True:
            if not feed.ring.reaches(since):
                async with feed.reading_back:
                    await self._extend(feed, since)
            unmade = room.unmade(since, feed.seq)
            for entry in unmade[:_FRAMES_AT_ONCE]:
                room.frame_of(entry)
            if len(unmade) <= _FRAMES_AT_ONCE and feed.ring.reaches(since):
                return
            await asyncio.sleep(0)

    async def _extend(self, feed: Feed, since: int) -> None:
        """Read what comes before the ring, newest first, so that it stays contiguous."""
        while not feed.ring.reaches(since):
            first = feed.ring.first
            start = max(since, first - 1 - _CHUNK)
            telemetry.log_reads += 1
            entries = await self._read(log.read, event_id=feed.event_id, since=start, limit=first - 1 - start)
            if len(entries) != first - 1 - start:
                raise NotInTheLog
            feed.ring.prepend(entries)

    async def _read(self, read: Callable[..., Read], *args: object, **kwargs: object) -> Read:
        """A read for those who join: a few at a time, so that a herd leaves threads for the scans."""
        async with self._reads:
            return await in_thread(read, *args, **kwargs)


def of_state(feed: Feed, room: Room, line: Line, *, ref: int) -> None:
    joined = p.Joined(ref=ref, topic=room.name, epoch=feed.epoch, seq=feed.seq, resumed=False)
    state = feed.state(room.topic.audience)
    line.put_whole(frame(room.encode(joined)), frame(room.encode(state)))
    if not line.closed:
        room.enter(line, seq=feed.seq, feed_seq=feed.seq)


def _whole(room: Room, snapshot: Snapshot) -> bytes:
    whole = p.TopicSnapshot(topic=room.name, epoch=snapshot.epoch, seq=snapshot.seq, snapshot=snapshot.value)
    return frame(room.encode(whole))


def _count_join(*, resumed: bool, asked: bool) -> None:
    telemetry.resumes += resumed
    telemetry.snapshots += not resumed
    telemetry.resyncs += asked and not resumed


def _snapshot_of(audience: Audience) -> Callable[[UUID], Snapshot]:
    return snapshots.door if audience is Audience.DOOR else snapshots.sales
