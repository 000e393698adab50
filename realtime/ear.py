"""The ear: this process's one channel on the layer, in the groups of the shows that it follows.

Nothing waits for it for long: a layer that is away, silent or restarted costs a process its ear and nothing else (the
hub's poll finds what was called out meanwhile). One task alone changes the subscriptions, so that they end up as they
are wanted, in whatever order shows come and go and however often the layer fails.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer

from realtime import doorbell
from realtime.telemetry import telemetry

_LOGGER = logging.getLogger(__name__)
ANSWER_S = 2.0
"""How long the layer may take for one subscription."""
JOIN_S = 0.25
"""How long a show's first reader waits for it."""
AGAIN_S = 1.0
Call = Mapping[str, Any]
"""A message of the layer's, as `spoken` or the doorbell made it."""
Handler = Callable[[Call], None]


class Ear:
    """Subscriptions to groups, and a task that hands what they bring to whoever listens."""

    def __init__(self) -> None:
        self._layer = get_channel_layer()
        self._channel: str | None = None
        self._wanted: dict[str, Handler] = {}
        self._added: set[str] = set()
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._is_deaf = False
        self._is_away = False
        self.heard = 0
        """Calls so far."""

    def listen(self, group: str, handler: Handler) -> None:
        """Have what is called out to a group handed to `handler`, as soon as the layer lets us."""
        self._wanted[group] = handler
        self._wake()

    async def follow(self, group: str, handler: Handler) -> None:
        """Listen, and wait until it is so; but not for long: a layer that does not answer is asked on."""
        self.listen(group, handler)
        try:
            async with asyncio.timeout(JOIN_S):
                while group in self._wanted and group not in self._added:
                    await self._settled.wait()
                    self._settled.clear()
        except TimeoutError:
            _LOGGER.warning("the layer does not answer; %s is followed by the poll until it does", group)

    def unfollow(self, group: str) -> None:
        """Listen to a group no more."""
        self._wanted.pop(group, None)
        self._wake()

    def start_over(self) -> None:
        """Nothing is heard that should be: let go of the layer's connections, and subscribe anew."""
        self._is_deaf = True
        self._wake()

    async def close(self) -> None:
        """Stop listening."""
        tasks = [task for task in (self._keeping, self._hearing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _wake(self) -> None:
        if self._keeping is None:
            loop = asyncio.get_running_loop()
            doorbell.heard_in(loop, self.hear)
            self._keeping = loop.create_task(self._keep())
        self._changed.set()

    async def _keep(self) -> None:
        """Make the subscriptions what they should be, again and again."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._change()
            except Exception as error:  # noqa: BLE001  # whatever a layer that is away may raise
                self._failed(error)
                self._changed.set()
                await asyncio.sleep(AGAIN_S)
            else:
                self._is_away = False

    async def _change(self) -> None:
        if self._is_deaf:
            await self._let_go()
        if self._channel is None:
            async with asyncio.timeout(ANSWER_S):
                self._channel = await self._layer.new_channel("hub.")
            self._hearing = asyncio.get_running_loop().create_task(self._hear(self._channel))
        while missing := self._wanted.keys() - self._added:
            group = missing.pop()
            async with asyncio.timeout(ANSWER_S):
                await self._layer.group_add(group, self._channel)
            self._added.add(group)
            self._settled.set()
        while surplus := self._added - self._wanted.keys():
            group = surplus.pop()
            self._added.discard(group)
            async with asyncio.timeout(ANSWER_S):
                await self._layer.group_discard(group, self._channel)

    async def _let_go(self) -> None:
        _LOGGER.warning("nothing is heard of the layer; subscribing anew")
        telemetry.layer_failures += 1
        self._is_deaf = False
        if self._hearing is not None:
            self._hearing.cancel()
        self._channel, self._hearing = None, None
        self._added.clear()
        async with asyncio.timeout(ANSWER_S):
            await self._layer.flush()

    async def _hear(self, channel: str) -> None:
        while True:
            try:
                call = await self._layer.receive(channel)
            except Exception as error:  # noqa: BLE001  # the same
                self._failed(error)
                await asyncio.sleep(AGAIN_S)
                continue
            self.heard += 1
            self.hear(call)

    def _failed(self, error: Exception) -> None:
        telemetry.layer_failures += 1
        if not self._is_away:
            _LOGGER.warning("the layer is away; the poll goes on, and it is asked again: %r", error)
        self._is_away = True

    def hear(self, call: Call) -> None:
        """Hand one call to whoever listens. The process's own calls come here directly, and by the layer once more."""
        try:
            self._hand_on(call)
        except Exception:
            _LOGGER.exception("a call could not be understood")

    def _hand_on(self, call: Call) -> None:
        group = call.get("group") or doorbell.group_of(UUID(call["event_id"]))
        if handler := self._wanted.get(group):
            handler(call)


def spoken(group: str, **told: str) -> dict[str, Any]:
    """A message for a group, by which the ear knows whose it is. Its `type` is fixed: no text from outside ever picks
    a handler."""
    return {"type": "ear.call", "group": group, **told}


_ears: WeakKeyDictionary[asyncio.AbstractEventLoop, Ear] = WeakKeyDictionary()


def ear() -> Ear:
    """The running loop's ear."""
    loop = asyncio.get_running_loop()
    if loop not in _ears:
        _ears[loop] = Ear()
    return _ears[loop]
