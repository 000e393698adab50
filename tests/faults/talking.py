"""How a reader talks to the gateway, with no rule that would hide a fault of the server; and a websocket by hand."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections import Counter
from collections.abc import Sequence
from functools import cache

import msgspec

from realtime import protocol as p
from tests.faults.records import Record, Ticket

ORIGIN = "http://127.0.0.1:8000"
PING_EVERY_S = 1.5
SILENCE_S = 3.0
"""A connection that says nothing for so long is left."""
CONNECT_S = 8.0
AGAIN_S = 1.5
"""A topic that is unavailable is asked for again after this."""
_FIRST_FINAL_CODE = 4500


class _Told(msgspec.Struct, tag_field="t"):
    """Whatever the server says; unknown fields are passed over."""


class _Welcome(_Told, tag="welcome"):
    pass


class _Authenticated(_Told, tag="authenticated"):
    pass


class _Joined(_Told, tag="joined"):
    ref: int
    seq: int
    epoch: str
    resumed: bool


class _Snapshot(_Told, tag="snapshot"):
    seq: int
    epoch: str


class _Fact(_Told, tag="fact"):
    seq: int
    fact: msgspec.Raw


class _Pong(_Told, tag="pong"):
    seqs: dict[str, int]


class _Presence(_Told, tag="presence"):
    pass


class _GoingAway(_Told, tag="going_away"):
    after_ms: int


class _Refused(_Told, tag="request_refused"):
    ref: int | None
    code: str


class _Closed(_Told, tag="topic_closed"):
    code: str


_read = msgspec.json.Decoder(
    _Welcome
    | _Authenticated
    | _Joined
    | _Snapshot
    | _Fact
    | _Pong
    | _Presence
    | _GoingAway
    | _Refused
    | _Closed
)


class Lost(Exception):
    """This connection is of no more use."""


class Talk:
    """One connection's conversation, without I/O: what is heard goes in, what is to be said comes out."""

    def __init__(self, ticket: Ticket, record: Record, counts: Counter[str]) -> None:
        self._ticket = ticket
        self._record = record
        self._counts = counts
        self._ref = 0
        self._is_ready = False
        self._ask_again_at = float("inf")
        self._began_at = self._heard_at = self._pinged_at = time.monotonic()
        record.connecting()

    def hear(self, text: bytes | str) -> list[p.ClientMessage]:
        """What to answer. Raises Lost."""
        self._heard_at = time.monotonic()
        match _read.decode(text):
            case _Fact(seq=seq, fact=fact):
                self._record.fact(seq=seq, fact=bytes(fact))
            case _Joined(seq=seq, epoch=epoch, resumed=resumed):
                self._is_ready = True
                self._record.joined(seq=seq, epoch=epoch, resumed=resumed)
            case _Snapshot(seq=seq, epoch=epoch):
                self._record.snapshot(seq=seq, epoch=epoch)
            case _Welcome():
                return self._authenticate() if self._ticket.token else [self._subscribe()]
            case _Authenticated():
                return [self._subscribe()]
            case _Refused(code="unavailable"):
                self._counts["unavailable"] += 1
                self._ask_again_at = time.monotonic() + AGAIN_S
            case _Refused(code=code) | _Closed(code=code):
                self._record.faults.append(f"{self._record.name}: refused, {code}")
                raise Lost
            case _GoingAway():
                self._counts["going away"] += 1
        return []

    def tick(self) -> list[p.ClientMessage]:
        """To be called a few times a second. Raises Lost when nobody seems to be there."""
        now = time.monotonic()
        if now - self._heard_at > (SILENCE_S if self._is_ready else CONNECT_S):
            self._counts["given up"] += 1
            raise Lost
        if now > self._ask_again_at:
            self._ask_again_at = float("inf")
            if not self._is_ready:
                return [self._subscribe()]
        if self._is_ready and now - self._pinged_at > PING_EVERY_S:
            self._pinged_at = now
            return [p.Ping(ref=self._next(), at=round(time.time() * 1000))]
        return []

    def closed(self, code: int | None) -> None:
        """The server has closed, with this code if it said one."""
        self._counts[f"closed {code}"] += 1
        if code is not None and code >= _FIRST_FINAL_CODE:
            self._record.faults.append(f"{self._record.name}: closed with {code}")

    def _authenticate(self) -> list[p.ClientMessage]:
        return [p.Authenticate(ref=self._next(), token=self._ticket.token)]

    def _subscribe(self) -> p.Subscribe:
        record = self._record
        if record.last is None:
            return p.Subscribe(ref=self._next(), topic=record.topic)
        return p.Subscribe(ref=self._next(), topic=record.topic, since=record.last, epoch=record.epoch)

    def _next(self) -> int:
        self._ref += 1
        return self._ref


# --- a websocket by hand -------------------------------------------------------------------------------------------


class Wire(asyncio.Protocol):
    """Frames by hand on asyncio's own transport, as fast as Python reads them."""

    def __init__(self, talk: Talk, *, port: int, cookie: str) -> None:
        self.talk = talk
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = _request(port, cookie)
        self._unread = b""
        self._has_shaken_hands = False
        self._code: int | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        try:
            if self._has_shaken_hands or self._shake_hands():
                self._read_frames()
        except Lost:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's own signature
        self.talk.closed(self._code)
        if not self.ended.done():
            self.ended.set_result(None)

    def tick(self) -> None:
        try:
            self._say(self.talk.tick())
        except Lost:
            self.abort()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _shake_hands(self) -> bool:
        head, end, rest = self._unread.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 101 "):
            raise Lost
        self._unread, self._has_shaken_hands = rest, True
        return True

    def _read_frames(self) -> None:
        data, at = self._unread, 0
        while len(data) - at >= 2:
            size, begin = data[at + 1], at + 2
            if size >= 126:
                width = 2 if size == 126 else 8
                size, begin = int.from_bytes(data[begin : begin + width], "big"), begin + width
            if len(data) < begin + size:
                break
            self._take(data[at], data[begin : begin + size])
            at = begin + size
        self._unread = data[at:]

    def _take(self, first: int, payload: bytes) -> None:
        match first:
            case 0x81:
                self._say(self.talk.hear(payload))
            case 0x88:
                self._code = int.from_bytes(payload[:2], "big") if payload else None
                raise Lost
            case 0x89:
                self._write(0x8A, payload)
            case _:
                raise AssertionError(f"a frame that begins with {first:#x}")

    def _say(self, messages: Sequence[p.ClientMessage]) -> None:
        for message in messages:
            self._write(0x81, msgspec.json.encode(message))

    def _write(self, first: int, payload: bytes) -> None:
        """Masked with zeros, which change nothing."""
        size = len(payload)
        sizes = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(bytes([first]) + sizes + bytes(4) + payload)


@cache
def _request(port: int, cookie: str) -> bytes:
    lines = (
        "GET /ws HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        f"Sec-WebSocket-Protocol: {p.SUBPROTOCOL}",
        f"Origin: {ORIGIN}",
        *([f"Cookie: {cookie}"] if cookie else []),
    )
    return "\r\n".join((*lines, "", "")).encode()
