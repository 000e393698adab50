"""What goes wrong around the gateway: its processes are killed, and Redis, and every connection to Redis."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.daphne import Daphne, daphne
from tests.servers import Server

SILENCE_S = 3.0
AWAY_S = 1.0
_KILL_ALL = b"CLIENT KILL TYPE pubsub\r\nCLIENT KILL TYPE normal\r\n"
# Below the ports that Linux gives to clients: a proxy that tries to reach a dead server there never meets itself.
_PORTS = range(20_000, 32_000)


class Gateways:
    """Web processes behind one port, any of which may be killed; another takes its place."""

    def __init__(self, running: Daphne) -> None:
        self.port = running.port
        self._running = running

    async def kill_one(self) -> None:
        """As the kernel does when memory runs out. At least one is left."""
        children = _children_of(self._running.process.pid)
        if len(children) > 1:
            os.kill(random.choice(children), signal.SIGKILL)


class LonelyGateway(Gateways):
    """One web process without Redis; nobody is there until another one has started."""

    def __init__(self, running: Daphne, opened: ExitStack, variables: Mapping[str, str]) -> None:
        super().__init__(running)
        self._opened = opened
        self._variables = variables

    async def kill_one(self) -> None:
        self._running.process.kill()
        await asyncio.to_thread(self._start)

    def _start(self) -> None:
        self._running.process.wait()
        self._running = self._opened.enter_context(daphne(port=self.port, variables=self._variables))


@contextmanager
def running_gateways(processes: int, *, variables: Mapping[str, str]) -> Iterator[Gateways]:
    """So many, ended by the process ids of those who were started."""
    with ExitStack() as opened:
        several = [f"--processes={processes}"] if processes > 1 else []
        running = opened.enter_context(daphne(*several, port=_free_port(), variables=variables))
        yield Gateways(running) if several else LonelyGateway(running, opened, variables)


class RedisTroubles:
    """What can happen to a Redis of one's own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._one_at_a_time = asyncio.Lock()

    async def cut_connections(self) -> None:
        """Every connection of everybody's, with Redis' own command."""
        async with self._one_at_a_time:
            await asyncio.to_thread(_command, self.server.url, _KILL_ALL)

    async def restart(self) -> None:
        """Killed, away for a moment, and back with nothing."""
        async with self._one_at_a_time:
            await asyncio.to_thread(self.server.kill)
            await asyncio.sleep(AWAY_S)
            await asyncio.to_thread(self.server.start)

    async def fall_silent(self) -> None:
        """Stopped: its connections stay open, and nothing comes."""
        async with self._one_at_a_time:
            assert self.server.process is not None
            self.server.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(SILENCE_S)
            self.server.process.send_signal(signal.SIGCONT)


Trouble = Callable[[], Awaitable[None]]


def always() -> bool:
    """For what may happen at any time."""
    return True


class Troubles:
    """What happens again and again, each at its own pace, until it is over; and how often it did."""

    def __init__(self) -> None:
        self.happened: Counter[str] = Counter()
        self._over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, what: str, do: Trouble, *, every_s: float, when: Callable[[], bool] = always) -> None:
        """Have it happen, if `when` says so at that moment; never, when `every_s` is 0."""
        if every_s:
            work = self._again_and_again(what, do, every_s, when)
            self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def end(self) -> None:
        """No more of it; what has begun is brought to its end. Raises what went wrong with a trouble itself."""
        self._over.set()
        await asyncio.gather(*self._tasks)

    async def _again_and_again(
        self, what: str, do: Trouble, every_s: float, when: Callable[[], bool]
    ) -> None:
        while not await self._is_over(every_s):
            if when():
                await do()
                self.happened[what] += 1

    async def _is_over(self, within_s: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), within_s)
        return self._over.is_set()


def _children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _command(url: str, command: bytes) -> None:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    try:
        with socket.create_connection((parts.hostname, parts.port), timeout=2) as line:
            line.sendall(command)
            line.recv(4096)
    except OSError:  # it is stopped or gone, and has no connections to cut
        return


def _free_port() -> int:
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")
