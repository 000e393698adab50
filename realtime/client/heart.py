"""Whether the server is still there, told by what was heard and when: the twin of heart.ts."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

PING_EVERY_MS: Final = 1_500
SILENCE_MS: Final = 3_000
"""A socket may look open for ever: silence is what tells."""
LONG_MESSAGE_MS: Final = 30_000
"""Nothing else is heard while one long message comes in: a full house's snapshot, over a slow network."""
CONNECT_MS: Final = 8_000
"""To reach the server, be welcomed and be believed may take this long."""


class Beat(StrEnum):
    """What the heartbeat asks for."""

    REST = "rest"
    PING = "ping"
    GIVE_UP = "give_up"


class Heart:
    """One connection's signs of life. Moments are monotonic milliseconds."""

    def __init__(self) -> None:
        self._heard_at = self._pinged_at = self._beat_at = 0.0
        self._doubts = False

    def opening(self, now: float) -> None:
        """A socket is being opened."""
        self._heard_at = self._beat_at = now
        self._doubts = False

    def heard(self, now: float) -> None:
        """The server said something."""
        self._heard_at = now
        self._doubts = False

    def pinged(self, now: float) -> None:
        """We have asked whether it is there."""
        self._pinged_at = now

    def beat_before_ready(self, now: float) -> Beat:
        """While the server has not let us in yet."""
        self._beat_at = now
        return Beat.GIVE_UP if now - self._heard_at >= CONNECT_MS else Beat.REST

    def beat(self, now: float, *, long_message: bool = False) -> Beat:
        """To be called a few times a second; `long_message` while a snapshot is on its way."""
        slept = now - self._beat_at > SILENCE_MS / 2
        self._beat_at = now
        if slept:
            return self._woken(now)
        if now - self._heard_at >= (LONG_MESSAGE_MS if long_message else SILENCE_MS):
            return Beat.GIVE_UP
        return Beat.PING if now - self._pinged_at >= PING_EVERY_MS else Beat.REST

    def _woken(self, now: float) -> Beat:
        """We slept: the silence says nothing about the server. Ask now, and leave half the time to answer.

        Whoever slept again before anything was heard has asked the last time, and long ago.
        """
        if self._doubts:
            return Beat.GIVE_UP
        self._doubts = True
        self._heard_at = max(self._heard_at, now - SILENCE_MS / 2)
        return Beat.PING
