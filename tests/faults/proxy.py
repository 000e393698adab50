"""A TCP proxy with a temper: it cuts connections at any byte, falls silent, and lets bytes wait.

`python -m tests.faults.proxy --to PORT --every BYTES --seed N` prints the port it listens on. SIGUSR1 calms it for
good; at SIGTERM it prints what it did, as JSON, and ends. It is a process of its own, so that nobody waits for it
who should not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

from config.place import ROOT

BACKLOG = 4096
LONGEST_WAIT_S = 1.5
SILENCE_S = 8.0
"""For longer than any client should believe in a connection that says nothing."""
IN_THE_HANDSHAKE = 0.1
"""The share of connections whose trouble comes so early that nobody has said hello yet."""
UPWARDS = 0.15
"""The share of troubles that lie in wait for what the client sends."""


class Trouble(StrEnum):
    """What can happen to a connection."""

    CUT = "cut"
    """Closed in peace, in the middle of a frame if need be."""
    RESET = "reset"
    """Reset: what is under way is lost."""
    SILENCE = "silence"
    """Open for ever, as it seems to both ends, and nothing arrives any more."""
    DEAFNESS = "deafness"
    """The same, and the server notices that nobody reads."""
    WAIT = "wait"
    """For a moment nothing goes on; then all of it does."""


@dataclass(slots=True)
class Temper:
    """When what happens. `every` is how many bytes pass between two troubles, about; 0 is never."""

    every: int
    dice: random.Random
    done: Counter[str] = field(default_factory=Counter)

    def next_at(self, passed: int) -> int | None:
        """The byte at which the next trouble comes."""
        if not self.every:
            return None
        if passed == 0 and self.dice.random() < IN_THE_HANDSHAKE:
            return self.dice.randrange(800)
        return passed + int(self.dice.expovariate(1 / self.every))

    def choose(self) -> Trouble:
        """What it will be."""
        [trouble] = self.dice.choices(list(Trouble), (30, 30, 10, 10, 20))
        self.done[trouble] += 1
        return trouble


class End(asyncio.Protocol):
    """One end of a link: what arrives here leaves at the other."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.link.opened(self)

    def data_received(self, data: bytes) -> None:
        self.link.carry(self, data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's own signature
        self.link.lost()

    def pause_writing(self) -> None:
        """This end's reader is slow: the other end reads no further."""
        _pause(self.link.other(self))

    def resume_writing(self) -> None:
        if not self.link.holds:
            _resume(self.link.other(self))

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)


class Link:
    """A client, the server, and what will go wrong between them."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self._at: int | None = None
        self.client, self.server = End(self), End(self)
        self.holds = False
        self._is_silent = False
        self._passed = 0
        self._timer: asyncio.TimerHandle | None = None
        self._expect()

    def other(self, end: End) -> End:
        return self.server if end is self.client else self.client

    def opened(self, end: End) -> None:
        if end is self.client:
            _pause(end)
            self.proxy.connect(self)
        elif self.client.transport is None or self.client.transport.is_closing():
            self.end(reset=True)
        else:
            _resume(self.client)

    def carry(self, end: End, data: bytes) -> None:
        """Pass on what has arrived, up to the byte at which trouble waits."""
        if self._is_silent:
            return
        if end is not self._troubled or self._at is None:
            self.other(end).write(data)
            return
        left = self._at - self._passed
        if len(data) <= left:
            self._passed += len(data)
            self.other(end).write(data)
            return
        self._passed = self._at
        self.other(end).write(data[:left])
        self._suffer(self.proxy.temper.choose(), end, data[left:])

    def lost(self) -> None:
        """One end is gone. A silent link does not tell the other end."""
        self.proxy.links.discard(self)
        if not self._is_silent:
            self.end(reset=False)

    def end(self, *, reset: bool) -> None:
        """Close both ends, with all that was passed on, or without."""
        if self._timer is not None:
            self._timer.cancel()
        for end in (self.client, self.server):
            if end.transport is not None:
                if reset:
                    end.transport.abort()
                else:
                    end.transport.close()

    def calm(self) -> None:
        """Nothing more happens here; what is silent ends now."""
        self._at = None
        if self._is_silent:
            self.end(reset=True)

    def _expect(self) -> None:
        temper = self.proxy.temper
        self._troubled = self.client if temper.dice.random() < UPWARDS else self.server
        self._at = temper.next_at(self._passed)

    def _suffer(self, trouble: Trouble, end: End, rest: bytes) -> None:
        match trouble:
            case Trouble.CUT:
                self.end(reset=False)
            case Trouble.RESET:
                self.end(reset=True)
            case Trouble.SILENCE | Trouble.DEAFNESS:
                self._is_silent = True
                if trouble is Trouble.DEAFNESS:
                    _pause(self.server)
                self._later(SILENCE_S, lambda: self.end(reset=True))
            case Trouble.WAIT:
                self.holds = True
                _pause(end)
                wait_s = self.proxy.temper.dice.uniform(0.01, LONGEST_WAIT_S)
                self._later(wait_s, lambda: self._go_on(end, rest))

    def _go_on(self, end: End, rest: bytes) -> None:
        self.holds = False
        if self.proxy.temper.every:
            self._expect()
        _resume(end)
        self.carry(end, rest)

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, do)


class Proxy:
    """Listens, and passes on to one port of this machine."""

    def __init__(self, to: int, temper: Temper) -> None:
        self.to = to
        self.temper = temper
        self.links: set[Link] = set()
        self._connecting: set[asyncio.Task[None]] = set()

    def accept(self) -> End:
        """A client has come."""
        link = Link(self)
        self.links.add(link)
        self.temper.done["connections"] += 1
        return link.client

    def connect(self, link: Link) -> None:
        """Find the server for a client."""
        task = asyncio.get_running_loop().create_task(self._connect(link))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def calm(self) -> None:
        """No trouble any more."""
        self.temper.every = 0
        for link in list(self.links):
            link.calm()

    async def _connect(self, link: Link) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: link.server, "127.0.0.1", self.to)
        except OSError:
            link.end(reset=True)


def _pause(end: End) -> None:
    if end.transport is not None:
        with suppress(RuntimeError):
            end.transport.pause_reading()


def _resume(end: End) -> None:
    if end.transport is not None:
        with suppress(RuntimeError):
            end.transport.resume_reading()


# --- the program, and starting it ----------------------------------------------------------------------------------


@dataclass(slots=True)
class RunningProxy:
    """A proxy in a process of its own. `done` is what it did, once it has ended."""

    port: int
    process: subprocess.Popen[str]
    done: dict[str, int] = field(default_factory=dict)

    def calm(self) -> None:
        """From now on nothing is cut any more."""
        self.process.send_signal(signal.SIGUSR1)


@contextmanager
def running_proxy(*, to: int, every: int, seed: int) -> Iterator[RunningProxy]:
    """Start one, end it by its process id."""
    options = [f"--to={to}", f"--every={every}", f"--seed={seed}"]
    command = [sys.executable, "-m", "tests.faults.proxy", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        running = RunningProxy(int(process.stdout.readline()), process)
        try:
            yield running
        finally:
            process.terminate()
            running.done |= json.loads(process.stdout.readline() or "{}")
            process.wait(timeout=10)


async def _live(arguments: argparse.Namespace) -> None:
    proxy = Proxy(arguments.to, Temper(arguments.every, random.Random(arguments.seed)))
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(proxy.accept, "127.0.0.1", 0, backlog=BACKLOG)
    loop.add_signal_handler(signal.SIGUSR1, proxy.calm)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()
    print(json.dumps(proxy.temper.done), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=int, required=True)
    parser.add_argument("--every", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(_live(parser.parse_args()))


if __name__ == "__main__":
    main()
