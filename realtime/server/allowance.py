"""How much one socket may send: a token bucket. Without I/O; the clock is passed in."""

from __future__ import annotations


class Allowance:
    """So many tokens at once, and so many more each second."""

    __slots__ = ("_at", "_burst", "_per_s", "_tokens")

    def __init__(self, *, per_s: float, burst: float, now: float) -> None:
        """A full bucket."""
        self._per_s = per_s
        self._burst = self._tokens = burst
        self._at = now

    def spend(self, cost: float, *, now: float) -> bool:
        """Take tokens out. False, and nothing is taken, when there are not so many."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s)
        self._at = now
        if cost > self._tokens:
            return False
        self._tokens -= cost
        return True

    def widen(self, *, per_s: float, burst: float, now: float) -> None:
        """Allow more from now on, beginning with a full bucket."""
        self._per_s = per_s
        self._burst = self._tokens = burst
        self._at = now
