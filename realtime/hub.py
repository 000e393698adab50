"""The hub: this process's one ear at the shows that its sockets follow.

It follows each show once, checks that each announced entry follows the last, reads the log itself when one does not,
and looks at the log's end every second in any case: a lost announcement costs a moment, never an entry. What the
database is asked by many at once it is asked once. A hub lives in one event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from functools import partial
from time import monotonic
from uuid import UUID
from weakref import WeakKeyDictionary

from realtime import arrivals, snapshots, states
from realtime import feed as feeds
from realtime import protocol as p
from realtime.arrivals import Arrivals, NotInTheLog
from realtime.doorbell import group_of
from realtime.ear import Call, ear
from realtime.feed import Feed, Since
from realtime.flights import Flights
from realtime.line import Line
from realtime.reads import in_thread
from realtime.room import Encode
from realtime.telemetry import telemetry
from realtime.topics import Topic
from ticketing import domain_events, log
from ticketing.log import Entry, Head

_LOGGER = logging.getLogger(__name__)
POLL_S = 0.8
"""How long a lost announcement can stay unnoticed."""
GRACE_S = 0.05
HOLE_S = 0.02
"""How long a hole may be an entry that was overtaken, before the log is read."""
DEAF_LOOKS = 4
"""After so many looks that found entries of which nothing was heard, the ear starts over,"""
DEAF_REST = 40
"""and then not again for so many: where no layer joins the processes, there is nothing to hear."""
STATE_S = 0.2
"""State goes out at most this often for one show, however fast it sells."""
LINGER_S = 0.002
"""How long a state waits for others to share a write with."""
_CHUNK = 500


class NoSuchShow(Exception):
    """There is no log to follow."""


class Hub:
    """All the shows that this process follows."""

    def __init__(self) -> None:
        self._feeds: dict[UUID, Feed] = {}
        self._joining: Counter[UUID] = Counter()
        self._early: dict[UUID, dict[int, Entry]] = {}
        self._starts: Flights[UUID, Feed] = Flights()
        self._arrivals = Arrivals(self)
        self._catching_up: set[UUID] = set()
        self._stale: set[Feed] = set()
        self._has_stale = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._works = False
        self._heard = 0
        self._deaf_looks = 0

    # --- readers ---------------------------------------------------------------------------------------------------

    async def join(
        self, line: Line, topic: Topic, *, ref: int, since: Since | None, encode: Encode = p.encode
    ) -> None:
        """Let a line follow a topic: what it lacks first, then everything that comes. Raises NoSuchShow.

        Between the last look at the feed and the line's place in its room nothing is awaited: there is no moment at
        which an entry could slip through or come twice.
        """
        event_id = topic.event_id
        self._joining[event_id] += 1
        try:
            feed = self._feeds.get(event_id) or await self._starts.fetch(
                event_id, partial(self._start, event_id)
            )
            if not self.follows(feed):
                raise NotInTheLog
            if topic.audience.reads_facts:
                await self._arrivals.of_facts(
                    feed, feed.room(topic.audience, encode), line, ref=ref, since=since
                )
            else:
                arrivals.of_state(feed, feed.room(topic.audience, encode), line, ref=ref)
        finally:
            self._joining[event_id] -= 1
            self._drop_if_idle(event_id)

    def leave(self, line: Line, topic: Topic) -> None:
        """Let a line go. Leaving twice is nothing."""
        if feed := self._feeds.get(topic.event_id):
            for room in feed.rooms_of(topic.audience):
                room.leave(line)
            self._drop_if_idle(topic.event_id)

    def seq_of(self, topic: Topic) -> int:
        """How far this process follows a topic's show."""
        feed = self._feeds.get(topic.event_id)
        return feed.seq if feed else 0

    # --- feeds -----------------------------------------------------------------------------------------------------

    async def _start(self, event_id: UUID) -> Feed:
        """Follow a show: listen first, look second, so that nothing falls between."""
        self._work()
        if await in_thread(log.head, event_id) is None:
            raise NoSuchShow
        await ear().follow(group_of(event_id), self._on_ring)
        try:
            counts = await in_thread(snapshots.counts, event_id)
        except BaseException:
            ear().unfollow(group_of(event_id))
            raise
        feed = feeds.begin(event_id, Head(seq=counts.seq, epoch=counts.epoch), counts.value)
        self._feeds[event_id] = feed
        self._accept_early(feed)
        self._drop_if_idle(event_id)
        return feed

    def _drop_if_idle(self, event_id: UUID) -> None:
        """Stop following a show that nobody here follows any more. Whoever is joining is counted already."""
        feed = self._feeds.get(event_id)
        if not self._joining.get(event_id):
            self._joining.pop(event_id, None)
            if feed is None:
                self._early.pop(event_id, None)
            if feed is not None and feed.idle:
                self._forget(feed)

    def _forget(self, feed: Feed) -> None:
        self._feeds.pop(feed.event_id, None)
        self._early.pop(feed.event_id, None)
        self._stale.discard(feed)
        ear().unfollow(group_of(feed.event_id))

    def follows(self, feed: Feed) -> bool:
        """Whether this feed is the one that is told what happens."""
        return self._feeds.get(feed.event_id) is feed

    def begin_anew(self, feed: Feed) -> None:
        """History was rewritten: everybody starts again, and the feed with them."""
        if self._feeds.get(feed.event_id) is feed:
            self._forget(feed)
        for room in feed.rooms.values():
            for line in room.lines():
                line.cut()

    # --- what comes ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        if not self._works:
            self._works = True
            for work in (self._poll, self._show_states):
                self._spawn(work())

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _on_ring(self, call: Call) -> None:
        event_id = UUID(call["event_id"])
        feed = self._feeds.get(event_id)
        if feed is None and not self._joining.get(event_id):
            return
        if feed is not None and call["seq"] <= feed.seq:
            return
        early = self._early.setdefault(event_id, {})
        early[call["seq"]] = Entry(seq=call["seq"], happened=domain_events.decode(call["body"]))
        if feed is not None:
            self._accept_early(feed)

    def _accept_early(self, feed: Feed) -> None:
        """Take what was called out and follows now; what does not follow waits for what is before it, but not for long:
        two processes' calls may overtake each other, or one was lost."""
        if (early := self._early.get(feed.event_id)) is None:
            return
        following: list[Entry] = []
        while entry := early.pop(feed.seq + len(following) + 1, None):
            following.append(entry)
        if following:
            self._accept(feed, following)
        for seq in [seq for seq in early if seq <= feed.seq]:
            del early[seq]
        if early:
            self._catch_up(feed, upto=min(early) - 1)
        else:
            del self._early[feed.event_id]

    def _accept(self, feed: Feed, entries: list[Entry]) -> None:
        before = feed.seq
        feed.accept(entries)
        telemetry.entries += feed.seq - before
        if feed.stale_states:
            self._stale.add(feed)
            self._has_stale.set()

    def _catch_up(self, feed: Feed, *, upto: int) -> None:
        if feed.event_id not in self._catching_up:
            self._catching_up.add(feed.event_id)
            self._spawn(self._read_log(feed, upto))

    async def _read_log(self, feed: Feed, upto: int) -> None:
        try:
            await asyncio.sleep(HOLE_S)
            while feed.seq < upto:
                telemetry.log_reads += 1
                entries = await in_thread(log.read, event_id=feed.event_id, since=feed.seq, limit=_CHUNK)
                if not entries:
                    break
                await self.accept_read(feed, entries)
        except Exception:
            _LOGGER.exception("the log of %s could not be read; the poll will ask again", feed.event_id)
        finally:
            self._catching_up.discard(feed.event_id)
            if feed.seq < upto:
                # Nothing leads to what was called out: keeping it would mean to ask again and again.
                self._early.pop(feed.event_id, None)
            self._accept_early(feed)

    async def accept_read(self, feed: Feed, entries: list[Entry]) -> None:
        """Take entries that were read from the log, a few at a time."""
        for start in range(0, len(entries), feeds.TOGETHER):
            before = feed.seq
            self._accept(feed, entries[start : start + feeds.TOGETHER])
            telemetry.entries_repaired += feed.seq - before
            await asyncio.sleep(0)

    async def _poll(self) -> None:
        """The net below: whoever lost an announcement finds the log's end here."""
        while True:
            await asyncio.sleep(POLL_S)
            self._look_around()
            try:
                heads = await in_thread(log.heads, list(self._feeds))
            except Exception:
                _LOGGER.exception("the logs' ends could not be read")
                continue
            followed = [
                (feed, head) for event_id, head in heads.items() if (feed := self._feeds.get(event_id))
            ]
            # What was committed just now is on its way.
            await asyncio.sleep(GRACE_S)
            telemetry.lag_entries = sum(max(0, head.seq - feed.seq) for feed, head in followed)
            self._listen_well(is_behind=telemetry.lag_entries > 0)
            for feed, head in followed:
                self._compare(feed, head)

    def _listen_well(self, *, is_behind: bool) -> None:
        """Entries that come, again and again, without one of them being called out: the ear has gone deaf."""
        is_deaf = is_behind and ear().heard == self._heard
        self._heard = ear().heard
        self._deaf_looks = self._deaf_looks + 1 if is_deaf else min(self._deaf_looks, 0)
        if self._deaf_looks >= DEAF_LOOKS:
            ear().start_over()
            self._deaf_looks = -DEAF_REST

    def _compare(self, feed: Feed, head: Head) -> None:
        if head.epoch != feed.epoch:
            self.begin_anew(feed)
        elif head.seq > feed.seq:
            self._catch_up(feed, upto=head.seq)

    def _look_around(self) -> None:
        """Cut who lets facts lie, drop shows that nobody follows any more, and count."""
        now = monotonic()
        rooms = [room for feed in self._feeds.values() for room in feed.rooms.values()]
        for room in rooms:
            room.forget_missed()
            for line in list(room.busy):
                line.cut_if_late(now=now)
        for event_id in list(self._feeds):
            self._drop_if_idle(event_id)
        telemetry.shows = len(self._feeds)
        telemetry.readers = sum(map(len, rooms))

    async def _show_states(self) -> None:
        """Show changed states a moment later, together; each show's at most every STATE_S."""
        loop = asyncio.get_running_loop()
        while True:
            await self._has_stale.wait()
            await asyncio.sleep(LINGER_S)
            now = loop.time()
            due = [feed for feed in self._stale if now - feed.states_at >= STATE_S]
            self._stale.difference_update(due)
            for feed in due:
                feed.states_at = now
            try:
                await states.show([state for feed in due for state in feed.take_states()])
            except Exception:
                _LOGGER.exception("states could not be shown; newer ones follow")
            if not self._stale:
                self._has_stale.clear()
            elif not due:
                await asyncio.sleep(min(feed.states_at for feed in self._stale) + STATE_S - now)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The running loop's hub. Daphne tells no application that it starts, so the first socket makes it."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
