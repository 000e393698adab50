"""Driving `native/wsload.c`: a plan for its sockets, commands to it, typed answers."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from tests.benchmarks import cores
from tests.benchmarks.native.build import program

Answer = TypeVar("Answer")
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""RFC 6455's sample key: the client knows the one right answer to it."""


class LoadFailed(RuntimeError):
    """The client could not do what it was told, or a server did not serve it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the client's sockets do.

    `steps` are pairs (marker, text) that a socket goes through before it counts as live: the text is sent (if any),
    and the next step follows when a frame holds the marker (at once, if there is none). `{token}` in a text is
    replaced by the socket's own of `tokens`. In `tick`, which a publisher sends, `{tick}` becomes a number of thirteen
    digits that must arrive at every socket right after `tag`.
    """

    ports: tuple[int, ...]
    sockets: int
    request: str
    publisher_request: str
    tick: str = ""
    tag: str = '"at":'
    steps: tuple[tuple[str, str], ...] = ()
    publisher_steps: tuple[tuple[str, str], ...] = ()
    publishers: int = 1
    publisher_port: int = 0
    tokens: Sequence[str] = ()
    binary: bool = False
    stopped: int = 0
    since: int = 0
    expected: int = 0
    opening: int = 64
    patience_s: float = 30.0

    def text(self) -> str:
        """As wsload reads it."""
        lines = [("port", str(port)) for port in self.ports]
        lines += [("sockets", str(self.sockets)), ("publishers", str(self.publishers))]
        lines += [("request", self.request), ("publisher_request", self.publisher_request)]
        lines += [("tick", self.tick), ("tag", self.tag), ("opcode", "2" if self.binary else "1")]
        lines += [("publisher_port", str(self.publisher_port)), ("stopped", str(self.stopped))]
        lines += [("since", str(self.since)), ("expected", str(self.expected))]
        lines += [("opening", str(self.opening)), ("patience", str(self.patience_s))]
        written = [f"{name} {_escaped(value)}" for name, value in lines]
        written += [f"step {_escaped(marker)}\t{_escaped(text)}" for marker, text in self.steps]
        written += [
            f"publisher_step {_escaped(marker)}\t{_escaped(text)}" for marker, text in self.publisher_steps
        ]
        written += [f"token {token}" for token in self.tokens]
        return "\n".join(written) + "\n"


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What became of `open`."""

    live: int
    refused: int
    unfinished: int
    seconds: float
    close_code: int
    refusal: str


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What became of `fan` or `group`. `missing` is negative when stopped readers were given something, too."""

    ticks: int
    deliveries: int
    missing: int
    strays: int
    dead: int
    seconds: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    worst_ms: float
    client_s: float
    close_code: int

    @property
    def per_s(self) -> float:
        """Deliveries a second."""
        return self.deliveries / self.seconds


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """What became of `storm`: `complete` sockets have every entry that they lacked."""

    complete: int
    refused: int
    dead: int
    lost: int
    doubled: int
    misplaced: int
    seconds: float
    connects_s: float
    client_s: float
    close_code: int
    refusal: str


class Load:
    """One client process, with its sockets."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def open(self) -> Opened:
        """Connect every socket; all must be served. Raises LoadFailed."""
        return self._ask("open", Opened)

    def fan(self, *, in_flight: int, seconds: float) -> Round:
        """Publish ticks as fast as they arrive everywhere, so many under way at once."""
        return self._ask(f"fan {in_flight} {seconds}", Round)

    def group(self, *, rate: float, seconds: float) -> Round:
        """Have every publisher publish so often a second."""
        return self._ask(f"group {rate} {seconds}", Round)

    def storm(self) -> Storm:
        """Connect every socket at the same moment and let each resume."""
        return self._ask("storm", Storm)

    def _ask(self, command: str, kind: type[Answer]) -> Answer:
        stdin, stdout = _pipes(self._process)
        stdin.write(f"{command}\n".encode())
        stdin.flush()
        told = stdout.readline()
        try:
            return msgspec.json.decode(told, type=kind)
        except msgspec.DecodeError as error:
            raise LoadFailed(f"{command}: {told.decode() or 'the client ended'}") from error


@contextmanager
def load(plan: Plan) -> Iterator[Load]:
    """Start a client on its core; it ends, with its sockets, at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="ngn-wsload-") as folder:
        path = Path(folder) / "plan"
        path.write_text(plan.text())
        with cores.on(cores.CLIENT):
            process = subprocess.Popen(
                [str(program("wsload")), str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        try:
            yield Load(process)
        finally:
            process.kill()
            process.wait()
            for pipe in _pipes(process):
                pipe.close()


@contextmanager
def opened(plan: Plan) -> Iterator[Load]:
    """A client whose sockets are all live. Raises LoadFailed when one is not."""
    with load(plan) as client:
        outcome = client.open()
        if outcome.live != plan.sockets:
            raise LoadFailed(f"{outcome.live} of {plan.sockets} sockets are served: {outcome}")
        yield client


def upgrade(path: str, *, origin: str = "", subprotocol: str = "") -> str:
    """The request that opens a websocket."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1:8000", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13"]
    lines += [f"Origin: {origin}"] if origin else []
    lines += [f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []
    return "\r\n".join([*lines, "", ""])


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout
