"""A line: one socket's way out. Clear, and frames go straight to the kernel; busy, and they wait in its outbox.

The rooms that a line is in keep the clear ones apart, so that a broadcast touches nothing else of theirs.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from realtime.frames import texts
from realtime.outbox import Outbox, Overflowed
from realtime.telemetry import telemetry

if TYPE_CHECKING:
    from realtime.room import Room

Straight = Callable[[bytes], int]
"""Hands bytes to the kernel and says how many it took; raises OSError when it takes none."""
Send = Callable[[dict[str, Any]], Awaitable[None]]
"""ASGI's own."""
MERGE_BYTES = 64 * 1024
"""Pieces of an answer up to this size travel in one write; larger ones are shared with others and not copied."""


def hand(straight: Straight, frames: bytes) -> int:
    """How many bytes the kernel took. A socket that is gone takes none, and its closing is told elsewhere."""
    try:
        return straight(frames)
    except OSError:
        return 0


class Line(ABC):
    """One socket's way out, and the rooms it is in."""

    __slots__ = ("_slow", "closed", "outbox", "rooms", "straight")

    def __init__(self, *, slow: Callable[[], None], outbox: Outbox | None = None) -> None:
        """`slow` is called once, when the reader cannot keep up and must come back."""
        self._slow = slow
        self.outbox = Outbox() if outbox is None else outbox
        self.rooms: list[Room] = []
        self.straight: Straight | None = None
        self.closed = False

    @abstractmethod
    def _queue(self) -> None:
        """A reply or a fact waits in the outbox: see that it leaves."""

    @abstractmethod
    def _queue_state(self) -> None:
        """A state waits in the outbox: see that it leaves when nothing else is on its way."""

    @abstractmethod
    def _rest(self, frames: bytes) -> None:
        """Send what the kernel did not take, before anything else."""

    def put(self, frames: bytes) -> None:
        """Send a reply or a fact, now or in its turn."""
        if self.straight is not None:
            self._at_once(frames)
        elif not self.closed and frames:
            self._later(frames)

    def put_whole(self, *parts: bytes) -> None:
        """Send an answer that was asked for, however long: a snapshot, a replay."""
        if sum(map(len, parts)) <= MERGE_BYTES:
            parts = (b"".join(parts),)
        for part in parts:
            if self.straight is not None and len(part) <= MERGE_BYTES:
                self._at_once(part)
            elif not self.closed and part:
                self.outbox.put_whole(part, now=monotonic())
                self._queue()

    def show(self, key: str, frames: bytes) -> None:
        """Send a state now, or when the line clears, unless a newer one has taken its place by then."""
        sent = 0 if self.straight is None else hand(self.straight, frames)
        if sent == 0:
            self.put_state(key, frames)
        elif sent != len(frames):
            self.stuck(frames, sent)

    def put_state(self, topic: str, frames: bytes) -> None:
        """Send a state when the line clears, in place of an older one that still waits."""
        if not self.closed:
            telemetry.states_skipped += self.outbox.put_state(topic, frames)
            self._queue_state()

    def stuck(self, frames: bytes, sent: int) -> None:
        """The kernel took only `sent` bytes of these: the rest goes first, and the line is busy until then."""
        self._rest(frames[sent:])

    def cut(self) -> None:
        """The reader cannot keep up, or must start again: nothing more for it, and whoever owns the socket is told."""
        if not self.closed:
            self.close()
            telemetry.slow_closes += 1
            self._slow()

    def cut_if_late(self, *, now: float) -> None:
        """End a reader that has let something lie for too long."""
        if not self.closed and self.outbox.is_late(now=now):
            self.cut()

    def close(self) -> None:
        """Nothing goes out any more. Closing twice is nothing."""
        self.closed = True
        self.outbox.clear()
        self.straight = None
        for room in self.rooms:
            room.drop(self)
        self.rooms.clear()

    def widen(self) -> None:  # noqa: B027  # nothing to do, where the socket is the server's own business
        """A reader of facts joins: let the kernel keep more for it."""

    def _at_once(self, frames: bytes) -> None:
        assert self.straight is not None
        if (sent := hand(self.straight, frames)) != len(frames):
            self.stuck(frames, sent)

    def _later(self, frames: bytes) -> None:
        try:
            self.outbox.put(frames, now=monotonic())
        except Overflowed:
            self.cut()
            return
        self._queue()

    def _is_clear(self, straight: Straight) -> None:
        self.straight = straight
        for room in self.rooms:
            room.place(self)

    def _is_busy(self) -> None:
        if self.straight is not None:
            self.straight = None
            for room in self.rooms:
                room.place(self)


class PoliteLine(Line):
    """Any server's: what waits is sent by `await send()`, which is all that ASGI promises."""

    __slots__ = ("_send", "_writing")

    def __init__(self, send: Send, *, slow: Callable[[], None]) -> None:
        super().__init__(slow=slow)
        self._send = send
        self._writing: asyncio.Task[None] | None = None

    def _queue(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write())

    def _queue_state(self) -> None:
        self._queue()

    def _rest(self, frames: bytes) -> None:  # noqa: ARG002  # as it is called on the others
        raise AssertionError("a polite line is never clear")

    async def _write(self) -> None:
        while frames := self.outbox.take(now=monotonic()):
            for text in texts(frames):
                await self._send({"type": "websocket.send", "text": text})
