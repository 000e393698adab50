"""The wire on Twisted's real transport and a real socket: straight when it is clear, whole frames always."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet import tcp
from twisted.python.failure import Failure

from realtime import wire
from realtime.frames import frame, texts
from realtime.line import MERGE_BYTES, PoliteLine
from realtime.wire import StraightLine

OPEN, CLOSING = 3, 2


class Reactor:
    """Says who waits to write."""

    def __init__(self) -> None:
        self.writers: set[object] = set()

    def addReader(self, reader: object) -> None:  # noqa: N802
        """Not of interest."""

    def removeReader(self, reader: object) -> None:  # noqa: N802
        """Not of interest."""

    def addWriter(self, writer: object) -> None:  # noqa: N802
        self.writers.add(writer)

    def removeWriter(self, writer: object) -> None:  # noqa: N802
        self.writers.discard(writer)


@dataclass
class Protocol:
    """What the wire reads of autobahn's protocol."""

    transport: Any
    state: int = OPEN


@dataclass
class Connection:
    """A line, Twisted's transport under it, and the phone at the other end."""

    line: StraightLine
    protocol: Protocol
    phone: socket.socket
    reactor: Reactor
    cuts: list[str] = field(default_factory=list)
    got: bytes = b""

    @property
    def transport(self) -> Any:
        return self.protocol.transport

    def read(self, limit: int = 1 << 20) -> bytes:
        """What the phone finds; it keeps it."""
        try:
            came = self.phone.recv(limit)
        except BlockingIOError:
            came = b""
        self.got += came
        return came

    def turn(self) -> None:
        """One turn of the reactor."""
        for writer in list(self.reactor.writers):
            if writer.doWrite() is not None:  # type: ignore[attr-defined]
                self.reactor.writers.discard(writer)

    def settle(self) -> list[str]:
        """The phone reads until nothing comes any more; every message it has got."""
        while self.read() or self.reactor.writers:
            self.turn()
        return list(texts(self.got))


def connection() -> Connection:
    ours, phone = socket.socketpair()
    for end in (ours, phone):
        end.setblocking(False)
    phone.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reactor = Reactor()
    transport = tcp.Server(ours, _Nobody(), ("phone", 1), None, 1, reactor)  # type: ignore[arg-type]
    protocol = Protocol(transport)
    cuts: list[str] = []
    return Connection(StraightLine(protocol, slow=lambda: cuts.append("cut")), protocol, phone, reactor, cuts)


class _Nobody:
    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """Twisted tells the protocol, which is not of interest."""


@contextmanager
def connected() -> Iterator[Connection]:
    made = connection()
    try:
        yield made
    finally:
        made.phone.close()
        lose(made)


def lose(made: Connection) -> None:
    if made.transport.connected:
        made.transport.connectionLost(Failure(ConnectionError()))  # type: ignore[no-untyped-call]


@pytest.fixture
def wired() -> Iterator[Connection]:
    with connected() as made:
        yield made


def fill(wired: Connection) -> list[str]:
    """Send until the kernel takes no more; what was sent."""
    sent: list[str] = []
    while wired.line.straight is not None:
        sent.append(f"{len(sent)} " + "x" * 5_000)
        wired.line.put(frame(sent[-1]))
    return sent


def test_the_server_is_as_the_wire_knows_it() -> None:
    assert wire.strange() == []


def test_a_version_whose_insides_nobody_has_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(wire.KNOWN, "daphne", "0.")
    monkeypatch.setattr(wire, "_BUFFERS", ("_elsewhere",))

    assert [name.split()[0] for name in wire.strange()] == ["daphne", "FileDescriptor._elsewhere"]


@pytest.mark.parametrize(
    "send", [None, print, partial(print, object())], ids=["none", "bare", "not daphne's"]
)
async def test_any_other_servers_sockets_are_asked_politely(send: Any) -> None:
    sent: list[str] = []

    async def take(message: dict[str, Any]) -> None:
        sent.append(message["text"])

    line = wire.line_of({"ngn.send": send}, take, slow=lambda: None)
    line.put(frame("one"))
    line.put_whole(frame("two"), frame("three"))
    line.show("topic", frame("old"))
    line.show("topic", frame("new"))
    assert isinstance(line, PoliteLine)
    assert line._writing is not None
    await line._writing

    assert sent == ["one", "two", "three", "new"]


async def test_the_servers_own_send_is_kept_before_anything_wraps_it() -> None:
    scopes: list[dict[str, Any]] = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        scopes.append(scope)

    async def send(message: dict[str, Any]) -> None:
        """Nothing is sent."""

    await wire.outermost(app)({}, None, send)  # type: ignore[arg-type]

    assert scopes == [{"ngn.send": send}]


def test_a_frame_on_a_clear_line_is_with_the_kernel_before_the_reactor_turns(wired: Connection) -> None:
    wired.line.put(frame("now"))

    wired.read()

    assert list(texts(wired.got)) == ["now"]
    assert not wired.reactor.writers


def test_the_kernel_keeps_little_for_a_fan_and_more_for_a_door(wired: Connection) -> None:
    def kept() -> int:
        return int(wired.transport.socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))

    for_a_fan = kept()
    wired.line.widen()

    assert for_a_fan <= 2 * wire.SEND_BUFFER
    assert for_a_fan < kept() <= 2 * wire.FACTS_SEND_BUFFER


def test_what_is_written_during_the_handshake_leaves_with_its_answer(wired: Connection) -> None:
    wired.transport.write(frame("101 Switching Protocols"))
    wired.line.put(frame("welcome"))
    wired.turn()
    wired.read()

    assert list(texts(wired.got)) == ["101 Switching Protocols", "welcome"]
    assert wired.line.straight is not None


def test_a_full_kernel_makes_the_line_busy_and_its_rest_leaves_first(wired: Connection) -> None:
    sent = fill(wired)
    for number in range(20):
        wired.line.put(frame(f"later {number}"))
    busy = wired.line.straight is None

    assert busy
    assert wired.settle() == [*sent, *(f"later {number}" for number in range(20))]
    assert wired.line.straight is not None


def test_of_a_state_only_the_newest_waits(wired: Connection) -> None:
    sent = fill(wired)
    for number in range(5):
        wired.line.show("topic", frame(f"state {number}"))

    assert wired.settle() == [*sent, "state 4"]


def test_a_state_that_finds_the_kernel_full_to_the_last_byte_leaves_when_there_is_room(
    wired: Connection,
) -> None:
    filler = frame("x" * 10)
    sent = 0
    while True:
        try:
            took = wired.transport.socket.send(filler)
        except BlockingIOError:
            break
        sent += 1
        assert took == len(filler)
    wired.line.show("topic", frame("state"))

    assert wired.settle() == ["x" * 10] * sent + ["state"]


def test_a_manifest_larger_than_the_kernels_room_arrives_whole_and_in_its_place(wired: Connection) -> None:
    manifest = "m" * (20 * MERGE_BYTES)
    wired.line.put_whole(frame("joined"), frame(manifest), frame("missed"))
    wired.line.put(frame("next"))

    assert wired.settle() == ["joined", manifest, "missed", "next"]
    assert wired.cuts == []


def test_a_reader_that_lets_too_much_pile_up_is_cut_and_costs_no_more_than_its_bound(
    wired: Connection,
) -> None:
    fill(wired)
    for number in range(2_000):
        wired.line.put(frame(f"{number} " + "x" * 1_000))

    assert wired.line.closed
    assert not wired.line.outbox
    assert wired.line._buffered < 2 * MERGE_BYTES


def test_a_closing_connection_is_written_to_no_more(wired: Connection) -> None:
    wired.transport.write(frame("autobahn's close"))
    wired.protocol.state = CLOSING
    wired.line.put(frame("too late"))
    wired.line.show("topic", frame("too late"))

    assert wired.settle() == ["autobahn's close"]
    assert wired.line.straight is None


def test_a_lost_connection_closes_its_line(wired: Connection) -> None:
    lose(wired)
    wired.line.put(frame("into the void"))
    wired.line.show("topic", frame("into the void"))

    assert wired.line.closed


def test_a_phone_that_is_gone_hurts_nobody(wired: Connection) -> None:
    wired.phone.close()

    wired.line.put(frame("into the void"))

    assert wired.line.straight is None


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("fact"), st.integers(1, 30_000)),
        st.tuples(st.just("state"), st.integers(1, 3_000)),
        st.tuples(st.just("whole"), st.integers(1, 200_000)),
        st.tuples(st.just("pong"), st.integers(1, 125)),
        st.tuples(st.just("read"), st.integers(1, 100_000)),
        st.tuples(st.just("turn"), st.just(0)),
    ),
    max_size=60,
)


@given(_steps)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_writes_and_whenever_it_is_read_no_frame_is_torn_lost_or_out_of_order(
    steps: list[tuple[str, int]],
) -> None:
    with connected() as wired:
        sent = _play(wired, steps)
        got = wired.settle()
        was_cut = wired.line.closed

    arrived = [text for text in got if text.startswith(("fact", "whole"))]
    newest = [text for text in sent if text.startswith("state")][-1:]
    facts = [text for text in sent if text.startswith(("fact", "whole"))]
    assert arrived == facts[: len(arrived)]
    if not was_cut:
        assert arrived == facts
        assert [text for text in got if text.startswith("state")][-1:] == newest


def _play(wired: Connection, steps: list[tuple[str, int]]) -> list[str]:
    """Write and read as told; everything that was handed to the line or written beside it."""
    sent: list[str] = []
    for number, (step, size) in enumerate(steps):
        text = f"{step} {number} " + "x" * size
        if step == "fact":
            wired.line.put(frame(text))
        elif step == "whole":
            wired.line.put_whole(frame(text))
        elif step == "state":
            wired.line.show("topic", frame(text))
        elif step == "pong":
            wired.transport.write(frame(text))
        elif step == "read":
            wired.read(size)
        else:
            wired.turn()
        sent.append(text)
    return sent
