"""Who is at the door. Pure: what is heard of phones goes in, the list of all of them comes out.

Each process tells what it sees of a phone with `at`, its own clock's moment. Of each process the newest sighting
counts, and a phone is there while any process has seen it lately: so the order in which sightings arrive, or how often,
does not matter, and a phone that moves to another process is never there twice. A process that dies says nothing more,
and what it saw runs out by itself. Times are seconds of the reader's own steady clock, moments UTC milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from realtime import protocol as p

SILENT_S = 30.0
"""A phone that nobody has heard of for so long is not there."""
GRACE_S = 15.0
"""A phone that left is most often back by then."""


class Vitals(msgspec.Struct, frozen=True, kw_only=True):
    """How a phone says that it is."""

    unsent: int
    battery: float | None
    scanning: bool | None
    seq: int | None


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """A phone as one process saw it last: `left` when its last connection there was closed."""

    device: UUID
    process: str
    at: int
    left: bool
    vitals: Vitals | None


@dataclass(frozen=True, slots=True)
class Known:
    """A phone that is paired, whether it is there or not."""

    name: str
    last_seen_at: int | None


@dataclass(frozen=True, slots=True)
class _Heard:
    sighting: Sighting
    heard_s: float

    @property
    def ends_s(self) -> float:
        return self.heard_s + (GRACE_S if self.sighting.left else SILENT_S)


@dataclass(slots=True)
class Presence:
    """One door's phones."""

    known: Mapping[UUID, Known] = field(default_factory=dict)
    _heard: dict[UUID, dict[str, _Heard]] = field(default_factory=dict)

    def hear(self, sighting: Sighting, *, now_s: float) -> bool:
        """Take a sighting in. Whether it is of a phone that is known; if not, ask again who is paired."""
        seen = self._heard.setdefault(sighting.device, {})
        before = seen.get(sighting.process)
        if before is None or sighting.at > before.sighting.at:
            seen[sighting.process] = _Heard(sighting, now_s)
        return sighting.device in self.known

    def devices(self, *, now_s: float) -> tuple[p.DeviceHere, ...]:
        """All paired phones, by name."""
        order = sorted(self.known, key=lambda device: (self.known[device].name, device))
        return tuple(self._device(device, now_s) for device in order)

    def changes_at(self, *, now_s: float) -> float:
        """When the list changes next although nothing is heard; infinity when it does not."""
        ends = (heard.ends_s for seen in self._heard.values() for heard in seen.values())
        return min((end for end in ends if end > now_s), default=float("inf"))

    def forget_old(self, *, now_s: float) -> None:
        """Let go of what has run out, but for the newest of each phone: its last words are still shown."""
        for device, seen in list(self._heard.items()):
            if device not in self.known:
                del self._heard[device]
                continue
            newest = max(seen.values(), key=_moment)
            self._heard[device] = {
                process: heard for process, heard in seen.items() if heard is newest or heard.ends_s > now_s
            }

    def _device(self, device: UUID, now_s: float) -> p.DeviceHere:
        known, seen = self.known[device], self._heard.get(device, {}).values()
        newest = max(seen, key=_moment, default=None)
        told = max((heard for heard in seen if heard.sighting.vitals), key=_moment, default=None)
        vitals = told.sighting.vitals if told else None
        return p.DeviceHere(
            id=str(device),
            name=known.name,
            online=any(heard.ends_s > now_s for heard in seen),
            last_seen_at=newest.sighting.at if newest else known.last_seen_at,
            unsent=vitals.unsent if vitals else None,
            battery=vitals.battery if vitals else None,
            scanning=vitals.scanning if vitals else None,
            seq=vitals.seq if vitals else None,
        )


def _moment(heard: _Heard) -> tuple[int, str]:
    return heard.sighting.at, heard.sighting.process


def vitals_of(heartbeat: p.Heartbeat) -> Vitals:
    """What a heartbeat tells."""
    return Vitals(
        unsent=heartbeat.unsent,
        battery=heartbeat.battery,
        scanning=heartbeat.scanning,
        seq=heartbeat.seq,
    )


def worth_telling(before: tuple[p.DeviceHere, ...], after: tuple[p.DeviceHere, ...]) -> bool:
    """Whether a list differs in more than what moves by itself: when each was seen last, and how far it has read."""
    return _lasting(before) != _lasting(after)


def _lasting(devices: tuple[p.DeviceHere, ...]) -> list[p.DeviceHere]:
    return [msgspec.structs.replace(device, last_seen_at=None, seq=None) for device in devices]
