"""What waits for one busy socket: bounded. Replies and facts in order, never dropped; of state only the newest.

Without I/O and without a clock: `take` gives what goes next, the line sends it. A reader that lets too much pile up,
or lets it lie too long, is told to come back and resume, which costs it nothing: the log has every entry.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

MAX_QUEUED_BYTES = 256 * 1024
"""Replies and facts that may wait for one socket. A snapshot or a replay that it asked for does not count."""
PATIENCE_S = 5.0
"""How long a fact may wait for a socket that takes nothing."""
WHOLE_PATIENCE_S = 60.0
"""How long a snapshot may take on its way: a full house's, over a bad signal."""
TAKE_BYTES = 64 * 1024
"""What is taken at once, so that small frames share one write."""


class Overflowed(Exception):
    """The reader is too slow: close it with SLOW_READER."""


class _Waiting(NamedTuple):
    frames: bytes
    at: float
    counts: bool


class Outbox:
    """One socket's queue. Times are seconds of any one steady clock."""

    __slots__ = ("_bytes", "_limit", "_queued", "_states", "_unheld_at", "_whole_at")

    def __init__(self, *, limit: int = MAX_QUEUED_BYTES) -> None:
        self._limit = limit
        self._queued: deque[_Waiting] = deque()
        self._bytes = 0
        self._states: dict[str, bytes] = {}
        self._whole_at: float | None = None
        self._unheld_at = float("-inf")

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._queued or self._states)

    def put(self, frames: bytes, *, now: float) -> None:
        """Queue a reply or a fact. Raises Overflowed when the bound is reached; nothing is dropped silently."""
        if self._bytes and self._bytes + len(frames) > self._limit:
            raise Overflowed
        self._queued.append(_Waiting(frames, now, counts=True))
        self._bytes += len(frames)

    def put_whole(self, frames: bytes, *, now: float) -> None:
        """Queue a snapshot or a replay, however long: the reader has asked for it, and shares it with others."""
        self._queued.append(_Waiting(frames, now, counts=False))

    def put_state(self, topic: str, frames: bytes) -> bool:
        """Queue a topic's state; True when it took the place of one that still waited."""
        skipped = topic in self._states
        self._states[topic] = frames
        return skipped

    def drop_state(self, topic: str) -> None:
        """Forget a topic's waiting state: the reader has left it."""
        self._states.pop(topic, None)

    def clear(self) -> None:
        """Forget everything: nobody will read it."""
        self._queued.clear()
        self._states.clear()
        self._bytes = 0

    def take(self, *, now: float) -> bytes:
        """What goes next; nothing when all is sent. Asked when all that was taken before is gone."""
        if self._whole_at is not None:
            # What waited behind a snapshot waited for the snapshot, not for the reader.
            self._whole_at, self._unheld_at = None, now
        if self._queued and not self._queued[0].counts:
            self._whole_at = now
            return self._queued.popleft().frames
        if self._queued:
            return b"".join(self._small_ones())
        states = b"".join(self._states.values())
        self._states.clear()
        return states

    def _small_ones(self) -> list[bytes]:
        taken: list[bytes] = []
        size = 0
        while self._queued and self._queued[0].counts:
            if taken and size + len(self._queued[0].frames) > TAKE_BYTES:
                break
            frames = self._queued.popleft().frames
            taken.append(frames)
            size += len(frames)
        self._bytes -= size
        return taken

    def is_late(self, *, now: float) -> bool:
        """Whether the reader has let something lie for too long."""
        if self._whole_at is not None:
            return now - self._whole_at > WHOLE_PATIENCE_S
        if not self._queued:
            return False
        return now - max(self._queued[0].at, self._unheld_at) > PATIENCE_S
