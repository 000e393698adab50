"""Words from phone to phone of one door, by which they find a way to each other on the local network.

A word goes out once on the door's own group and is handed to the sockets of the phone that it is for, in whatever
process they are. A phone is only ever in the group of its own event, so no word leaves the door; nothing is kept, and
a word that is lost is said again by whoever waits for its answer. One per event loop, like the hub.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID
from weakref import WeakKeyDictionary

from realtime import doorbell
from realtime import protocol as p
from realtime.ear import Call, ear, spoken
from realtime.topics import DoorDevice

Tell = Callable[[p.Signalled], None]


def group_of(event_id: UUID) -> str:
    """Where the words of a door's phones are called out."""
    return f"signals.{event_id.hex}"


@dataclass(slots=True)
class _Door:
    """The sockets of one event's phones in this process."""

    sockets: dict[UUID, set[Tell]] = field(default_factory=lambda: defaultdict(set))


class Signals:
    """The phones that are connected to this process, and how to reach each."""

    def __init__(self) -> None:
        self._doors: dict[UUID, _Door] = {}

    def arrive(self, device: DoorDevice, tell: Tell) -> None:
        """A socket speaks for this phone from now on."""
        if device.event_id not in self._doors:
            self._doors[device.event_id] = _Door()
            ear().listen(group_of(device.event_id), self._on_call)
        self._doors[device.event_id].sockets[device.device_id].add(tell)

    def depart(self, device: DoorDevice, tell: Tell) -> None:
        """The socket is closed, or speaks for another. Departing twice is nothing."""
        if (door := self._doors.get(device.event_id)) is None:
            return
        door.sockets[device.device_id].discard(tell)
        if not door.sockets[device.device_id]:
            del door.sockets[device.device_id]
        if not door.sockets:
            del self._doors[device.event_id]
            ear().unfollow(group_of(device.event_id))

    def pass_on(self, device: DoorDevice, *, to: str, data: str) -> None:
        """Say a word to a phone of this phone's own door."""
        group = group_of(device.event_id)
        words = {"of": str(device.event_id), "to": to, "sender": str(device.device_id), "data": data}
        doorbell.call_out(group, spoken(group, **words))

    def _on_call(self, call: Call) -> None:
        if (door := self._doors.get(UUID(call["of"]))) is None:
            return
        for tell in list(door.sockets.get(UUID(call["to"]), ())):
            tell(p.Signalled(from_=call["sender"], data=call["data"]))


_signals: WeakKeyDictionary[asyncio.AbstractEventLoop, Signals] = WeakKeyDictionary()


def signals() -> Signals:
    """The running loop's signals."""
    loop = asyncio.get_running_loop()
    if loop not in _signals:
        _signals[loop] = Signals()
    return _signals[loop]
