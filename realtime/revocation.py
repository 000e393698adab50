"""Who was shut out loses its open socket, not only its next one: asked of the database every second.

One watch per event loop, like the hub; it works only while devices are connected. A scan is checked in its own
transaction besides (`ticketing.door`), so nobody enters through the second in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from uuid import UUID
from weakref import WeakKeyDictionary

from realtime.reads import in_thread
from ticketing import pairing

_LOGGER = logging.getLogger(__name__)
EVERY_S = 1.0
Shut = Callable[[], None]


class Watch:
    """The devices that are connected to this process, and how to shut each of their sockets."""

    def __init__(self) -> None:
        self._sockets: dict[UUID, set[Shut]] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, device_id: UUID, shut: Shut) -> None:
        """Watch over one socket of a device."""
        self._sockets.setdefault(device_id, set()).add(shut)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look())

    def remove(self, device_id: UUID, shut: Shut) -> None:
        """A socket is gone. Removing it twice is nothing."""
        if sockets := self._sockets.get(device_id):
            sockets.discard(shut)
            if not sockets:
                del self._sockets[device_id]

    async def _look(self) -> None:
        while self._sockets:
            await asyncio.sleep(EVERY_S)
            try:
                gone = await in_thread(pairing.revoked_among, device_ids=list(self._sockets))
            except Exception:
                _LOGGER.exception("the devices' rights could not be read; the next look follows")
                continue
            for device_id in gone:
                for shut in self._sockets.pop(device_id, set()):
                    shut()


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()


def watch() -> Watch:
    """The running loop's watch."""
    return _watches.setdefault(asyncio.get_running_loop(), Watch())
