"""One show in one process: contiguous or read the log, one frame for each audience, the same bytes to every socket.

Without I/O but for the lines that it hands frames to: the hub reads the log and the layer and tells the feed. It runs
in the event loop alone, so between two awaits of the hub nothing else touches it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from realtime import projections
from realtime import protocol as p
from realtime.projections import Counts
from realtime.ring import Ring
from realtime.room import Encode, Room
from realtime.states import Shown, shown
from realtime.topics import Audience, Topic
from ticketing.log import Entry, Head

TOGETHER = 64
"""Entries read from the log that share one write to each socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Where a returning reader left off."""

    seq: int
    epoch: str


@dataclass(eq=False, slots=True)
class Feed:
    """A show as this process follows it: up to `seq`, in `epoch`, with its seats as of there."""

    event_id: UUID
    epoch: str
    counts: Counts
    ring: Ring
    rooms: dict[tuple[Audience, Encode], Room] = field(default_factory=dict)
    stale_states: set[Audience] = field(default_factory=set)
    states_at: float = float("-inf")
    """When its states last went out, by the loop's clock."""
    reading_back: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever reads entries from before the ring."""

    @property
    def seq(self) -> int:
        """The last entry that was taken."""
        return self.ring.last

    @property
    def idle(self) -> bool:
        """Whether nobody follows the show here."""
        return not any(self.rooms.values())

    def room(self, audience: Audience, encode: Encode = p.encode) -> Room:
        """Where the readers of one audience are who speak one version; there is one for whoever comes first."""
        if (room := self.rooms.get((audience, encode))) is None:
            room = self.rooms[audience, encode] = Room(Topic(audience, self.event_id), encode, self.ring)
        return room

    def rooms_of(self, *audiences: Audience) -> Iterator[Room]:
        """The rooms of these audiences that somebody is in."""
        return (room for (audience, _), room in self.rooms.items() if audience in audiences and room)

    def accept(self, entries: Sequence[Entry]) -> bool:
        """Take what comes next of these, and hand it on; False when they do not follow (then the log must be read)."""
        new = [entry for entry in entries if entry.seq > self.seq]
        return all(self._take(new[start : start + TOGETHER]) for start in range(0, len(new), TOGETHER))

    def _take(self, entries: Sequence[Entry]) -> bool:
        before = self.counts
        taken: list[Entry] = []
        for entry in entries:
            if entry.seq != self.seq + 1:
                break
            self.ring.append(entry)
            self.counts = projections.counts_after(self.counts, entry.happened)
            taken.append(entry)
        if taken:
            for room in self.rooms_of(Audience.DOOR, Audience.SALES):
                room.tell(taken)
        if self.counts != before:
            self.stale_states |= {Audience.ARTIST, Audience.PUBLIC}
        return len(taken) == len(entries)

    def take_states(self) -> list[Shown]:
        """The newest state for each state audience whose state has changed, once however much has happened."""
        states = [
            shown(room, room.name, self.state(room.topic.audience))
            for room in self.rooms_of(*self.stale_states)
        ]
        self.stale_states.clear()
        return states

    def state(self, audience: Audience) -> p.TopicState:
        """The audience's newest state."""
        project = projections.public_state if audience is Audience.PUBLIC else projections.artist_state
        name = Topic(audience, self.event_id).name
        return p.TopicState(topic=name, seq=self.seq, state=project(self.counts))


def begin(event_id: UUID, head: Head, counts: Counts) -> Feed:
    """A feed that knows the show as of the log's end."""
    return Feed(event_id=event_id, epoch=head.epoch, counts=counts, ring=Ring(last=head.seq))
