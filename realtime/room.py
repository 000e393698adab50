"""A room: everybody in this process who follows one topic in one version of the protocol.

One frame is made and the same bytes are handed to all. The clear lines' own `send` calls are kept in a dict, so that a
broadcast touches the kernel and nothing else: reaching for each socket's objects would cost as much as sending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from realtime import protocol as p
from realtime import translate
from realtime.frames import frame
from realtime.line import Line, Straight
from realtime.ring import Ring
from realtime.telemetry import telemetry
from realtime.topics import Audience, Topic
from ticketing.log import Entry

Encode = Callable[[p.ServerMessage], str]
"""A message's text in one version of the protocol; no text when that version has no word for it."""


class Room:
    """The readers of one topic, and the frames that were made for them."""

    __slots__ = (
        "_ahead",
        "_blobs",
        "_frames",
        "_ring",
        "_see",
        "busy",
        "clear",
        "encode",
        "moves",
        "name",
        "topic",
    )

    def __init__(self, topic: Topic, encode: Encode, ring: Ring) -> None:
        self.topic = topic
        self.name = topic.name
        self.encode = encode
        self.clear: dict[Line, Straight] = {}
        self.busy: dict[Line, None] = {}
        self.moves = 0
        """Grows whenever a line comes, goes, clears or gets busy."""
        self._ahead: dict[Line, int] = {}
        self._ring = ring
        self._see = translate.door_fact if topic.audience is Audience.DOOR else translate.sales_fact
        self._frames: dict[int, bytes] = {}
        self._blobs: dict[int, tuple[int, bytes]] = {}

    def __len__(self) -> int:
        return len(self.clear) + len(self.busy) + len(self._ahead)

    # --- who is in it ----------------------------------------------------------------------------------------------

    def enter(self, line: Line, *, seq: int, feed_seq: int) -> None:
        """Let a line in that knows everything up to `seq`; ahead of the feed it waits until the feed is there."""
        line.rooms.append(self)
        if seq > feed_seq:
            self._ahead[line] = seq
        else:
            self.place(line)

    def leave(self, line: Line) -> None:
        """Let a line go. Leaving twice is nothing."""
        if self in line.rooms:
            line.rooms.remove(self)
        line.outbox.drop_state(self.name)
        self.drop(line)

    def drop(self, line: Line) -> None:
        """Forget a line that is no more."""
        self.moves += 1
        self.clear.pop(line, None)
        self.busy.pop(line, None)
        self._ahead.pop(line, None)

    def place(self, line: Line) -> None:
        """Sort a line anew: clear or busy."""
        if line in self._ahead:
            return
        self.moves += 1
        if line.straight is None:
            self.clear.pop(line, None)
            self.busy[line] = None
        else:
            self.busy.pop(line, None)
            self.clear[line] = line.straight

    def lines(self) -> list[Line]:
        """Everybody in it."""
        return [*self.clear, *self.busy, *self._ahead]

    # --- facts -----------------------------------------------------------------------------------------------------

    def tell(self, entries: Sequence[Entry]) -> None:
        """Hand the next entries of the log to everybody, in one write each."""
        if self._ahead:
            for entry in entries:
                self._give(self.frame_of(entry))
                self._catch_up(entry.seq)
        else:
            self._give(b"".join(map(self.frame_of, entries)))
        telemetry.deliveries += (len(self.clear) + len(self.busy)) * len(entries)

    def frame_of(self, entry: Entry) -> bytes:
        """One entry's frame: made once, whoever many read it and come back for it."""
        if (made := self._frames.get(entry.seq)) is None:
            fact = p.TopicFact(topic=self.name, seq=entry.seq, fact=self._see(entry.happened))
            made = self._frames[entry.seq] = frame(self.encode(fact))
            telemetry.frames += 1
            self._forget_old()
        return made

    def missed(self, since: int, upto: int) -> bytes:
        """All that follows `since` up to `upto` as one piece, the same for all who missed the same."""
        start, blob = self._blobs.get(since, (since, b""))
        if start < upto:
            blob += b"".join(map(self.frame_of, self._ring.between(start, upto)))
            self._blobs[since] = (upto, blob)
        return blob

    def forget_missed(self) -> None:
        """Keep no answers for those who come back: the herd that they were made for has passed."""
        self._blobs.clear()

    def unmade(self, since: int, upto: int) -> list[Entry]:
        """The entries after `since` whose frames are still to be made."""
        return [entry for entry in self._ring.between(since, upto) if entry.seq not in self._frames]

    def _give(self, frames: bytes) -> None:
        if not frames:
            return
        waiting = list(self.busy)
        stuck = hand_to(self.clear.items(), frames)
        for line, sent in stuck:
            line.stuck(frames, sent)
        for line in waiting:
            line.put(frames)

    def _catch_up(self, seq: int) -> None:
        for line in [line for line, known in self._ahead.items() if known <= seq]:
            del self._ahead[line]
            self.place(line)

    def _forget_old(self) -> None:
        if len(self._frames) > 3 * self._ring.limit:
            kept = self._ring.first
            self._frames = {seq: made for seq, made in self._frames.items() if seq >= kept}


def hand_to(lines: Iterable[tuple[Line, Straight]], frames: bytes) -> list[tuple[Line, int]]:
    """Hand the same bytes to each; the lines whose kernel did not take all, with how much it took."""
    size = len(frames)
    short = []
    for line, straight in lines:
        try:
            sent = straight(frames)
        except OSError:
            sent = 0
        if sent != size:
            short.append((line, sent))
    return short
