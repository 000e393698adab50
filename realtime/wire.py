"""The one place that knows what stands behind ASGI's `send` on Daphne: a prebuilt frame goes straight to the socket.

Written for daphne 4.2, autobahn 26 and Twisted 26 (`strange` looks, at start and in the tests). What it
relies on: `send` is `partial(Server.handle_reply, protocol)`; the protocol's transport is Twisted's own TCP transport,
whose two buffers are empty when nothing of a frame is under way, and whose `write` keeps the order. Anything else, TLS
in the process, another server, the tests' communicator, gets a line that asks `send` politely.

A frame is never interleaved into a half-written one: whoever writes through Twisted (autobahn's pongs and closing
frames too) makes the line busy first, and it clears only when Twisted has handed everything to the kernel.
"""

from __future__ import annotations

import inspect
import logging
import socket
import sys
from collections.abc import Awaitable, Callable
from functools import cache, partial
from importlib.metadata import version
from time import monotonic
from typing import Any

from twisted.internet import tcp
from twisted.internet.abstract import FileDescriptor
from twisted.python.failure import Failure

from realtime.line import MERGE_BYTES, Line, PoliteLine, Send, Straight, hand

_LOGGER = logging.getLogger(__name__)
KNOWN = {"daphne": "4.2.", "autobahn": "26.", "Twisted": "26."}
"""The versions whose insides were read."""
SEND_BUFFER = 64 * 1024
"""What the kernel may keep for a fan's phone that has stalled; Linux doubles it. Its own limit would be megabytes."""
FACTS_SEND_BUFFER = 256 * 1024
"""The same for doors and sales pages, which read every entry."""
_MERGE_BELOW = 16 * 1024
_KEY = "ngn.send"
_OPEN = 3
_BUFFERS = ("dataBuffer", "_tempDataBuffer", "_tempDataLen")
_CALLS = ("write", "doWrite", "connectionLost", "startWriting")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def outermost(app: App) -> App:
    """Keep the server's own `send` in the scope before anything wraps it."""

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        scope[_KEY] = send
        await app(scope, receive, send)

    return keep


def line_of(scope: Scope, send: Send, *, slow: Callable[[], None]) -> Line:
    """A socket's way out: the straight one where it is known, else the polite one."""
    protocol = _protocol_behind(scope.get(_KEY))
    if protocol is None or type(protocol.transport) is not tcp.Server or not protocol.transport.connected:
        return PoliteLine(send, slow=slow)
    return StraightLine(protocol, slow=slow) if is_known() else PoliteLine(send, slow=slow)


@cache
def is_known() -> bool:
    """Whether the machinery is as this module knows it. If not, every line is a polite one: all is well, and slow."""
    unknown = strange()
    if unknown:
        _LOGGER.error("sockets are served slowly: unknown insides of the server: %s", ", ".join(unknown))
    return not unknown


def strange() -> list[str]:
    """What is not as this module knows it."""
    versions = {name: version(name) for name in KNOWN}
    source = inspect.getsource(FileDescriptor)
    return [
        *(f"{name} {now}" for name, now in versions.items() if not now.startswith(KNOWN[name])),
        *(f"FileDescriptor.{name}" for name in _BUFFERS if name not in source),
        *(f"tcp.Server.{name}" for name in _CALLS if not hasattr(tcp.Server, name)),
    ]


def _protocol_behind(send: object) -> Any | None:
    """Daphne's protocol for this socket. It is Daphne's only if Daphne is what runs."""
    daphne = sys.modules.get("daphne.ws_protocol")
    if daphne is None or not isinstance(send, partial) or len(send.args) != 1:
        return None
    protocol = send.args[0]
    return protocol if isinstance(protocol, daphne.WebSocketProtocol) else None


class _Wired(tcp.Server):
    """Twisted's own transport, which tells its line when something else writes and when all is written."""

    line: StraightLine

    def write(self, data: bytes) -> None:
        self.line.overtaken()
        super().write(data)  # type: ignore[no-untyped-call]

    def doWrite(self) -> Any:  # noqa: N802  # Twisted's name, as below
        result = super().doWrite()  # type: ignore[no-untyped-call]
        if result is None and not self.dataBuffer and not self._tempDataLen:
            self.line.drained()
        return result

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802
        self.line.close()
        super().connectionLost(reason)


class StraightLine(Line):
    """Daphne's: frames go to the kernel in one call, with nothing of Twisted or autobahn in between."""

    __slots__ = ("_protocol", "_socket", "_transport")

    def __init__(self, protocol: Any, *, slow: Callable[[], None]) -> None:
        super().__init__(slow=slow)
        self._protocol = protocol
        self._transport: _Wired = protocol.transport
        self._socket: socket.socket = self._transport.socket
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._transport.__class__ = _Wired
        self._transport.line = self
        self._clear_if_open()

    def widen(self) -> None:
        if not self.closed:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, FACTS_SEND_BUFFER)

    def overtaken(self) -> None:
        """Something else writes through Twisted: keep behind it."""
        self._is_busy()

    def drained(self) -> None:
        """Twisted has nothing left: what waits goes now, and then the line is clear again."""
        straight: Straight = self._socket.send
        while self._is_open():
            frames = self.outbox.take(now=monotonic())
            if not frames:
                self._clear_if_open()
                return
            # A long one goes through Twisted whole: it keeps the place in it, and no copy of the rest is made.
            sent = hand(straight, frames) if len(frames) <= MERGE_BYTES else 0
            if sent != len(frames):
                self._rest(frames[sent:])
                return

    def _queue(self) -> None:
        if self.straight is not None:
            self._wait_for_room()
        elif self._buffered < _MERGE_BELOW and self._is_open():
            # What Twisted has not sent yet leaves in the same write: the handshake's answer and our welcome.
            self._rest(self.outbox.take(now=monotonic()))

    def _queue_state(self) -> None:
        # With something under way in Twisted, `drained` comes by itself, and a newer state may take this one's place.
        if not self._buffered:
            self._wait_for_room()

    def _wait_for_room(self) -> None:
        """Nothing is under way, but the kernel is full or the answer is long: Twisted tells when there is room."""
        self._is_busy()
        if self._is_open():
            self._transport.startWriting()  # type: ignore[no-untyped-call]

    def _rest(self, frames: bytes) -> None:
        self._is_busy()
        if self._is_open():
            super(_Wired, self._transport).write(frames)  # type: ignore[no-untyped-call]

    @property
    def _buffered(self) -> int:
        return len(self._transport.dataBuffer) + self._transport._tempDataLen  # noqa: SLF001  # the buffers that `strange` asks for

    def _is_open(self) -> bool:
        return not self.closed and self._protocol.state == _OPEN

    def _clear_if_open(self) -> None:
        if self._is_open() and not self._buffered:
            self._is_clear(self._socket.send)
