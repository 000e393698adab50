"""An application that takes a second for each message: whatever comes faster has to wait, or to go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from config.asgi import application as product

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The product for HTTP; for sockets, somebody slow."""
    if scope["type"] != "websocket":
        await product(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "ngn.v1"})
    message = await receive()
    while message["type"] != "websocket.disconnect":
        await asyncio.sleep(1)
        message = await receive()
