"""What waits for one topic's reader: facts in order and bounded, of state the newest only."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

from realtime import protocol as p

BOUND: Final = 1_000
"""Entries that may wait for a slow reader; then the socket is read no further until it reads on."""

_REPLACING = (p.TopicState, p.TopicPresence)
"""Each of these takes the place of the one before."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """After a drop: everything that was missed has been told by now, as facts; it was so many."""

    topic: str
    missed: int


Told = p.TopicSnapshot | p.TopicFact | p.TopicState | p.TopicPresence | Resumed


class Reader:
    """One topic's reader, and what it has not read yet."""

    def __init__(self) -> None:
        self._told: deque[Told] = deque()
        self._ended: Exception | None = None
        self._changed = asyncio.Condition()

    async def put(self, told: Told) -> None:
        """Hand this on; waits while too much is unread."""
        async with self._changed:
            if isinstance(told, _REPLACING) and self._told and type(self._told[-1]) is type(told):
                self._told.pop()
            await self._changed.wait_for(lambda: len(self._told) < BOUND or self._ended)
            self._told.append(told)
            self._changed.notify_all()

    async def end(self, reason: Exception) -> None:
        """Nothing more will come, for this reason."""
        async with self._changed:
            self._ended = reason
            self._changed.notify_all()

    async def take(self) -> Told:
        """The next; waits for it. Raises the reason why there is none any more."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._told or self._ended)
            if not self._told:
                assert self._ended is not None
                raise self._ended
            told = self._told.popleft()
            self._changed.notify_all()
            return told
