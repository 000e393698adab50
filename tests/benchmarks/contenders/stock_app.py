"""Channels as its tutorial has it: a JSON consumer, a group, `group_send`. Any path but the publisher's receives."""

from __future__ import annotations

from typing import Any

import django

django.setup()

from channels.db import database_sync_to_async  # noqa: E402  # Django must be ready before its models are
from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402

from tests.benchmarks.blocking import block  # noqa: E402

GROUP = "fans"


class Fan(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """One socket."""

    async def connect(self) -> None:
        if not self.scope["path"].startswith("/bench/"):
            await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:  # noqa: ARG002  # channels' own signature
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def receive_json(self, content: Any, **_kwargs: object) -> None:
        if self.scope["path"] == "/bench/block":
            await database_sync_to_async(block)()
            return
        await self.channel_layer.group_send(GROUP, {"type": "tick", "content": content})

    async def tick(self, message: dict[str, Any]) -> None:
        """A group's message, told to this socket."""
        await self.send_json(message["content"])


application = ProtocolTypeRouter({"websocket": Fan.as_asgi()})
