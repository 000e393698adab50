"""A contender's server process, on the core that is measured."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.place import ROOT
from tests.benchmarks import cores
from tests.benchmarks.load import Plan
from tests.servers import free_port

START_S = 30.0
END_S = 12.0
PAYLOAD_BYTES = 220
"""What a told tick weighs: the smallest round number that a phone's message of an entry fits in."""


class NotToBeHad(Exception):
    """A contender cannot run on this machine; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running contender. `plan` says what so many sockets of a client do at it."""

    name: str
    pids: tuple[int, ...]
    plan: Callable[[int], Plan]

    def processor_s(self) -> float:
        """The processor time that it has used so far."""
        return sum(cores.processor_s(pid) for pid in self.pids)

    def resident_kb(self) -> int:
        """The memory that it holds."""
        return sum(cores.resident_kb(pid) for pid in self.pids)


@contextmanager
def process(
    command: Callable[[int], Sequence[str]], *, env: Mapping[str, str] | None = None
) -> Iterator[tuple[int, int]]:
    """Run `command(port)` until the end of the block; its port and pid once it takes connections."""
    port = free_port()
    with tempfile.NamedTemporaryFile(prefix="ngn-bench-", suffix=".log") as said:
        with cores.on(cores.SERVER):
            started = subprocess.Popen(
                list(command(port)),
                cwd=ROOT,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        try:
            _wait(port, started)
            yield port, started.pid
        except Exception as error:
            error.add_note("the server's last words: " + Path(said.name).read_text(errors="replace")[-2000:])
            raise
        finally:
            _end(started)


def tick_of(size: int = PAYLOAD_BYTES) -> str:
    """A published tick of so many bytes, once its number is filled in: what a frame of ours holds, and a number."""
    head = '{"t":"fact","topic":"door:01945e9c-0000-7000-8000-000000000000","seq":1000000,"fact":{"at":{tick},"door":"'
    tail = '"}}'
    pad = size - len(head.replace("{tick}", "1" * 13)) - len(tail)
    return head + "D" * pad + tail


def _wait(port: int, started: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up and started.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{started.args!r} did not start")


def _end(started: subprocess.Popen[bytes]) -> None:
    started.terminate()
    try:
        started.wait(END_S)
    except subprocess.TimeoutExpired:
        started.kill()
        started.wait()
