"""A channel layer that loses announcements on purpose, says some of them twice and some too late.

`NGN_LOST` is the share that it loses. `tests.faults.lossy_settings` puts it before the product's own layer.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

from django.utils.module_loading import import_string

DOUBLED, LATE = 0.2, 0.3
LONGEST_DELAY_S = 0.5


class LossyLayer:
    """Another layer, but for what it does to what is sent to a group."""

    def __init__(self, *, backend: str, lost: float, config: dict[str, Any]) -> None:
        self._layer = import_string(backend)(**config)
        self._lost = lost
        self._late: set[asyncio.Task[None]] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layer, name)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Perhaps."""
        if random.random() < self._lost:
            return
        for _ in range(2 if random.random() < DOUBLED else 1):
            if random.random() < LATE:
                self._send_late(group, message)
            else:
                await self._layer.group_send(group, message)

    def _send_late(self, group: str, message: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._wait_and_send(group, message))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _wait_and_send(self, group: str, message: dict[str, Any]) -> None:
        await asyncio.sleep(random.uniform(0, LONGEST_DELAY_S))
        await self._layer.group_send(group, message)
