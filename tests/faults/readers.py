"""Readers of facts, a thousand in one process, who write down what they are told and forgive nothing.

Three kinds of them: on bare TCP with frames by hand, on the independent library `websockets`, and the project's own
Python client.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

import msgspec
import websockets
from websockets.exceptions import WebSocketException
from websockets.typing import Origin, Subprotocol

from realtime import protocol as p
from realtime.client import Resumed, follow
from tests.faults.records import Record, Story, Ticket
from tests.faults.talking import CONNECT_S, ORIGIN, Lost, Talk, Wire

PAUSE_S = 1.5
"""A reader that has lost its connection comes back within this."""
TICK_S = 0.5


class Reader:
    """Follows one topic for as long as it is let, over as many connections as it takes."""

    def __init__(self, ticket: Ticket, record: Record, *, port: int, counts: Counter[str]) -> None:
        self.record = record
        self.ticket = ticket
        self.port = port
        self.counts = counts

    async def read(self) -> None:
        while True:
            self.counts["connections"] += 1
            with suppress(OSError, TimeoutError, EOFError, WebSocketException, Lost):
                await self.connect()
            await asyncio.sleep(random.uniform(0, PAUSE_S))

    async def connect(self) -> None:
        """One connection, from its beginning to its end."""
        raise NotImplementedError

    def tick(self) -> None:
        """To be called a few times a second."""

    def drop(self) -> None:
        """Lose the connection, as a phone does in a tunnel."""


class HandReader(Reader):
    """On bare TCP."""

    _wire: Wire | None = None

    async def connect(self) -> None:
        talk = Talk(self.ticket, self.record, self.counts)
        async with asyncio.timeout(CONNECT_S):
            _, wire = await asyncio.get_running_loop().create_connection(
                lambda: Wire(talk, port=self.port, cookie=self.ticket.cookie), "127.0.0.1", self.port
            )
        self._wire = wire
        try:
            await wire.ended
        finally:
            wire.abort()
            self._wire = None

    def tick(self) -> None:
        if self._wire is not None:
            self._wire.tick()

    def drop(self) -> None:
        if self._wire is not None:
            self._wire.abort()


class LibraryReader(Reader):
    """On `websockets`, which checks every byte that the server frames."""

    async def connect(self) -> None:
        cookie = {"Cookie": self.ticket.cookie} if self.ticket.cookie else {}
        opened = websockets.connect(
            f"ws://127.0.0.1:{self.port}/ws",
            subprotocols=[Subprotocol(p.SUBPROTOCOL)],
            origin=Origin(ORIGIN),
            additional_headers=cookie,
            max_size=None,
            ping_interval=None,
            open_timeout=CONNECT_S,
            close_timeout=1,
        )
        async with opened as socket:
            talk = Talk(self.ticket, self.record, self.counts)
            try:
                await self._talk(socket, talk)
            finally:
                socket.transport.abort()
                talk.closed(socket.close_code)

    async def _talk(self, socket: websockets.ClientConnection, talk: Talk) -> None:
        while True:
            answers = talk.tick()
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    answers += talk.hear(await socket.recv())
            for answer in answers:
                await socket.send(msgspec.json.encode(answer).decode())


class OwnReader(Reader):
    """The project's own client, whose rules mend what they can: what it hands on must be whole all the same."""

    async def connect(self) -> None:
        url, record = f"ws://127.0.0.1:{self.port}/ws", self.record
        ticket = self.ticket
        async for told in follow(
            url, ticket.topic, token=ticket.token or None, cookie=ticket.cookie or None, origin=ORIGIN
        ):
            match told:
                case p.TopicSnapshot(seq=seq, epoch=epoch):
                    record.connecting()
                    record.epoch = epoch
                    record.snapshot(seq=seq, epoch=epoch)
                case p.TopicFact(seq=seq, fact=fact):
                    record.fact(seq=seq, fact=msgspec.json.encode(fact))
                case Resumed():
                    record.resumed += 1


KINDS: tuple[type[Reader], ...] = (HandReader,) * 16 + (LibraryReader,) * 3 + (OwnReader,)
"""Of twenty readers."""


class Swarm:
    """All of them, reading."""

    def __init__(self, tickets: Sequence[Ticket], *, port: int) -> None:
        self.counts: Counter[str] = Counter()
        self.stories = {ticket.topic: Story() for ticket in tickets}
        self.readers = [
            KINDS[number % len(KINDS)](ticket, self._record(number, ticket), port=port, counts=self.counts)
            for number, ticket in enumerate(tickets)
        ]
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def records(self) -> list[Record]:
        return [reader.record for reader in self.readers]

    @property
    def deliveries(self) -> int:
        """Facts that were told, to all of them together."""
        return sum(reader.record.facts for reader in self.readers)

    @property
    def faults(self) -> list[str]:
        return [fault for record in self.records for fault in record.faults]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(reader.read()) for reader in self.readers]
        self._tasks.append(loop.create_task(self._tick()))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def all_know(self, heads: dict[str, int], *, within_s: float) -> list[Record]:
        """Wait until every reader has been told of its topic's newest entry; those that have not, when time is out."""
        give_up_at = time.monotonic() + within_s
        while late := [record for record in self.records if record.told[1] < heads[record.topic]]:
            if time.monotonic() > give_up_at:
                break
            await asyncio.sleep(0.1)
        return late

    async def drop(self, share: float) -> None:
        """Have about so large a share of the readers lose their connections."""
        for reader in self.readers:
            if random.random() < share:
                self.counts["dropped"] += 1
                reader.drop()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            for reader in self.readers:
                reader.tick()

    def _record(self, number: int, ticket: Ticket) -> Record:
        return Record(f"reader {number}", ticket.topic, self.stories[ticket.topic])
