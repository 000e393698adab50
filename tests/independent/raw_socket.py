"""A websocket by hand over a plain socket, as RFC 6455 has it: nothing of ours, and no library's idea of it either."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUATION, _TEXT, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x8, 0x9, 0xA
_LAST = 0x80
_MASKED = 0x80
PATIENCE_S = 10.0


class Closed(Exception):
    """The server closed, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class RawSocket:
    """One websocket. Every message is split into frames of `piece` bytes on its way out."""

    def __init__(self, line: socket.socket, *, piece: int) -> None:
        self._line = line
        self._piece = piece
        self._unread = b""
        self._was_last = True
        self.subprotocol = ""

    def shake_hands(self, *, host: str, path: str, subprotocols: str, origin: str) -> None:
        """RFC 6455 section 4.1; fails unless the server proves that it knows what it agrees to."""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            "Connection: keep-alive, Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            f"Sec-WebSocket-Protocol: {subprotocols}",
            f"Origin: {origin}",
        )
        self._line.sendall("\r\n".join((*lines, "", "")).encode())
        status, headers = self._answer()
        proof = base64.b64encode(hashlib.sha1(f"{key}{_GUID}".encode()).digest()).decode()  # noqa: S324  # the RFC's own
        assert status == 101, status
        assert headers["upgrade"].lower() == "websocket"
        assert headers["sec-websocket-accept"] == proof
        assert "sec-websocket-extensions" not in headers
        self.subprotocol = headers["sec-websocket-protocol"]

    def say(self, message: dict[str, Any]) -> None:
        """Send one message, in as many frames as it takes."""
        data = json.dumps(message, ensure_ascii=False).encode()
        pieces = [data[i : i + self._piece] for i in range(0, len(data), self._piece)]
        for number, piece in enumerate(pieces):
            last = _LAST if number == len(pieces) - 1 else 0
            self._send(last | (_CONTINUATION if number else _TEXT), piece)

    def ping(self, payload: bytes) -> bytes:
        """A websocket ping of the transport's own; the payload of its pong."""
        self._send(_LAST | _PING, payload)
        while True:
            kind, data = self._frame()
            if kind == _PONG:
                return data

    def hear(self) -> dict[str, Any]:
        """The next message. Raises Closed."""
        data = b""
        while True:
            kind, piece = self._frame()
            if kind == _CLOSE:
                self._send(_LAST | _CLOSE, piece)
                raise Closed(int.from_bytes(piece[:2], "big"))
            if kind == _PING:
                self._send(_LAST | _PONG, piece)
                continue
            data += piece
            if self._was_last:
                message: dict[str, Any] = json.loads(data)
                return message

    def expect(self, kind: str) -> dict[str, Any]:
        """The next message of this kind; others are passed over."""
        while (message := self.hear())["t"] != kind:
            pass
        return message

    def leave(self) -> int:
        """Close in peace; the server's own code."""
        self._send(_LAST | _CLOSE, (1000).to_bytes(2, "big"))
        while True:
            kind, data = self._frame()
            if kind == _CLOSE:
                return int.from_bytes(data[:2], "big")

    # --- frames ------------------------------------------------------------------------------------------------------

    def _send(self, first: int, data: bytes) -> None:
        mask = os.urandom(4)
        if len(data) < 126:
            size = bytes([_MASKED | len(data)])
        elif len(data) < 65_536:
            size = bytes([_MASKED | 126]) + len(data).to_bytes(2, "big")
        else:
            size = bytes([_MASKED | 127]) + len(data).to_bytes(8, "big")
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self._line.sendall(bytes([first]) + size + mask + masked)

    def _frame(self) -> tuple[int, bytes]:
        first, second = self._read(2)
        self._was_last = bool(first & _LAST)
        assert first & 0x70 == 0, "reserved bits without an extension"
        assert second & _MASKED == 0, "a server masks nothing"
        size = second
        if size >= 126:
            size = int.from_bytes(self._read(2 if size == 126 else 8), "big")
        return first & 0x0F, self._read(size)

    def _answer(self) -> tuple[int, dict[str, str]]:
        while b"\r\n\r\n" not in self._unread:
            self._unread += self._receive()
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = (line.split(": ", 1) for line in lines)
        return int(first.split()[1]), {name.lower(): value for name, value in headers}

    def _read(self, size: int) -> bytes:
        while len(self._unread) < size:
            self._unread += self._receive()
        data, self._unread = self._unread[:size], self._unread[size:]
        return data

    def _receive(self) -> bytes:
        if not (data := self._line.recv(65_536)):
            raise EOFError("the server hung up without a close frame")
        return data


@contextmanager
def raw_socket(url: str, *, origin: str, subprotocols: str = "ngn.v1", piece: int = 7) -> Iterator[RawSocket]:
    """A socket that has shaken hands with `ws://host:port/path`."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=PATIENCE_S) as line:
        websocket = RawSocket(line, piece=piece)
        websocket.shake_hands(host=parts.netloc, path=parts.path, subprotocols=subprotocols, origin=origin)
        yield websocket
