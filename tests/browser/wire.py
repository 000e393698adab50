"""The line between a browser and the product: it carries, is cut, or falls silent, as a test says.

The browser keeps the product's own address (its pages, sockets and origin are as ever); only its connections lead here.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

from tests.servers import free_port

_SHELL = re.compile(rb'NGN_SHELL="[0-9a-f]{16}"')


class State(Enum):
    """What the line does."""

    CARRIES = "carries"
    CUT = "cut"
    """Nobody answers: connections end, and no new one is made."""
    SILENT = "silent"
    """Half-open: everything looks connected, and nothing arrives."""
    WITHOUT_SOCKETS = "without sockets"
    """A network that lets pages through, but no websocket."""


class Wire:
    """Listens on `port`, and carries to one port of this machine."""

    def __init__(self, to: int) -> None:
        self.to, self.port = to, free_port()
        self.is_new_version = False
        """Whether the service worker that passes here is of another version of the shell."""
        self._state = State.CARRIES
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def becomes(self, state: State) -> None:
        """From now on. Connections that a silent or a cut line has are gone afterwards."""
        asyncio.run_coroutine_threadsafe(self._become(state), self._loop).result(10)

    def close(self) -> None:
        self.becomes(State.CUT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", self.port))
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _become(self, state: State) -> None:
        before, self._state = self._state, state
        if state is not State.SILENT and (before, state) != (State.CARRIES, State.CARRIES):
            for writer in list(self._writers):
                writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._serve(reader, writer)
        except OSError:
            pass  # one of the two ends is gone
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._state is State.CUT:
            return
        first = await reader.read(65_536)
        if self._state is State.WITHOUT_SOCKETS and b"upgrade: websocket" in first.lower():
            return
        inner_reader, inner = await asyncio.open_connection("127.0.0.1", self.to)
        self._writers.add(inner)
        try:
            if self._state is not State.SILENT:
                inner.write(first)
            ways = [self._carry(reader, inner), self._carry(inner_reader, writer)]
            await asyncio.wait([asyncio.create_task(way) for way in ways], return_when="FIRST_COMPLETED")
        finally:
            self._writers.discard(inner)
            inner.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if self._state is State.SILENT:
                    continue
                if self.is_new_version:
                    data = _SHELL.sub(b'NGN_SHELL="0123456789abcdef"', data)
                writer.write(data)
                await writer.drain()


@contextmanager
def wire(*, to: int) -> Iterator[Wire]:
    """A line that is taken down in the end."""
    line = Wire(to)
    try:
        yield line
    finally:
        line.close()
