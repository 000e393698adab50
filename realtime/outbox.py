"""What waits to be sent to one socket: bounded. Facts in order, never dropped; of state only the newest.

Without I/O: `take` gives what is next, the connection sends it. A reader that lets too much pile up is told to come
back and resume, which costs it nothing: the log has every entry.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

MAX_QUEUED_BYTES = 4 * 1024 * 1024
"""More than a snapshot of a full house; a phone that is this far behind is better off resuming."""


class Overflowed(Exception):
    """The reader is too slow: close it with SLOW_READER."""


class Outbox:
    """One socket's queue."""

    def __init__(self, *, wake: Callable[[], None], limit: int = MAX_QUEUED_BYTES) -> None:
        """`wake` is called whenever something waits to be sent."""
        self._limit = limit
        self._wake = wake
        self._queued: deque[str] = deque()
        self._bytes = 0
        self._states: dict[str, str] = {}

    def put(self, text: str) -> None:
        """Queue a reply or a fact. Raises Overflowed when the bound is reached; nothing is dropped silently."""
        if self._bytes + len(text) > self._limit and self._queued:
            raise Overflowed
        self._queued.append(text)
        self._bytes += len(text)
        self._wake()

    def put_state(self, topic: str, text: str) -> None:
        """Queue a topic's state in place of the one that still waits."""
        self._states[topic] = text
        self._wake()

    def drop_state(self, topic: str) -> None:
        """Forget a topic's waiting state: the reader has left it."""
        self._states.pop(topic, None)

    def take(self) -> str | None:
        """What is to be sent next; None when all is sent."""
        if self._queued:
            text = self._queued.popleft()
            self._bytes -= len(text)
            return text
        if self._states:
            return self._states.pop(next(iter(self._states)))
        return None
