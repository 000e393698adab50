"""The Channels consumer: decodes, asks the session, performs each effect. No logic and no ORM here."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any, assert_never
from uuid import uuid4

import msgspec
from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from realtime import protocol as p
from realtime import session as s
from realtime import topics
from realtime.feed import Reader
from realtime.hub import NoSuchShow, hub
from realtime.outbox import Outbox, Overflowed
from realtime.reads import in_thread
from realtime.revocation import watch
from realtime.topics import DoorDevice, Member, Topic
from ticketing import door, pairing
from ticketing.clock import millis, utc_now

_LOGGER = logging.getLogger(__name__)


class GatewayConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """One socket of `ngn.v1`."""

    # The hub is this process's only subscriber: a socket needs no channel, queue or task of the layer's.
    channel_layer_alias = "none"

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Channels hops to a thread here to close database connections; nothing in this consumer has any."""
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        """Accept whoever speaks our protocol; tell the others why not."""
        if p.SUBPROTOCOL not in self.scope["subprotocols"]:
            await self.accept()
            await self.shut(p.CloseCode.UNSUPPORTED_VERSION)
            return
        self.session = s.Session()
        if (user := self.scope["user"]).is_authenticated:
            self.session.principal = Member(user_id=user.pk)
        self.waiting = asyncio.Event()
        self.outbox = Outbox(wake=self.waiting.set)
        self.readers: dict[Topic, Reader] = {}
        await self.accept(p.SUBPROTOCOL)
        self.writer = asyncio.get_running_loop().create_task(self._write())
        self._send(
            p.Welcome(version=p.PROTOCOL_VERSION, connection=str(uuid4()), server_time=millis(utc_now()))
        )

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
        if not hasattr(self, "writer"):
            raise StopConsumer
        self.writer.cancel()
        with suppress(asyncio.CancelledError):
            await self.writer
        self._unwatch()
        for reader in self.readers.values():
            await hub().leave(reader)
        raise StopConsumer

    async def _perform(self, effects: list[s.Effect]) -> None:
        for effect in effects:
            match effect:
                case s.Reply(message=message):
                    self._send(message)
                case s.AnswerPing(ref=ref, at=at):
                    seqs = {topic.name: hub().seq_of(reader) for topic, reader in self.readers.items()}
                    self._send(p.Pong(ref=ref, at=at, server_time=millis(utc_now()), seqs=seqs))
                case s.CheckToken(ref=ref, token=token):
                    await self._authenticate(ref, token)
                case s.Join():
                    await self._join(effect)
                case s.Leave(topic=topic):
                    await self._leave(topic)
                case s.Redeem():
                    await self._redeem(effect)
                case _:
                    assert_never(effect)

    async def _authenticate(self, ref: int, token: str) -> None:
        device = await in_thread(_device_of, token)
        if device is not None:
            self._unwatch()
            watch().add(device.device_id, self._shut_out)
        await self._perform(self.session.token_checked(ref, device))

    def _unwatch(self) -> None:
        if isinstance(self.session.principal, DoorDevice):
            watch().remove(self.session.principal.device_id, self._shut_out)

    def _shut_out(self) -> None:
        """The device was revoked while it was connected."""
        loop = asyncio.get_running_loop()
        self.cutting = loop.create_task(self.shut(p.CloseCode.NOT_AUTHORISED_ANY_MORE))

    async def _join(self, join: s.Join) -> None:
        if not await in_thread(topics.may_join, join.principal, join.topic):
            await self._perform(self.session.join_refused(join, p.ErrorCode.TOPIC_FORBIDDEN))
            return
        reader = Reader(topic=join.topic, outbox=self.outbox, overflowed=self._cut)
        self.readers[join.topic] = reader
        try:
            await hub().join(reader, ref=join.ref, since=join.since)
        except NoSuchShow:
            del self.readers[join.topic]
            await self._perform(self.session.join_refused(join, p.ErrorCode.TOPIC_FORBIDDEN))
        except Exception:
            _LOGGER.exception("joining %s failed", join.topic.name)
            del self.readers[join.topic]
            await self._perform(self.session.join_refused(join, p.ErrorCode.UNAVAILABLE))

    async def _leave(self, topic: Topic) -> None:
        if reader := self.readers.pop(topic, None):
            self.outbox.drop_state(topic.name)
            await hub().leave(reader)

    async def _redeem(self, redeem: s.Redeem) -> None:
        try:
            outcome = await in_thread(
                door.record, device_id=redeem.device.device_id, scan=redeem.scan, now=utc_now()
            )
        except Exception:
            # The scan stays in the phone's journal, which asks again: nothing is lost by saying so.
            _LOGGER.exception("scan %s failed", redeem.scan.scan_id)
            self._send(p.RequestRefused(ref=redeem.ref, code=p.ErrorCode.UNAVAILABLE))
            return
        match outcome:
            case door.Recorded(verdict=verdict, acknowledged=kind):
                scan_id = redeem.scan.scan_id
                self._send(
                    p.VerdictGiven(ref=redeem.ref, scan_id=scan_id, acknowledged=kind, verdict=verdict)
                )
            case door.ScanRefusal.SCAN_ID_TAKEN:
                self._send(p.RequestRefused(ref=redeem.ref, code=p.ErrorCode.SCAN_ID_TAKEN))
            case door.ScanRefusal.DEVICE_REVOKED:
                await self.shut(p.CloseCode.NOT_AUTHORISED_ANY_MORE)
            case _:
                assert_never(outcome)

    async def shut(self, code: p.CloseCode) -> None:
        """Close with a code of ours. A plain int: autobahn takes no enum."""
        await self.close(int(code))

    def _send(self, message: p.ServerMessage) -> None:
        try:
            self.outbox.put(p.encode(message))
        except Overflowed:
            self._cut()

    def _cut(self) -> None:
        """This reader cannot keep up, or must start again: it reconnects and resumes."""
        self.cutting = asyncio.get_running_loop().create_task(self.shut(p.CloseCode.SLOW_READER))

    async def _write(self) -> None:
        while True:
            await self.waiting.wait()
            self.waiting.clear()
            while (text := self.outbox.take()) is not None:
                await self.send(text_data=text)


def _device_of(token: str) -> DoorDevice | None:
    device = pairing.device_of(token)
    if device is None:
        return None
    return DoorDevice(device_id=device.pk, event_id=device.event_id, name=device.name)
