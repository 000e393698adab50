"""One topic as its reader has it: the twin of topic.ts.

The rule for facts is *contiguous or ask again*; a state simply replaces the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from realtime import protocol as p

PATIENCE_MS: Final = 2_000
"""How long a reader may be behind what a pong tells before it asks again."""
RETRY_MS: Final = 2_000
"""A topic that is unavailable is asked for again after this."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader stands in a show's log: keep it, and a later visit goes on from there."""

    since: int
    epoch: str


def carries_facts(topic: str) -> bool:
    """Whether every entry of the topic counts; of the others only the newest does."""
    return topic.startswith(("door:", "sales:"))


class Following:
    """Where this reader stands in the log, and whether it may be missing something."""

    def __init__(self, topic: str, resume: Place | None = None) -> None:
        self.topic = topic
        self._last = resume.since if resume else None
        self._epoch = resume.epoch if resume else None
        self._facts = carries_facts(topic)
        self._behind_since: float | None = None
        # The join that waits for its answer: what arrives before that belongs to an older one.
        self._asked: int | None = None
        self._retry_at: float | None = None
        # Where a resumed reader stood, until it has been told all that it missed.
        self._resumed_from: int | None = None

    @property
    def known(self) -> int | None:
        """The last entry that this reader has been told of."""
        return self._last

    @property
    def place(self) -> Place | None:
        """Where to go on from; None before anything was told, and for state."""
        if not self._facts or self._last is None or self._epoch is None:
            return None
        return Place(self._last, self._epoch)

    @property
    def expects_snapshot(self) -> bool:
        """Joined, and the snapshot is on its way."""
        return self._facts and self._asked is None and self._epoch is not None and self._last is None

    def join(self, ref: int) -> p.Subscribe:
        """The message that (re)joins, from the place where this reader stands."""
        self._asked = ref
        self._behind_since = self._retry_at = None
        if (place := self.place) is None:
            return p.Subscribe(ref=ref, topic=self.topic)
        return p.Subscribe(ref=ref, topic=self.topic, since=place.since, epoch=place.epoch)

    def awaits(self, ref: int | None) -> bool:
        """Whether this answers the newest join: an answer to an earlier one says nothing any more."""
        return ref is not None and ref == self._asked

    @property
    def is_open(self) -> bool:
        """Whether the server's "it is closed" is about this subscription, and not about one before it."""
        return self._asked is None

    def lost(self) -> None:
        """The connection is gone; the place in the log is not."""
        self._asked = self._behind_since = self._retry_at = None

    def joined(self, message: p.Joined) -> None:
        """The server follows the topic for us."""
        self._asked = None
        self._epoch = message.epoch
        if not self._facts:
            self._last = None
        elif message.resumed:
            if self._resumed_from is None:
                self._resumed_from = self._last
        else:
            self._last = self._resumed_from = None

    def unavailable(self, now: float) -> None:
        """The server cannot now; nothing comes of this topic until it is asked for again."""
        self._retry_at = now + RETRY_MS

    def must_ask_again(self, now: float) -> bool:
        """Whether an unavailable topic's time has come."""
        return self._retry_at is not None and self._retry_at <= now

    def caught_up(self, pong: p.Pong) -> int | None:
        """How many entries were missed, once the server has told them all; None when there is nothing to say."""
        head = pong.seqs.get(self.topic)
        if self._resumed_from is None or self._last is None or head is None or head > self._last:
            return None
        missed = self._last - self._resumed_from
        self._resumed_from = None
        return missed

    def snapshot(self, message: p.TopicSnapshot) -> bool:
        """Whether this snapshot is the reader's."""
        if self._asked is not None:
            return False
        self._last = message.seq
        self._epoch = message.epoch
        self._behind_since = None
        return True

    def fact(self, message: p.TopicFact) -> Literal["next", "known", "hole"]:
        """ "next": hand it on. "known": drop it. "hole": something is missing, ask again."""
        if self._asked is not None or self._last is None or message.seq <= self._last:
            return "known"
        if message.seq != self._last + 1:
            return "hole"
        self._last = message.seq
        return "next"

    def state(self, message: p.TopicState) -> bool:
        """Whether this state is news."""
        if self._asked is not None or (self._last is not None and message.seq < self._last):
            return False
        self._last = message.seq
        return True

    def is_behind(self, pong: p.Pong, now: float) -> bool:
        """Whether the server has been ahead of us for so long that an announcement must have been lost.

        Of facts only: a state that has not changed is not sent, however far the log goes on.
        """
        head = pong.seqs.get(self.topic)
        last = -1 if self._last is None else self._last
        if not self._facts or head is None or self._asked is not None or head <= last:
            self._behind_since = None
            return False
        if self._behind_since is None:
            self._behind_since = now
        return now - self._behind_since > PATIENCE_MS
