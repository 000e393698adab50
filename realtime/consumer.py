"""The Channels consumer: decodes, asks the session, performs each effect. No logic and no ORM here."""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter
from typing import Any, assert_never
from uuid import uuid4

import msgspec
from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import HASH_SESSION_KEY

from realtime import judging, versions
from realtime import protocol as p
from realtime import session as s
from realtime.attendance import attendance
from realtime.desk import desk
from realtime.frames import frame
from realtime.hub import NoSuchShow, hub
from realtime.line import Line, Send
from realtime.reads import in_thread
from realtime.revocation import Holdings
from realtime.server.trust import trust
from realtime.signals import signals
from realtime.telemetry import telemetry
from realtime.topics import DoorDevice, Member, Topic
from realtime.wire import Receive, Scope, line_of
from ticketing import door, undoing
from ticketing.clock import millis, utc_now

_LOGGER = logging.getLogger(__name__)


class GatewayConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """One socket of `ngn.v1`."""

    # The hub is this process's only subscriber: a socket needs no channel, queue or task of the layer's.
    channel_layer_alias = "none"

    line: Line | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One message after the other. Channels would wait for the layer beside, with two tasks for each message."""
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Channels hops to a thread here to close database connections; nothing in this consumer has any."""
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        """Accept whoever speaks our protocol; tell the others why not."""
        version = versions.agreed(self.scope["subprotocols"])
        if version is None:
            await self.accept()
            await self.shut(p.CloseCode.UNSUPPORTED_VERSION)
            return
        self.version = version
        self.session = s.Session()
        self.rights = Holdings(shut_out=self._shut_out, close=self._right_lost)
        if (user := self.scope["user"]).is_authenticated:
            session = self.scope["session"]
            self.session.principal = Member(user.pk, session.session_key, session[HASH_SESSION_KEY])
            self.rights.speak_for(self.session.principal)
        await self.accept(version.subprotocol)
        self.line = line_of(self.scope, self.base_send, slow=self._cut)
        telemetry.sockets += 1
        self._send(p.Welcome(version=version.number, connection=str(uuid4()), server_time=millis(utc_now())))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002  # channels' own signature
        """Decode one message and do what the session says. What cannot be read is refused, and named."""
        if text_data is None or len(text_data) > p.MAX_CLIENT_MESSAGE_BYTES:
            await self.shut(p.CloseCode.MALFORMED_MESSAGE)
            return
        try:
            message = p.decode_client(text_data)
        except (msgspec.DecodeError, UnicodeError):
            await self._perform([s.refused(None, p.ErrorCode.MALFORMED)])
            return
        await self._perform(self.session.receive(message))

    async def disconnect(self, code: int) -> None:  # noqa: ARG002  # channels' own signature
        """Leave every topic."""
        if self.line is None:
            raise StopConsumer
        telemetry.sockets -= 1
        self.line.close()
        self.rights.end()
        for topic in self.session.followed:
            attendance().leave(topic, encode=self.version.encode, tell=self._tell_presence)
            hub().leave(self.line, topic)
        if isinstance(self.session.principal, DoorDevice):
            attendance().depart(self.session.principal)
            signals().depart(self.session.principal, self._send)
        raise StopConsumer

    async def _perform(self, effects: list[s.Effect]) -> None:
        for effect in effects:
            match effect:
                case s.Reply(message=message):
                    self._send(message)
                case s.AnswerPing(ref=ref, at=at):
                    seqs = {topic.name: hub().seq_of(topic) for topic in self.session.followed}
                    self._send(p.Pong(ref=ref, at=at, server_time=millis(utc_now()), seqs=seqs))
                case s.NoteAlive(device=device, vitals=vitals):
                    attendance().alive(device, vitals)
                case s.CheckToken(ref=ref, token=token):
                    await self._authenticate(ref, token)
                case s.Join():
                    await self._join(effect)
                case s.Leave(topic=topic):
                    self._leave(topic)
                case s.Redeem():
                    await self._redeem(effect)
                case s.TakeBack():
                    await self._take_back(effect)
                case s.TakeIn(device=device, drain=drain):
                    await self._take_in(device, drain)
                case s.PassOn(device=device, signal=signal):
                    self._pass_on(device, signal)
                case _:
                    assert_never(effect)

    async def _authenticate(self, ref: int, token: str) -> None:
        device = await desk().device_of(token)
        if device is not None:
            trust(self.scope)
            self.rights.speak_for(device)
            attendance().arrive(device)
            signals().arrive(device, self._send)
            if isinstance(before := self.session.principal, DoorDevice):
                attendance().depart(before)
                if before != device:
                    signals().depart(before, self._send)
        await self._perform(self.session.token_checked(ref, device))

    def _right_lost(self, topic: Topic) -> None:
        """A topic may not be followed any more; the connection goes on."""
        effects = self.session.right_lost(topic)
        self.closing = asyncio.get_running_loop().create_task(self._perform(effects))

    def _shut_out(self) -> None:
        """The device was revoked, or the person's session ended, while it was connected."""
        loop = asyncio.get_running_loop()
        self.cutting = loop.create_task(self.shut(p.CloseCode.NOT_AUTHORISED_ANY_MORE))

    async def _join(self, join: s.Join) -> None:
        assert self.line is not None
        try:
            if not await desk().may_join(join.principal, join.topic):
                await self._not_joined(join, p.ErrorCode.TOPIC_FORBIDDEN)
                return
            self.rights.follow(join.principal, join.topic)
            await hub().join(
                self.line, join.topic, ref=join.ref, since=join.since, encode=self.version.encode
            )
        except NoSuchShow:
            await self._not_joined(join, p.ErrorCode.TOPIC_FORBIDDEN)
        except Exception:
            _LOGGER.exception("joining %s failed", join.topic.name)
            await self._not_joined(join, p.ErrorCode.UNAVAILABLE)
        else:
            if join.topic not in self.session.followed:
                self._leave(join.topic)  # the right to it ended meanwhile
            elif join.topic.audience.reads_facts:
                attendance().follow(join.topic, encode=self.version.encode, tell=self._tell_presence)

    async def _not_joined(self, join: s.Join, code: p.ErrorCode) -> None:
        self.rights.leave(join.topic)
        await self._perform(self.session.join_refused(join, code))

    def _leave(self, topic: Topic) -> None:
        assert self.line is not None
        self.rights.leave(topic)
        attendance().leave(topic, encode=self.version.encode, tell=self._tell_presence)
        self.line.outbox.drop_state(_presence_key(topic))
        hub().leave(self.line, topic)

    def _tell_presence(self, topic: Topic, frames: bytes) -> None:
        if frames and self.line is not None:
            self.line.show(_presence_key(topic), frames)

    async def _redeem(self, redeem: s.Redeem) -> None:
        began = perf_counter()
        try:
            outcome = await judging.judges().judge(redeem.device, redeem.scan)
        except Exception:
            # The scan stays in the phone's journal, which asks again: nothing is lost by saying so.
            _LOGGER.exception("scan %s failed", redeem.scan.scan_id)
            self._send(p.RequestRefused(ref=redeem.ref, code=p.ErrorCode.UNAVAILABLE))
            return
        telemetry.answered_scan(perf_counter() - began)
        match outcome:
            case door.Recorded(verdict=verdict, acknowledged=kind):
                scan_id = redeem.scan.scan_id
                self._send(
                    p.VerdictGiven(ref=redeem.ref, scan_id=scan_id, acknowledged=kind, verdict=verdict)
                )
            case door.ScanRefusal():
                await self._scan_refused(redeem.ref, outcome)
            case _:
                assert_never(outcome)

    async def _take_back(self, asked: s.TakeBack) -> None:
        fact = asked.undo
        try:
            outcome = await in_thread(door.undo, device_id=asked.device.device_id, fact=fact, now=utc_now())
        except Exception:
            # It stays in the phone's journal, like a scan.
            _LOGGER.exception("undo %s failed", fact.undo_id)
            self._send(p.RequestRefused(ref=asked.ref, code=p.ErrorCode.UNAVAILABLE))
            return
        match outcome:
            case undoing.UndoRecorded(refusal=refusal):
                answer = p.UndoAnswered(
                    ref=asked.ref, undo_id=fact.undo_id, scan_id=fact.scan_id, refusal=refusal
                )
                self._send(answer)
            case door.ScanRefusal():
                await self._scan_refused(asked.ref, outcome)
            case _:
                assert_never(outcome)

    async def _take_in(self, device: DoorDevice, drain: p.Drain) -> None:
        try:
            answer = await in_thread(judging.drained, device_id=device.device_id, drain=drain, now=utc_now())
        except Exception:
            # It all stays in the phone's journal.
            _LOGGER.exception("a drain of %s scans failed", len(drain.scans))
            self._send(p.RequestRefused(ref=drain.ref, code=p.ErrorCode.UNAVAILABLE))
            return
        self._send(answer)

    def _pass_on(self, device: DoorDevice, signal: p.Signal) -> None:
        knows = attendance().knows(device.event_id, signal.to)
        if knows is None:
            self._send(p.RequestRefused(ref=signal.ref, code=p.ErrorCode.NOT_SUBSCRIBED))
        elif not knows:
            self._send(p.RequestRefused(ref=signal.ref, code=p.ErrorCode.DEVICE_UNKNOWN))
        else:
            signals().pass_on(device, to=signal.to, data=signal.data)

    async def _scan_refused(self, ref: int, refusal: door.ScanRefusal) -> None:
        match refusal:
            case door.ScanRefusal.SCAN_ID_TAKEN:
                self._send(p.RequestRefused(ref=ref, code=p.ErrorCode.SCAN_ID_TAKEN))
            case door.ScanRefusal.SCAN_UNKNOWN:
                self._send(p.RequestRefused(ref=ref, code=p.ErrorCode.SCAN_UNKNOWN))
            case door.ScanRefusal.DEVICE_REVOKED:
                await self.shut(p.CloseCode.NOT_AUTHORISED_ANY_MORE)
            case _:
                assert_never(refusal)

    async def shut(self, code: p.CloseCode) -> None:
        """Close with a code of ours. A plain int: autobahn takes no enum."""
        await self.close(int(code))

    def _send(self, message: p.ServerMessage) -> None:
        assert self.line is not None
        telemetry.messages_refused += isinstance(message, p.RequestRefused)
        self.line.put(frame(self.version.encode(message)))

    def _cut(self) -> None:
        """This reader cannot keep up, or must start again: it reconnects and resumes."""
        self.cutting = asyncio.get_running_loop().create_task(self.shut(p.CloseCode.SLOW_READER))


def _presence_key(topic: Topic) -> str:
    return f"presence {topic.name}"
