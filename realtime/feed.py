"""One show in one process: contiguous or read the log, encode once, hand the same text to every socket.

Without I/O but for the outboxes that it fills: the hub reads the log and the layer and tells the feed. It runs in the
event loop alone, so between two awaits of the hub nothing else touches it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from realtime import projections, translate
from realtime import protocol as p
from realtime.outbox import Outbox, Overflowed
from realtime.projections import Counts
from realtime.topics import Audience, Topic
from ticketing.log import Entry, Head

RING = 1024
"""Entries kept for those who come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Where a returning reader left off."""

    seq: int
    epoch: str


@dataclass(eq=False, slots=True)
class Reader:
    """One socket's subscription to one topic. `seq` is the last entry it was given; `cut`, that it gets no more."""

    topic: Topic
    outbox: Outbox
    overflowed: Callable[[], None]
    seq: int = 0
    cut: bool = False


@dataclass(eq=False, slots=True)
class Feed:
    """A show as this process follows it: up to `seq`, in `epoch`, with its seats as of there."""

    event_id: UUID
    epoch: str
    seq: int
    counts: Counts
    ring: deque[Entry] = field(default_factory=lambda: deque(maxlen=RING))
    readers: dict[Audience, set[Reader]] = field(default_factory=lambda: {a: set() for a in Audience})
    stale_states: set[Audience] = field(default_factory=set)

    @property
    def idle(self) -> bool:
        """Whether nobody follows the show here."""
        return not any(self.readers.values())

    def accept(self, entry: Entry) -> bool:
        """Take the next entry and hand it on; False when it does not follow (then the log must be read)."""
        if entry.seq <= self.seq:
            return True
        if entry.seq != self.seq + 1:
            return False
        self.seq = entry.seq
        self.ring.append(entry)
        before, self.counts = self.counts, projections.counts_after(self.counts, entry.happened)
        for audience in (Audience.DOOR, Audience.SALES):
            if self.readers[audience]:
                self._hand_out(audience, entry)
        if self.counts != before:
            self.stale_states |= {Audience.ARTIST, Audience.PUBLIC}
        return True

    def entries_after(self, seq: int) -> list[Entry] | None:
        """The entries after `seq`, if the ring still holds all of them."""
        if seq >= self.seq:
            return []
        if not self.ring or self.ring[0].seq > seq + 1:
            return None
        return [entry for entry in self.ring if entry.seq > seq]

    def flush_states(self) -> None:
        """Send each state audience its newest state, once however much has happened."""
        for audience in self.stale_states:
            if readers := self.readers[audience]:
                text = self.state_text(audience)
                name = Topic(audience, self.event_id).name
                for reader in readers:
                    reader.seq = self.seq
                    reader.outbox.put_state(name, text)
        self.stale_states.clear()

    def state_text(self, audience: Audience) -> str:
        """The audience's newest state as a message's text."""
        project = projections.public_state if audience is Audience.PUBLIC else projections.artist_state
        name = Topic(audience, self.event_id).name
        return p.encode(p.TopicState(topic=name, seq=self.seq, state=project(self.counts)))

    def _hand_out(self, audience: Audience, entry: Entry) -> None:
        text = fact_text(audience, self.event_id, entry)
        for reader in list(self.readers[audience]):
            if reader.seq < entry.seq:
                give(reader, entry.seq, text)


def begin(event_id: UUID, head: Head, counts: Counts) -> Feed:
    """A feed that knows the show as of the log's end."""
    return Feed(event_id=event_id, epoch=head.epoch, seq=head.seq, counts=counts)


def fact_text(audience: Audience, event_id: UUID, entry: Entry) -> str:
    """One entry for one audience as a message's text: made once, whoever many read it."""
    see = translate.door_fact if audience is Audience.DOOR else translate.sales_fact
    name = Topic(audience, event_id).name
    return p.encode(p.TopicFact(topic=name, seq=entry.seq, fact=see(entry.happened)))


def give(reader: Reader, seq: int, text: str) -> None:
    """Queue a fact for one reader, or end a reader that cannot keep up; it will resume.

    After the first fact that finds no room comes no other, however small: a hole is worse than an end.
    """
    if reader.cut:
        return
    try:
        reader.outbox.put(text)
        reader.seq = seq
    except Overflowed:
        reader.cut = True
        reader.overflowed()


def replay(reader: Reader, entries: Iterable[Entry]) -> None:
    """Queue what a reader has missed."""
    for entry in entries:
        give(reader, entry.seq, fact_text(reader.topic.audience, reader.topic.event_id, entry))
