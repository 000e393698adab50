"""The doorbell: a committed entry is called out on its show's group. At most once, and that is enough.

Channels' groups drop silently when full and lose what is sent while Redis is away. The log is the truth; the hub
reads it when the doorbell tells of an entry that does not follow, and every few seconds in any case.

So whoever rings does not wait: the ring is put down and goes out on an event loop that lives on, with everything else
that waits by then. That is the loop in which the hub hears, where this process has one (an in-memory layer belongs to
it), else one of the doorbell's own, in a thread that ends with the process.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypedDict
from uuid import UUID

from asgiref.sync import SyncToAsync
from channels.layers import get_channel_layer

from ticketing.log import Announcement

_LOGGER = logging.getLogger(__name__)
CAPACITY = 1_000
"""Rings that may wait; more are dropped, and the hubs' poll finds what they told of."""
PATIENCE_S = 2.0
_DRAIN_S = 1.0
Call = Mapping[str, Any]
Hear = Callable[[Call], None]


class Ring(TypedDict):
    """The layer's message. Its `type` is fixed: no text from outside ever picks a handler."""

    type: str
    event_id: str
    seq: int
    body: str


def group_of(event_id: UUID) -> str:
    """The show's one group, to which each process subscribes once."""
    return f"show.{event_id.hex}"


def ring(announcement: Announcement) -> None:
    """Call out one committed entry. Called in a thread, after commit."""
    message = Ring(
        type="show.entry", event_id=str(announcement.event_id), seq=announcement.seq, body=announcement.body
    )
    call_out(group_of(announcement.event_id), message)


def call_out(group: str, message: Call) -> None:
    """Have a message sent to a group, soon and at most once, in the order of the calls. Any thread; never waits.

    This process's own ear hears it directly, without the way through the layer, and once more from there.
    """
    _tell_ourselves(message)
    for loop in (_heard_in, _own_callers_loop()):
        if loop is not None and loop.is_running() and _bell_of(loop).put(group, message):
            return
    _bell_of(_own_loop()).put(group, message)


def heard_in(loop: asyncio.AbstractEventLoop, hear: Hear | None = None) -> None:
    """Tell in which loop of this process the hub listens: what is rung from now on goes out there, and `hear` is
    called there with it."""
    global _heard_in, _hear
    _heard_in, _hear = loop, hear


def _tell_ourselves(message: Call) -> None:
    if _heard_in is not None and _hear is not None and _heard_in.is_running():
        with suppress(RuntimeError):  # it has ended in this very moment
            _heard_in.call_soon_threadsafe(_hear, message)


class Bell:
    """What waits to be sent in one event loop, and the task there that sends it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, capacity: int = CAPACITY) -> None:
        self._loop = loop
        self._capacity = capacity
        self._waiting: deque[tuple[str, Call]] = deque()
        self._lock = threading.Lock()
        self._task: asyncio.Task[None] | None = None
        self._busy = False
        self._dropped = 0

    @property
    def idle(self) -> bool:
        """Whether everything has gone out, or was given up."""
        return not self._busy

    def put(self, group: str, message: Call) -> bool:
        """Have it sent; False when the loop has ended. What finds no room is dropped."""
        with self._lock:
            if len(self._waiting) >= self._capacity:
                self._dropped += 1
                return True
            self._waiting.append((group, message))
            if self._busy:
                return True
            self._busy = True
        try:
            self._loop.call_soon_threadsafe(self._begin)
        except RuntimeError:
            return False
        return True

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._send_all())
        self._task.add_done_callback(self._on_end)

    def _on_end(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():  # its loop is ending, and may yet go on
            with self._lock:
                self._busy = False

    async def _send_all(self) -> None:
        while batch := self._take():
            await self._send(batch)

    async def _send(self, batch: list[tuple[str, Call]]) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                for group, message in batch:
                    await get_channel_layer().group_send(group, message)
        except Exception:
            _LOGGER.warning("up to %s rings were lost: the layer is away", len(batch), exc_info=True)

    def _take(self) -> list[tuple[str, Call]]:
        with self._lock:
            batch = list(self._waiting)
            self._waiting.clear()
            self._busy = bool(batch)
            dropped, self._dropped = self._dropped, 0
        if dropped:
            _LOGGER.warning("the layer is slow: %s rings found no room", dropped)
        return batch


_lock = threading.Lock()
_bells: dict[asyncio.AbstractEventLoop, Bell] = {}
_heard_in: asyncio.AbstractEventLoop | None = None
_hear: Hear | None = None
_own: asyncio.AbstractEventLoop | None = None


def _bell_of(loop: asyncio.AbstractEventLoop) -> Bell:
    with _lock:
        if loop not in _bells:
            for ended in [old for old in _bells if old.is_closed()]:
                del _bells[ended]
            _bells[loop] = Bell(loop)
        return _bells[loop]


def _own_callers_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that the caller's thread works for, as `async_to_sync` finds it; None for a thread of nobody's."""
    caller = SyncToAsync.threadlocal
    if getattr(caller, "main_event_loop_pid", None) != os.getpid():
        return None
    return getattr(caller, "main_event_loop", None)


def _own_loop() -> asyncio.AbstractEventLoop:
    """The doorbell's own loop, which begins with the first ring that has no other."""
    global _own  # noqa: PLW0603  # a process has one
    with _lock:
        if _own is None:
            _own = asyncio.new_event_loop()
            thread = threading.Thread(target=_live, args=(_own,), name="doorbell", daemon=True)
            thread.start()
            atexit.register(_end, _own, thread)
        return _own


def _live(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


def _end(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """The process ends: what waits still goes out, if it does so soon."""
    if not thread.is_alive():  # it was the parent's, before a fork
        return
    patience_ends = time.monotonic() + _DRAIN_S
    while not _bell_of(loop).idle and time.monotonic() < patience_ends:
        time.sleep(0.005)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(_DRAIN_S)


def _begin_anew() -> None:
    """After a fork: the loops and their threads are the parent's."""
    global _lock, _heard_in, _hear, _own
    _lock, _heard_in, _hear, _own = threading.Lock(), None, None, None
    _bells.clear()


os.register_at_fork(after_in_child=_begin_anew)
