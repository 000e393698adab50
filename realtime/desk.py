"""The desk: what every socket asks when it comes, whose a token is and what may be followed, answered for many at once.

Two thousand phones that come back together are a handful of queries, each in a thread of the gateway's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

from realtime import topics
from realtime.flights import Batches
from realtime.reads import in_thread
from realtime.topics import DoorDevice, Principal, Topic
from ticketing import pairing

Asked = tuple[Principal, Topic]


class Desk:
    """The questions of one event loop's sockets."""

    def __init__(self) -> None:
        self._devices: Batches[str, DoorDevice] = Batches(_devices_of)
        self._rights: Batches[Asked, bool] = Batches(_may_join)

    async def device_of(self, token: str) -> DoorDevice | None:
        """The device whose token this is, unless it was revoked."""
        return await self._devices.of(token)

    async def may_join(self, principal: Principal, topic: Topic) -> bool:
        """Whether this principal may follow this topic now."""
        return bool(await self._rights.of((principal, topic)))


async def _devices_of(tokens: Sequence[str]) -> Mapping[str, DoorDevice]:
    found = await in_thread(pairing.holders_of, tokens)
    return {token: DoorDevice(known.id, known.event_id, known.name) for token, known in found.items()}


async def _may_join(asked: Sequence[Asked]) -> Mapping[Asked, bool]:
    return dict.fromkeys(await in_thread(topics.joinable, asked), True)


_desks: WeakKeyDictionary[asyncio.AbstractEventLoop, Desk] = WeakKeyDictionary()


def desk() -> Desk:
    """The running loop's desk."""
    loop = asyncio.get_running_loop()
    if loop not in _desks:
        _desks[loop] = Desk()
    return _desks[loop]
