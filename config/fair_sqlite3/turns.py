"""Turns: a lock that is handed on in the order in which it was asked for. Knows nothing of databases."""

from __future__ import annotations

import threading
import time
from collections import deque


class TurnMissed(Exception):
    """The turn did not come in time; the message says who had it."""


class Turns:
    """One holder at a time; whoever has waited longest is next, and nobody gets in between."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False
        self._holder = ""
        self._since = 0.0

    def take(self, *, patience_s: float) -> None:
        """Wait for the turn. Raises TurnMissed when it has not come after `patience_s` seconds."""
        call = self._queue_up()
        if call is not None:
            self._wait(call, patience_s)
        self._holder, self._since = threading.current_thread().name, time.monotonic()

    def give_back(self) -> None:
        """Hand the turn to whoever has waited longest."""
        with self._guard:
            if self._waiting:
                # It stays taken while the next one wakes up: nobody who comes now gets in between.
                self._waiting.popleft().release()
            else:
                self._taken = False

    def _queue_up(self) -> threading.Lock | None:
        """None when the turn was free, and is ours; else the lock that will be opened when it comes."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return None
            call = threading.Lock()
            call.acquire()
            self._waiting.append(call)
            return call

    def _wait(self, call: threading.Lock, patience_s: float) -> None:
        try:
            called = call.acquire(timeout=patience_s)
        except BaseException:
            if not self._leave(call):
                self.give_back()  # it came in the very moment of the interruption
            raise
        if not called and self._leave(call):
            since = time.monotonic() - self._since
            raise TurnMissed(
                f"waited {patience_s:g} s for a turn to write; {self._holder} has had it for {since:.1f} s"
            )

    def _leave(self, call: threading.Lock) -> bool:
        """Stop waiting; false when the turn has come meanwhile."""
        with self._guard:
            if call not in self._waiting:
                return False
            self._waiting.remove(call)
            return True
