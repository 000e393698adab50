"""Daphne, subclassed: adopts a listening socket, bounds what comes in, and drains when it is told to end.

It relies on internals of daphne 4.2, Twisted 26 and autobahn 26, which tests/faults/test_attacks.py holds them to:
`Server.create_application`, `handle_reply` and `connections`; that `WebRequest.process` puts a websocket in its place
on the transport; `HTTPChannel.requests`; autobahn's `onMessageFrameBegin` before a frame's content.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from daphne.server import Server, twisted_loop
from twisted.internet import defer, reactor
from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    STDLibLogObserver,
    globalLogBeginner,
)

from realtime.metrics import reporter
from realtime.server import draining
from realtime.server.connections import Connection, Connections
from realtime.server.doorman import Doorman
from realtime.server.inbox import Inbox
from realtime.server.limits import Limits
from realtime.server.sockets import Socket, Sockets
from realtime.server.trust import KEY

_LOGGER = logging.getLogger(__name__)
_REACTOR: Any = reactor
_LAST_REQUESTS_S = 1.0
"""How long an idle keep-alive connection may still ask while the process ends: a proxy may be about to."""
_LOOK_S = 0.05
_AT_A_TIME = 100
"""Sockets told to leave before the loop turns: what is under way must not wait for thousands of farewells."""
_CLOSING_S = 1.5
"""The end of the end: the interpreter waits for its threads, a thread perhaps for a database that is gone."""


class WebServer(Server):  # type: ignore[misc]  # daphne ships no types
    """One web process."""

    def __init__(
        self,
        application: Callable[..., Any],
        *,
        listener: socket.socket,
        limits: Limits,
        is_behind_proxy: bool,
        parent: int | None = None,
    ) -> None:
        """`listener` listens already, perhaps for others too; `parent` is a pipe that closes when the parent ends."""
        forwarded = "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"
        host, port, scheme = forwarded if is_behind_proxy else (None, None, None)
        super().__init__(
            application,
            endpoints=["adopted"],
            proxy_forwarded_address_header=host,
            proxy_forwarded_port_header=port,
            proxy_forwarded_proto_header=scheme,
            server_name="",
        )
        self.limits = limits
        self.is_behind_proxy = is_behind_proxy
        self.is_draining = False
        self.doorman = Doorman(limit=limits.connections_per_address)
        self.connections: dict[Any, dict[str, Any]] = {}
        self.connections_open: set[Connection] = set()
        self.sockets: set[Socket] = set()
        self._listener = listener
        self._parent = parent

    def run(self) -> None:
        """Serve until told to end, and then until everybody has been answered."""
        _log_what_twisted_catches()
        asyncio.set_event_loop(twisted_loop)
        self.ws_factory = self._socket_factory()
        self._listener.setblocking(False)
        self._listener.setblocking(
            False
        )  # Twisted takes a socket as it is, and accepts until there is nobody left
        self._port = _REACTOR.adoptStreamPort(
            self._listener.fileno(), self._listener.family, Connections(self)
        )
        self._listener.close()
        for wish in (signal.SIGTERM, signal.SIGINT):
            twisted_loop.add_signal_handler(wish, self.end, wish)
        if self._parent is not None:
            twisted_loop.add_reader(self._parent, self._orphaned)
        self._reporting = twisted_loop.create_task(reporter.keep_reporting())
        _REACTOR.callLater(1, self.application_checker)
        _REACTOR.addSystemEventTrigger("before", "shutdown", self.kill_all_applications)
        _REACTOR.run(installSignalHandlers=False)

    def _socket_factory(self) -> Sockets:
        factory = Sockets(self, server="")
        factory.setProtocolOptions(
            allowNullOrigin=True,  # judged by the application, which knows our origins
            openHandshakeTimeout=self.limits.handshake_s,
            maxMessagePayloadSize=self.limits.frame_bytes,
            maxFramePayloadSize=self.limits.frame_bytes,
        )
        return factory

    # --- the application ------------------------------------------------------------------------------------------

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Inbox | asyncio.Queue[Any] | None:
        """Start the application for one request or socket; its queue, or None when the client has gone already."""
        if scope["type"] != "websocket":
            queue: asyncio.Queue[Any] | None = super().create_application(protocol, scope)
            return queue
        if protocol not in self.connections:
            return None
        inbox: Inbox = protocol.new_inbox()
        scope |= {"asgi": {"version": "3.0"}, KEY: protocol.trust}
        # `send` as Daphne itself gives it: realtime.wire finds the transport behind it.
        running = self.application(
            scope=scope, receive=inbox.receive, send=partial(self.handle_reply, protocol)
        )
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(running)
        return inbox

    def protocol_disconnected(self, protocol: Any) -> None:
        """One that failed at its handshake was never among them, and one that was rejected may have gone already."""
        if protocol in self.connections:
            super().protocol_disconnected(protocol)

    def kill_all_applications(self) -> defer.Deferred[Any]:
        """What has not ended by now is cancelled."""
        instances = [details.get("application_instance") for details in self.connections.values()]
        pending = [instance for instance in instances if instance is not None and not instance.done()]
        for instance in pending:
            instance.cancel()
        ended = defer.Deferred.fromFuture(asyncio.gather(*pending, return_exceptions=True))
        return ended.addErrback(lambda _: None)

    # --- the end --------------------------------------------------------------------------------------------------

    def end(self, wish: signal.Signals) -> None:
        """Drain, and stop. Told a second time, stop at once."""
        if self.is_draining:
            signal.signal(wish, signal.SIG_DFL)
            os.kill(os.getpid(), wish)
            return
        self.is_draining = True
        draining.begin()
        _LOGGER.info("ending: %s sockets are told to come back", len(self.sockets))
        _exit_within(self.limits.drain_s + _CLOSING_S)
        self._drain = twisted_loop.create_task(self._end())

    def _orphaned(self) -> None:
        """Nobody would pass on a signal any more, and a new parent is to have the address for itself."""
        twisted_loop.remove_reader(self._parent)
        if not self.is_draining:
            self.end(signal.SIGTERM)

    async def _end(self) -> None:
        self._port.stopListening()
        give_up_at = time.monotonic() + self.limits.drain_s
        await self._say_goodbye()
        last_requests_until = time.monotonic() + _LAST_REQUESTS_S
        while time.monotonic() < give_up_at and self._is_in_use():
            await asyncio.sleep(_LOOK_S)
            if time.monotonic() > last_requests_until:
                self._close_idle()
        if left := len(self.sockets) + len(self.connections_open):
            _LOGGER.warning("ending with %s connections that did not end in time", left)
        _REACTOR.stop()

    async def _say_goodbye(self) -> None:
        """The door first: its phones are few, and somebody waits in front of them."""
        for some in _slices(sorted(self.sockets, key=lambda open_: not open_.is_device), _AT_A_TIME):
            for open_ in some:
                open_.take_leave()
            await asyncio.sleep(0)

    def _close_idle(self) -> None:
        for connection in list(self.connections_open):
            if not connection.is_answering:
                connection.loseConnection()

    def _is_in_use(self) -> bool:
        return bool(self.sockets or self.connections_open)


def _log_what_twisted_catches() -> None:
    """Exceptions that Twisted catches, in our log; not what it and autobahn say about each stranger."""
    threshold: Any = LogLevelFilterPredicate(defaultLogLevel=LogLevel.critical)
    to_our_log: Any = STDLibLogObserver(__name__)
    observer: Any = FilteringLogObserver(to_our_log, [threshold])
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False, discardBuffer=True)


def _slices(everything: list[Socket], size: int) -> Iterator[list[Socket]]:
    for begin in range(0, len(everything), size):
        yield everything[begin : begin + size]


def _exit_within(seconds: float) -> None:
    """Whatever still hangs by then: everybody was told, and nothing acknowledged is only in memory."""
    watchdog = threading.Timer(seconds, os._exit, (0,))
    watchdog.daemon = True
    watchdog.start()
