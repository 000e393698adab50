"""A websocket client of `ngn.v1` for the tests, on the independent library `websockets`: push, expect, nothing more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from realtime import protocol

PATIENCE_S = 10.0


class GatewayClient:
    """One socket. Messages that nobody has asked for yet wait in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.waiting: list[dict[str, Any]] = []
        self._refs = count(1)

    async def push(self, kind: str, **fields: Any) -> int:
        """Send a message; its `ref`."""
        ref = next(self._refs)
        await self.socket.send(json.dumps({"t": kind, "ref": ref, **fields}))
        return ref

    async def expect(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next message of this kind with these fields; others wait. Fails when none comes."""

        def fits(message: dict[str, Any]) -> bool:
            return message["t"] == kind and all(message[name] == value for name, value in fields.items())

        for i, earlier in enumerate(self.waiting):
            if fits(earlier):
                return self.waiting.pop(i)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                if fits(message):
                    return message
                self.waiting.append(message)

    async def ask(self, kind: str, answer: str, **fields: Any) -> dict[str, Any]:
        """Send a message and wait for its reply, or for its refusal."""
        ref = await self.push(kind, **fields)
        return await self.expect(answer, ref=ref)

    async def close_code(self) -> int | None:
        """Wait for the server to close; its code."""
        async with asyncio.timeout(PATIENCE_S):
            await self.socket.wait_closed()
        return self.socket.close_code


@asynccontextmanager
async def connected(
    url: str, *, origin: str = "http://127.0.0.1:8000", cookie: str = "", token: str = ""
) -> AsyncIterator[GatewayClient]:
    """A welcomed socket; with a token, one that speaks as a device."""
    headers = {"Cookie": cookie} if cookie else {}
    options: dict[str, Any] = {"origin": origin, "additional_headers": headers, "max_size": None}
    async with websockets.connect(url, subprotocols=[protocol.SUBPROTOCOL], **options) as socket:  # type: ignore[list-item]
        client = GatewayClient(socket)
        await client.expect("welcome", version=protocol.PROTOCOL_VERSION)
        if token:
            await client.ask("authenticate", "authenticated", token=token)
        yield client
