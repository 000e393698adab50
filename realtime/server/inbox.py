"""What one socket has sent and the application has not taken yet: bounded, in order.

It stands where Daphne has an `asyncio.Queue` without a bound, and knows besides when the application has done all that
it was asked: that is the moment at which a socket may be closed without cutting an answer off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]
"""An ASGI message."""


class Inbox:
    """One socket's queue, with one reader."""

    __slots__ = ("_bytes", "_most_bytes", "_most_messages", "_on_idle", "_reader", "_waiting")

    def __init__(self, *, most_messages: int, most_bytes: int) -> None:
        """Bounds are on what waits, not on what passes through."""
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._waiting: list[
            Message
        ] = []  # a list is a tenth of a deque's size, and there are thousands of these
        self._bytes = 0
        self._reader: asyncio.Future[None] | None = None
        self._on_idle: Callable[[], object] | None = None

    def has_room_for(self, size: int) -> bool:
        """Whether one more message of so many bytes may wait."""
        return len(self._waiting) < self._most_messages and self._bytes + size <= self._most_bytes

    def put_nowait(self, message: Message) -> None:
        """Let a message wait. It is the caller who asks for room first: a disconnect always has some."""
        self._waiting.append(message)
        self._bytes += _size_of(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def receive(self) -> Message:
        """The next message: ASGI's `receive`."""
        while not self._waiting:
            self._reader = asyncio.get_running_loop().create_future()
            self._tell_idle()
            try:
                await self._reader
            finally:
                self._reader = None
        message = self._waiting.pop(0)
        self._bytes -= _size_of(message)
        return message

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self._bytes = 0

    def when_idle(self, do: Callable[[], object]) -> None:
        """Do something once everything taken is done and nothing waits; at once, if that is so now."""
        self._on_idle = do
        if self._reader is not None and not self._waiting:
            self._tell_idle()

    def _tell_idle(self) -> None:
        if self._on_idle is not None:
            do, self._on_idle = self._on_idle, None
            do()


def _size_of(message: Message) -> int:
    return len(message.get("text") or message.get("bytes") or "")
