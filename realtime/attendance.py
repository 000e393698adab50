"""Whoever follows a door or its sales is told who is there: what this process sees of phones is called out to the
others, and what it hears of them is kept as `realtime.presence` says.

Everything goes in rounds: a phone costs a dictionary's entry until the round calls out all that is new of a show at
once. A call that is lost is made good by the phone's next sign of life. One per event loop, like the hub.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

import msgspec

from realtime import doorbell, presence, revocation
from realtime import protocol as p
from realtime.ear import Call, ear, spoken
from realtime.frames import frame
from realtime.presence import Known, Presence, Sighting, Vitals
from realtime.reads import in_thread
from realtime.topics import DoorDevice, Topic
from ticketing import pairing
from ticketing.clock import millis, millis_or_none, utc_now

_LOGGER = logging.getLogger(__name__)
ROUND_S = 0.5
REST_S = 1.0
"""A list is told at most so often, however much changes."""
AGAIN_S = 10.0
"""A phone that is there is called out so often, however little there is to say."""
ROSTER_S = 30.0
"""How often it is read who is paired, and kept who was seen."""
MOST = 100
"""Phones of one list: of more, those who are there, and those who were there last."""
MANY_REST_S = 5.0
"""A door with more phones than that is told of less often: its list is long, and many read it."""
Encode = Callable[[p.ServerMessage], str]
Tell = Callable[[Topic, bytes], None]
"""Takes the list's frame, which is made once for everybody."""


@dataclass(slots=True)
class _Door:
    """One show's door, followed by somebody here. `told` is the list that everybody has."""

    presence: Presence = field(default_factory=Presence)
    readers: dict[tuple[Topic, Encode], set[Tell]] = field(default_factory=dict)
    told: tuple[p.DeviceHere, ...] | None = None
    looks_at_s: float = 0.0
    rests_until_s: float = 0.0
    frames: dict[tuple[Topic, Encode], bytes] = field(default_factory=dict)

    def frame_of(self, topic: Topic, encode: Encode) -> bytes:
        """What everybody has, as it is said to this topic's readers."""
        if (made := self.frames.get((topic, encode))) is None:
            message = p.TopicPresence(topic=topic.name, devices=self.told or ())
            made = self.frames[topic, encode] = frame(encode(message))
        return made


@dataclass(slots=True)
class _Here:
    """A phone that is connected to this process, by so many sockets."""

    event_id: UUID
    sighting: Sighting
    sockets: int = 0
    called_s: float = float("-inf")


def group_of(event_id: UUID) -> str:
    """Where a door's phones are called out."""
    return f"presence.{event_id.hex}"


def _call_out(event_id: UUID, **words: str) -> None:
    group = group_of(event_id)
    doorbell.call_out(group, spoken(group, **words))


class Attendance:
    """The phones that this process sees, and the doors whose phones its sockets want to know."""

    def __init__(self) -> None:
        self._process = uuid4().hex
        self._here: dict[UUID, _Here] = {}
        self._here_by_show: dict[UUID, set[UUID]] = defaultdict(set)
        self._news: set[UUID] = set()
        self._doors: dict[UUID, _Door] = {}
        self._unread: set[UUID] = set()
        self._read_s = monotonic()
        self._rounds: asyncio.Task[None] | None = None
        revocation.watch().told.append(self._on_rights)

    # --- phones ----------------------------------------------------------------------------------------------------

    def arrive(self, device: DoorDevice) -> None:
        """A phone has connected here."""
        if device.device_id not in self._here:
            self._here[device.device_id] = _Here(device.event_id, self._sighting(device.device_id))
            self._here_by_show[device.event_id].add(device.device_id)
        self._here[device.device_id].sockets += 1
        self.alive(device, None)
        self._start()

    def alive(self, device: DoorDevice, vitals: Vitals | None) -> None:
        """A phone that is connected here has said something, perhaps how it is."""
        if (here := self._here.get(device.device_id)) is None:
            return
        changed = here.sighting.left or (vitals is not None and vitals != here.sighting.vitals)
        if changed or monotonic() - here.called_s > AGAIN_S:
            self._news.add(device.device_id)
        here.sighting = self._sighting(device.device_id, vitals or here.sighting.vitals, here.sighting.at)

    def depart(self, device: DoorDevice) -> None:
        """One of a phone's connections to this process is closed."""
        if (here := self._here.get(device.device_id)) is None:
            return
        here.sockets -= 1
        if here.sockets == 0:
            self._news.add(device.device_id)
            told = self._sighting(device.device_id, here.sighting.vitals, here.sighting.at)
            here.sighting = msgspec.structs.replace(told, left=True)

    def _sighting(self, device: UUID, vitals: Vitals | None = None, after: int = 0) -> Sighting:
        at = max(millis(utc_now()), after + 1)
        return Sighting(device=device, process=self._process, at=at, left=False, vitals=vitals)

    # --- readers ---------------------------------------------------------------------------------------------------

    def follow(self, topic: Topic, *, encode: Encode, tell: Tell) -> None:
        """Have `tell` called with the list, soon and on changes: as a frame, empty where a version lacks the word."""
        event_id = topic.event_id
        if event_id not in self._doors:
            self._doors[event_id] = _Door()
            self._unread.add(event_id)
            ear().listen(group_of(event_id), self._on_call)
            _call_out(event_id, wanted=str(event_id))
        door = self._doors[event_id]
        door.readers.setdefault((topic, encode), set()).add(tell)
        if door.told is not None:
            tell(topic, door.frame_of(topic, encode))
        self._start()

    def leave(self, topic: Topic, *, encode: Encode, tell: Tell) -> None:
        """Tell this reader no more. Leaving twice is nothing."""
        if (door := self._doors.get(topic.event_id)) is None:
            return
        if tells := door.readers.get((topic, encode)):
            tells.discard(tell)
            if not tells:
                del door.readers[topic, encode]
        if not door.readers:
            del self._doors[topic.event_id]
            self._unread.discard(topic.event_id)
            ear().unfollow(group_of(topic.event_id))

    def knows(self, event_id: UUID, device: str) -> bool | None:
        """Whether a door has this phone; None for a door that nobody here follows."""
        if (door := self._doors.get(event_id)) is None:
            return None
        return device in map(str, door.presence.known)

    # --- what is heard ---------------------------------------------------------------------------------------------

    def _on_call(self, call: Call) -> None:
        if "wanted" in call:
            self._call_again(UUID(call["wanted"]))
        elif call["process"] != self._process:
            self._take_in(UUID(call["of"]), msgspec.json.decode(call["seen"], type=list[Sighting]))

    def _call_again(self, event_id: UUID) -> None:
        self._news |= self._here_by_show.get(event_id, set())

    def _on_rights(self, who: UUID) -> None:
        self._unread |= {event_id for event_id, door in self._doors.items() if who in door.presence.known}

    def _take_in(self, event_id: UUID, sightings: list[Sighting]) -> None:
        if (door := self._doors.get(event_id)) is None:
            return
        for sighting in sightings:
            is_known = door.presence.hear(sighting, now_s=monotonic())
            if sighting.left or not is_known:
                self._unread.add(event_id)  # it may have left because it was revoked
        door.looks_at_s = 0.0

    # --- rounds ----------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.get_running_loop().create_task(self._go_round())

    async def _go_round(self) -> None:
        while self._here or self._doors:
            try:
                await self._round()
            except Exception:
                _LOGGER.exception("a round of the doors failed; the next one follows")
            await asyncio.sleep(ROUND_S)

    async def _round(self) -> None:
        self._call_out()
        if monotonic() - self._read_s > ROSTER_S:
            self._read_s = monotonic()
            self._unread |= set(self._doors)
            await self._keep_seen()
        if self._unread:
            await self._read_rosters()
        for event_id, door in list(self._doors.items()):
            if max(door.looks_at_s, door.rests_until_s) <= monotonic() and event_id not in self._unread:
                _look(door)

    def _call_out(self) -> None:
        """Tell the others, and ourselves, all that is new of the phones here: one call a show."""
        news: dict[UUID, list[Sighting]] = defaultdict(list)
        for device in self._news:
            here = self._here[device]
            news[here.event_id].append(here.sighting)
            here.called_s = monotonic()
            if here.sighting.left:
                self._forget(device, here.event_id)
        self._news.clear()
        for event_id, sightings in news.items():
            self._take_in(event_id, sightings)
            seen = msgspec.json.encode(sightings).decode()
            _call_out(event_id, process=self._process, seen=seen, of=str(event_id))

    def _forget(self, device: UUID, event_id: UUID) -> None:
        del self._here[device]
        self._here_by_show[event_id].discard(device)
        if not self._here_by_show[event_id]:
            del self._here_by_show[event_id]

    async def _keep_seen(self) -> None:
        since = millis(utc_now()) - int(ROSTER_S * 2_000)
        lately = [device for device, here in self._here.items() if here.sighting.at > since]
        if lately:
            await in_thread(pairing.seen, device_ids=lately, now=utc_now())

    async def _read_rosters(self) -> None:
        wanted, self._unread = self._unread, set()
        paired: dict[UUID, dict[UUID, Known]] = {event_id: {} for event_id in wanted}
        try:
            devices = await in_thread(pairing.devices_of, event_ids=wanted)
        except Exception:
            self._unread |= wanted
            raise
        for device in devices:
            paired[device.event_id][device.pk] = Known(device.name, millis_or_none(device.last_seen_at))
        for event_id, known in paired.items():
            if door := self._doors.get(event_id):
                door.presence.known = known
                door.looks_at_s = 0.0


def _look(door: _Door) -> None:
    """Tell everybody the list if it is another one now."""
    now_s = monotonic()
    door.presence.forget_old(now_s=now_s)
    devices = door.presence.devices(now_s=now_s)
    door.looks_at_s = door.presence.changes_at(now_s=now_s)
    is_long = len(devices) > MOST
    if is_long:
        devices = _foremost(devices)
    if door.told is not None and not presence.worth_telling(door.told, devices):
        return
    door.rests_until_s = now_s + (MANY_REST_S if is_long else REST_S)
    door.told = devices
    door.frames.clear()
    for (topic, encode), tells in list(door.readers.items()):
        made = door.frame_of(topic, encode)
        for tell in list(tells):
            tell(topic, made)


def _foremost(devices: tuple[p.DeviceHere, ...]) -> tuple[p.DeviceHere, ...]:
    lately = sorted(devices, key=lambda device: (not device.online, -(device.last_seen_at or 0)))
    return tuple(sorted(lately[:MOST], key=lambda device: (device.name, device.id)))


_attendances: WeakKeyDictionary[asyncio.AbstractEventLoop, Attendance] = WeakKeyDictionary()


def attendance() -> Attendance:
    """The running loop's attendance."""
    loop = asyncio.get_running_loop()
    if loop not in _attendances:
        _attendances[loop] = Attendance()
    return _attendances[loop]
