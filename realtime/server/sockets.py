"""One websocket: what it may send, how long it lives, and how it is told to go."""

from __future__ import annotations

import asyncio
import random
import socket
from typing import TYPE_CHECKING, Any

from daphne.server import twisted_loop
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

from realtime import protocol as p
from realtime import versions
from realtime.server.allowance import Allowance
from realtime.server.doorman import Lease
from realtime.server.inbox import Inbox
from realtime.telemetry import telemetry

if TYPE_CHECKING:
    from realtime.server.web_server import WebServer

_PARTING_S = 0.05
"""From the application's last answer to the close: an answer is written by another task than the one that gave it."""
_BYTES_PER_TOKEN = 1024
# A phone that has left the building is noticed by the kernel, at no cost to the loop.
_KEEP_ALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 60_000))


class Socket(WebSocketProtocol):  # type: ignore[misc]  # daphne ships no types
    """A websocket with an allowance and an end."""

    server: WebServer
    application_queue: Inbox
    lease: Lease | None = None
    is_device = False
    _is_cut = False
    _is_leaving = False
    _rotation: asyncio.TimerHandle | None = None

    def new_inbox(self) -> Inbox:
        """The queue between this socket and its application."""
        limits = self.server.limits
        self._allowance = Allowance(
            per_s=limits.stranger_per_s, burst=limits.stranger_burst, now=twisted_loop.time()
        )
        return Inbox(most_messages=limits.waiting_messages, most_bytes=limits.waiting_bytes)

    def trust(self) -> None:
        """It is a paired device's. Proving it again fills no bucket again."""
        if self.is_device:
            return
        limits = self.server.limits
        self.is_device = True
        self._allowance.widen(per_s=limits.device_per_s, burst=limits.device_burst, now=twisted_loop.time())

    def onOpen(self) -> None:  # noqa: N802  # autobahn's name, as below
        super().onOpen()
        self.server.sockets.add(self)
        _notice_the_dead(self.transport)
        longest = self.server.limits.rotate_s
        self._rotation = twisted_loop.call_later(random.uniform(longest * 2 / 3, longest), self._rotate)  # noqa: S311  # no secret
        if self.server.is_draining:
            self.take_leave()

    def onMessageFrameBegin(self, length: int) -> None:  # noqa: N802
        """A frame's header: paid for before its content is read. Frames, since a message may have any number."""
        self._pay(1 + length / _BYTES_PER_TOKEN)
        super().onMessageFrameBegin(length)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        """A whole message: it may wait if there is room, and after a close nobody answers it any more."""
        if self._is_cut or self.state != self.STATE_OPEN:
            return
        if self.application_queue.has_room_for(len(payload)):
            super().onMessage(payload, isBinary)
        else:
            self._cut()

    def onPing(self, payload: bytes) -> None:  # noqa: N802
        """The transport's own ping, which costs a pong."""
        self._pay(1)
        if not self._is_cut:
            super().onPing(payload)

    def onPong(self, payload: bytes) -> None:  # noqa: N802
        """Nobody asked for it."""
        self._pay(1)
        super().onPong(payload)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        """Gone, in whatever way."""
        self.server.sockets.discard(self)
        if self._rotation is not None:
            self._rotation.cancel()
        if self.lease is not None:
            self.lease.release()
        super().connectionLost(reason)

    def check_timeouts(self) -> None:
        """Daphne's sweep over every socket at once: its pings and its day-long limit are not used here."""

    def take_leave(self) -> None:
        """Say when to come back, answer what was asked before, close. Calling it twice is nothing."""
        if self._is_leaving or self.state != self.STATE_OPEN:
            return
        self._is_leaving = True
        limits = self.server.limits
        spread = limits.devices_spread_s if self.is_device else limits.fans_spread_s
        after_ms = round(random.uniform(0, spread) * 1000)  # noqa: S311  # no secret
        self._say(p.GoingAway(after_ms=after_ms))
        self.application_queue.when_idle(
            lambda: twisted_loop.call_later(_PARTING_S, self._close, p.CloseCode.GOING_AWAY)
        )

    def _say(self, message: p.ServerMessage) -> None:
        version = versions.agreed([self.websocket_protocol_in_use])
        if version is not None and (text := version.encode(message)):
            self.sendMessage(text.encode(), False)

    def _rotate(self) -> None:
        telemetry.sockets_rotated += 1
        self.take_leave()

    def _pay(self, tokens: float) -> None:
        if not self._is_cut and not self._allowance.spend(tokens, now=twisted_loop.time()):
            self._cut()

    def _cut(self) -> None:
        """What it sent and nobody has looked at yet is dropped: it is unacknowledged, and the client knows that."""
        telemetry.too_fast += 1
        self._is_cut = True
        self.application_queue.clear()
        self._close(p.CloseCode.TOO_FAST)

    def _close(self, code: p.CloseCode) -> None:
        # A plain int: autobahn takes no enum.
        self.sendClose(code=int(code))


class Sockets(WebSocketFactory):  # type: ignore[misc]  # daphne ships no types
    """Makes the sockets."""

    protocol = Socket

    def buildProtocol(self, addr: Any) -> Socket:  # noqa: N802
        """A socket that knows its server from the start."""
        made: Socket = super().buildProtocol(addr)
        made.server = self.server_class
        return made


def _notice_the_dead(transport: Any) -> None:
    handle = transport.getHandle()
    if handle.family not in (socket.AF_INET, socket.AF_INET6):
        return
    transport.setTcpKeepAlive(True)
    for name, value in _KEEP_ALIVE:
        if option := getattr(socket, name, None):
            handle.setsockopt(socket.IPPROTO_TCP, option, value)
