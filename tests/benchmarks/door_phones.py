"""The phones of the bench `door`: bare sockets that cost next to nothing, since they share the machine with the server.

A frame is only looked through for what it is waited for; nothing is parsed.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import struct
import time
from collections.abc import Callable
from uuid import UUID

import msgspec

from realtime import protocol as p

_KEPT = 200
"""Bytes that what is waited for may be spread over, from one read to the next."""
VERDICT, DRAINED = b'"t":"verdict"', b'"t":"drained"'


class Phone(asyncio.Protocol):
    """One socket that speaks as a device and follows its door."""

    def __init__(self, look: Callable[[bytes], None]) -> None:
        self.look = look
        self._wanted = b"\r\n\r\n"
        self._seen = b""
        self._found: asyncio.Future[None] | None = None
        self._gone = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.look(data)
        seen = self._seen + data
        # Looked through whole, then cut: a snapshot names itself at its beginning, and a read may be longer than that.
        self._seen = seen[-_KEPT:]
        if self._found is not None and self._wanted in seen:
            self._seen = b""
            found, self._found = self._found, None
            found.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's own signature
        if self._found is None:
            self._gone = True
        elif not self._found.done():
            self._found.set_exception(ConnectionError(f"the server closed: {self._seen[-200:]!r}"))

    async def until(self, wanted: bytes) -> None:
        """Wait until this is seen after now."""
        if self._gone:
            raise ConnectionError(f"the server has closed: {self._seen[-200:]!r}")
        self._seen, self._wanted = b"", wanted
        self._found = asyncio.get_running_loop().create_future()
        await self._found

    def send(self, message: p.ClientMessage) -> None:
        """One masked text frame, with a mask that changes nothing."""
        text = msgspec.json.encode(message)
        head = b"\x81" + (
            struct.pack("!B", 0x80 | len(text))
            if len(text) < 126
            else struct.pack("!BH", 0xFE, len(text))
            if len(text) < 65_536
            else struct.pack("!BQ", 0xFF, len(text))
        )
        self.transport.write(head + bytes(4) + text)

    async def ask(self, message: p.ClientMessage, answer: bytes) -> float:
        """Send, wait for the answer; the seconds between."""
        began = time.perf_counter()
        waiting = asyncio.ensure_future(self.until(answer))
        await asyncio.sleep(0)
        self.send(message)
        await waiting
        return time.perf_counter() - began


async def phone(port: int, *, token: str, event: UUID, look: Callable[[bytes], None]) -> Phone:
    """A phone at its door."""
    loop = asyncio.get_running_loop()
    _, one = await loop.create_connection(lambda: Phone(look), "127.0.0.1", port)
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    waiting = asyncio.ensure_future(one.until(b'"t":"welcome"'))
    await asyncio.sleep(0)
    one.transport.write(
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1:8000\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {p.SUBPROTOCOL}\r\n\r\n".encode()
    )
    await waiting
    await one.ask(p.Authenticate(ref=1, token=token), b'"t":"authenticated"')
    await one.ask(p.Subscribe(ref=2, topic=f"door:{event}"), b'"t":"snapshot"')
    return one
