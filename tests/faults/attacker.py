"""What an attacker has: raw TCP, hand-made HTTP and frames, no manners. And what the attacked process costs."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.daphne import Daphne

PATIENCE_S = 15.0
ORIGIN = "http://127.0.0.1:8000"
TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
_MASK = b"\x00\x00\x00\x00"


def tcp(server: Daphne, *, source: str = "", receive_buffer: int = 0) -> socket.socket:
    """A connection that has said nothing yet."""
    connection = socket.socket()
    connection.settimeout(PATIENCE_S)
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if source:
        connection.bind((source, 0))
    try:
        connection.connect(("127.0.0.1", server.port))
    except OSError:
        connection.close()
        raise
    return connection


def request(path: str = "/healthz", *, method: str = "GET", **headers: str) -> bytes:
    """A request's head."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode()


def status_of(connection: socket.socket) -> int | None:
    """The status of the answer that comes next; None when the server closes instead."""
    try:
        line = connection.recv(12)
    except ConnectionError:
        return None
    return int(line[9:12]) if line else None


def asked(server: Daphne, *, path: str = "/healthz", source: str = "", **headers: str) -> int | None:
    """One whole request on a connection of its own: the answer's status."""
    with tcp(server, source=source) as connection:
        connection.sendall(request(path, Connection="close", **headers))
        return status_of(connection)


def is_closed(connection: socket.socket, *, within_s: float) -> bool:
    """Whether the server ends the connection in time, whatever it says before that."""
    deadline = time.monotonic() + within_s
    try:
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(65_536):
                return True
    except TimeoutError:
        return False
    except OSError:
        return True
    return False


class RawSocket:
    """A websocket without a library: it can send what no library would."""

    def __init__(
        self,
        server: Daphne,
        *,
        origin: str | None = ORIGIN,
        source: str = "",
        receive_buffer: int = 0,
        **headers: str,
    ) -> None:
        """Ask for a websocket; `status` is 101 when there is one."""
        self.connection = tcp(server, source=source, receive_buffer=receive_buffer)
        given = {"Origin": origin} if origin is not None else {}
        self.connection.sendall(
            request(
                "/ws",
                Upgrade="websocket",
                Connection="Upgrade",
                Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAA==",
                Sec_WebSocket_Version="13",
                Sec_WebSocket_Protocol="ngn.v1",
                **given,
                **headers,
            )
        )
        self._come = b""
        head = self._head()
        self.status = int(head.split(b" ", 2)[1]) if head else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def send(self, opcode: int, payload: bytes = b"", *, fin: bool = True) -> None:
        """One frame."""
        self.connection.sendall(frame(opcode, payload, fin=fin))

    def pour(self, what: bytes, *, most: int) -> int:
        """Send the same bytes again and again until the server has had enough; how many bytes that took."""
        sent = 0
        try:
            while sent < most:
                self.connection.sendall(what)
                sent += len(what)
        except OSError:
            pass
        return sent

    def receive(self) -> tuple[int, bytes] | None:
        """The next frame; None when there is no more."""
        head = self._exactly(2)
        if head is None:
            return None
        length = head[1]
        if length >= 126:
            more = self._exactly(2 if length == 126 else 8)
            length = int.from_bytes(more or b"")
        payload = self._exactly(length)
        return None if payload is None else (head[0] & 0x0F, payload)

    def close_code(self) -> int | None:
        """Read on until the server closes; its code, None when it just hung up."""
        while (got := self.receive()) is not None:
            opcode, payload = got
            if opcode == CLOSE:
                return int.from_bytes(payload[:2])
        return None

    def _head(self) -> bytes:
        while b"\r\n\r\n" not in self._come:
            try:
                more = self.connection.recv(4096)
            except ConnectionError:
                return b""
            if not more:
                return b""
            self._come += more
        head, self._come = self._come.split(b"\r\n\r\n", 1)
        return head

    def _exactly(self, count: int) -> bytes | None:
        while len(self._come) < count:
            try:
                more = self.connection.recv(65_536)
            except ConnectionError:
                return None
            if not more:
                return None
            self._come += more
        part, self._come = self._come[:count], self._come[count:]
        return part


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """A client's frame, masked with zeros."""
    first = bytes([opcode | (0x80 if fin else 0)])
    if len(payload) < 126:
        return first + bytes([0x80 | len(payload)]) + _MASK + payload
    if len(payload) < 65_536:
        return first + b"\xfe" + struct.pack("!H", len(payload)) + _MASK + payload
    return first + b"\xff" + struct.pack("!Q", len(payload)) + _MASK + payload


def memory_of(server: Daphne) -> int:
    """What the process holds in RAM, in bytes."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def growing_at_most(server: Daphne, megabytes: int) -> Iterator[None]:
    """What happens inside may cost the server's process so much memory and no more."""
    before = memory_of(server)
    yield
    grown = (memory_of(server) - before) / 1e6
    assert grown < megabytes, f"{grown:.0f} MB more than before"
