"""One connection, without I/O: a client message in, effects out. What it may do is decided elsewhere and told to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from realtime import presence, topics
from realtime import protocol as p
from realtime.feed import Since
from realtime.presence import Vitals
from realtime.topics import Anonymous, DoorDevice, Principal, Topic
from ticketing.scans import ScanFact, UndoFact

MAX_TOPICS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Send this message."""

    message: p.ServerMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckToken:
    """Find out whose token this is, and tell `token_checked`."""

    ref: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Follow a topic for `principal`, if it may."""

    ref: int
    principal: Principal
    topic: Topic
    since: Since | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Follow a topic no more."""

    topic: Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPing:
    """Tell the time and how far each followed topic is."""

    ref: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem:
    """Judge and record a scan of this device."""

    ref: int
    device: DoorDevice
    scan: ScanFact


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Judge and record an undo of this device's."""

    ref: int
    device: DoorDevice
    undo: UndoFact


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeIn:
    """Judge and record a part of this device's journal."""

    device: DoorDevice
    drain: p.Drain


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOn:
    """Hand a word of this device's to another of the same door."""

    device: DoorDevice
    signal: p.Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAlive:
    """This device is there: it has just said so, and `vitals` if it said how it is."""

    device: DoorDevice
    vitals: Vitals | None


Effect = Reply | CheckToken | Join | Leave | AnswerPing | Redeem | TakeBack | TakeIn | PassOn | NoteAlive


@dataclass(slots=True)
class Session:
    """Who is connected, and what it follows."""

    principal: Principal = field(default_factory=Anonymous)
    followed: set[Topic] = field(default_factory=set)

    def receive(self, message: p.ClientMessage) -> list[Effect]:
        """What to do about a client message."""
        match message:
            case p.Ping(ref=ref, at=at):
                return [AnswerPing(ref=ref, at=at), *self._alive()]
            case p.Authenticate(ref=ref, token=token):
                return [CheckToken(ref=ref, token=token)]
            case p.Subscribe():
                return self._subscribe(message)
            case p.Unsubscribe(ref=ref, topic=name):
                return self._unsubscribe(ref, name)
            case p.ScanTicket() | p.UndoScan() | p.Drain() | p.Signal() | p.Heartbeat():
                if isinstance(self.principal, DoorDevice):
                    return [_at_the_door(self.principal, message)]
                return [refused(message.ref, p.ErrorCode.NOT_A_DEVICE)]
            case _:
                assert_never(message)

    def token_checked(self, ref: int, device: DoorDevice | None) -> list[Effect]:
        """The token was looked up: None means that it is nobody's."""
        if device is None:
            return [refused(ref, p.ErrorCode.TOKEN_INVALID)]
        self.principal = device
        identity = p.DeviceIdentity(id=str(device.device_id), name=device.name, event=str(device.event_id))
        return [Reply(message=p.Authenticated(ref=ref, device=identity))]

    def _alive(self) -> list[Effect]:
        if isinstance(self.principal, DoorDevice):
            return [NoteAlive(device=self.principal, vitals=None)]
        return []

    def _subscribe(self, message: p.Subscribe) -> list[Effect]:
        topic = topics.parse(message.topic)
        if topic is None:
            return [refused(message.ref, p.ErrorCode.TOPIC_UNKNOWN)]
        if len(self.followed) >= MAX_TOPICS and topic not in self.followed:
            return [refused(message.ref, p.ErrorCode.TOO_MANY_TOPICS)]
        since = None
        if message.since is not None and message.epoch is not None:
            since = Since(seq=message.since, epoch=message.epoch)
        # Following a topic again starts it anew: this is how a client asks for what it finds missing.
        again: list[Effect] = [Leave(topic=topic)] if topic in self.followed else []
        self.followed.add(topic)
        return [*again, Join(ref=message.ref, principal=self.principal, topic=topic, since=since)]

    def _unsubscribe(self, ref: int, name: str) -> list[Effect]:
        topic = topics.parse(name)
        if topic is None or topic not in self.followed:
            return [refused(ref, p.ErrorCode.NOT_SUBSCRIBED)]
        self.followed.discard(topic)
        return [Leave(topic=topic), Reply(message=p.Left(ref=ref, topic=name))]

    def right_lost(self, topic: Topic) -> list[Effect]:
        """The right to follow a topic has ended; everything else goes on."""
        if topic not in self.followed:
            return []
        self.followed.discard(topic)
        closed = p.TopicClosed(topic=topic.name, code=p.ErrorCode.TOPIC_FORBIDDEN)
        return [Leave(topic=topic), Reply(message=closed)]

    def join_refused(self, join: Join, code: p.ErrorCode) -> list[Effect]:
        """The topic may not, or cannot, be followed."""
        self.followed.discard(join.topic)
        return [refused(join.ref, code)]


def _at_the_door(
    device: DoorDevice, message: p.ScanTicket | p.UndoScan | p.Drain | p.Signal | p.Heartbeat
) -> Effect:
    match message:
        case p.ScanTicket(ref=ref, scan=scan):
            return Redeem(ref=ref, device=device, scan=scan)
        case p.UndoScan(ref=ref, undo=undo):
            return TakeBack(ref=ref, device=device, undo=undo)
        case p.Drain():
            return TakeIn(device=device, drain=message)
        case p.Signal():
            return PassOn(device=device, signal=message)
        case p.Heartbeat():
            return NoteAlive(device=device, vitals=presence.vitals_of(message))


def refused(ref: int | None, code: p.ErrorCode) -> Reply:
    """A message that changed nothing."""
    return Reply(message=p.RequestRefused(ref=ref, code=code))
