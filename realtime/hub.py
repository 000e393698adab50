"""The hub: this process's one ear at the shows that its sockets follow.

It subscribes once per show to the channel layer, checks that each announced entry follows the last, reads the log
itself when one does not, and looks at the log's end every few seconds in any case: a lost announcement costs seconds,
never an entry. A hub lives in one event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer

from realtime import feed as feeds
from realtime import protocol as p
from realtime import snapshots
from realtime.doorbell import Ring, group_of
from realtime.feed import Feed, Reader, Since
from realtime.reads import in_thread
from realtime.snapshots import Stamped
from realtime.topics import Audience
from ticketing import domain_events, log
from ticketing.log import Entry, Head

_LOGGER = logging.getLogger(__name__)
POLL_S = 0.8
"""How long a lost announcement can stay unnoticed."""
STATE_S = 0.2
"""State goes out at most this often for one show, however fast it sells."""
REPLAY_LIMIT = 2_000
"""A reader further behind is given a snapshot instead."""
_CHUNK = 500


class NoSuchShow(Exception):
    """There is no log to follow."""


class Hub:
    """All the shows that this process follows."""

    def __init__(self) -> None:
        self._layer = get_channel_layer()
        self._feeds: dict[UUID, Feed] = {}
        self._locks: dict[UUID, asyncio.Lock] = {}
        self._joining: Counter[UUID] = Counter()
        self._catching_up: set[UUID] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._channel: str | None = None

    # --- readers -------------------------------------------------------------------------------------------------

    async def join(self, reader: Reader, *, ref: int, since: Since | None) -> None:
        """Let a reader follow its topic: what it lacks first, then everything that comes. Raises NoSuchShow.

        Between the last look at the feed and the reader's place among the others nothing is awaited: there is no
        moment at which an entry could slip through or come twice.
        """
        event_id = reader.topic.event_id
        self._joining[event_id] += 1
        try:
            feed = await self._feed_of(event_id)
            if reader.topic.audience.reads_facts:
                await self._join_facts(feed, reader, ref, since)
            else:
                _join_state(feed, reader, ref)
        finally:
            self._joining[event_id] -= 1
            await self._drop_if_idle(event_id)

    async def leave(self, reader: Reader) -> None:
        """Let a reader go. Leaving twice is nothing."""
        if feed := self._feeds.get(reader.topic.event_id):
            feed.readers[reader.topic.audience].discard(reader)
            await self._drop_if_idle(feed.event_id)

    def seq_of(self, reader: Reader) -> int:
        """How far this process follows the reader's show."""
        feed = self._feeds.get(reader.topic.event_id)
        return feed.seq if feed else reader.seq

    async def _join_facts(self, feed: Feed, reader: Reader, ref: int, since: Since | None) -> None:
        topic = reader.topic
        resumed = (
            since is not None and since.epoch == feed.epoch and 0 <= feed.seq - since.seq <= REPLAY_LIMIT
        )
        missed: list[Entry] = []
        snapshot = None
        if since is not None and resumed:
            reader.seq = since.seq
        else:
            snapshot = await in_thread(_snapshot_of(topic.audience), topic.event_id)
            reader.seq = snapshot.seq
        started_at = reader.seq
        while (rest := feed.entries_after(missed[-1].seq if missed else started_at)) is None:
            last = missed[-1].seq if missed else started_at
            missed += await in_thread(log.read, event_id=topic.event_id, since=last, limit=_CHUNK)
        joined = p.Joined(ref=ref, topic=topic.name, epoch=feed.epoch, seq=started_at, resumed=resumed)
        reader.outbox.put(p.encode(joined))
        if snapshot is not None:
            whole = p.TopicSnapshot(
                topic=topic.name, epoch=snapshot.epoch, seq=snapshot.seq, snapshot=snapshot.value
            )
            reader.outbox.put(p.encode(whole))
        feeds.replay(reader, [*missed, *rest])
        feed.readers[topic.audience].add(reader)

    # --- feeds ---------------------------------------------------------------------------------------------------

    async def _feed_of(self, event_id: UUID) -> Feed:
        async with self._lock(event_id):
            if event_id not in self._feeds:
                self._feeds[event_id] = await self._start(event_id)
            return self._feeds[event_id]

    async def _start(self, event_id: UUID) -> Feed:
        """Follow a show: listen first, look second, so that nothing falls between."""
        if await in_thread(log.head, event_id) is None:
            raise NoSuchShow
        await self._layer.group_add(group_of(event_id), await self._listen())
        try:
            counts = await in_thread(snapshots.counts, event_id)
        except BaseException:
            await self._layer.group_discard(group_of(event_id), await self._listen())
            raise
        return feeds.begin(event_id, Head(seq=counts.seq, epoch=counts.epoch), counts.value)

    async def _drop_if_idle(self, event_id: UUID) -> None:
        """Stop following a show that nobody here follows any more. Whoever joins meanwhile is counted already."""
        async with self._lock(event_id):
            feed = self._feeds.get(event_id)
            if feed is not None and feed.idle and not self._joining.get(event_id):
                del self._feeds[event_id]
                await self._layer.group_discard(group_of(event_id), await self._listen())

    def _lock(self, event_id: UUID) -> asyncio.Lock:
        """Starting and dropping one show's feed take turns."""
        return self._locks.setdefault(event_id, asyncio.Lock())

    # --- the ear -------------------------------------------------------------------------------------------------

    async def _listen(self) -> str:
        """The one channel of this process; its listeners start with the first show."""
        if self._channel is None:
            self._channel = await self._layer.new_channel("hub.")
            for work in (self._hear, self._poll, self._send_states):
                self._spawn(work())
        return self._channel

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _hear(self) -> None:
        while True:
            try:
                self._on_ring(await self._layer.receive(self._channel))
            except Exception:
                _LOGGER.exception("the layer failed; the poll goes on")
                await asyncio.sleep(1)

    def _on_ring(self, ring: Ring) -> None:
        feed = self._feeds.get(UUID(ring["event_id"]))
        if feed is None or ring["seq"] <= feed.seq:
            return
        if ring["seq"] == feed.seq + 1:
            feed.accept(Entry(seq=ring["seq"], happened=domain_events.decode(ring["body"])))
        else:
            self._catch_up(feed)

    def _catch_up(self, feed: Feed) -> None:
        if feed.event_id not in self._catching_up:
            self._catching_up.add(feed.event_id)
            self._spawn(self._read_log(feed))

    async def _read_log(self, feed: Feed) -> None:
        try:
            while True:
                entries = await in_thread(log.read, event_id=feed.event_id, since=feed.seq, limit=_CHUNK)
                for entry in entries:
                    feed.accept(entry)
                if len(entries) < _CHUNK:
                    return
        except Exception:
            _LOGGER.exception("the log of %s could not be read; the poll will ask again", feed.event_id)
        finally:
            self._catching_up.discard(feed.event_id)

    async def _poll(self) -> None:
        """The net below: whoever lost an announcement finds the log's end here."""
        while True:
            await asyncio.sleep(POLL_S)
            try:
                heads = await in_thread(log.heads, list(self._feeds))
            except Exception:
                _LOGGER.exception("the logs' ends could not be read")
                continue
            for event_id, head in heads.items():
                if feed := self._feeds.get(event_id):
                    self._compare(feed, head)

    def _compare(self, feed: Feed, head: Head) -> None:
        if head.epoch != feed.epoch:
            # History was rewritten: everybody starts again, and the feed with them.
            for readers in feed.readers.values():
                for reader in list(readers):
                    reader.overflowed()
            self._feeds.pop(feed.event_id, None)
        elif head.seq > feed.seq:
            self._catch_up(feed)

    async def _send_states(self) -> None:
        while True:
            for feed in self._feeds.values():
                feed.flush_states()
            await asyncio.sleep(STATE_S)


def _join_state(feed: Feed, reader: Reader, ref: int) -> None:
    name = reader.topic.name
    joined = p.Joined(ref=ref, topic=name, epoch=feed.epoch, seq=feed.seq, resumed=False)
    reader.outbox.put(p.encode(joined))
    reader.outbox.put(feed.state_text(reader.topic.audience))
    reader.seq = feed.seq
    feed.readers[reader.topic.audience].add(reader)


def _snapshot_of(audience: Audience) -> Callable[[UUID], Stamped[p.DoorSnapshot] | Stamped[p.SalesSnapshot]]:
    return snapshots.door if audience is Audience.DOOR else snapshots.sales


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The running loop's hub. Daphne tells no application that it starts, so the first socket makes it."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
