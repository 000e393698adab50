"""One HTTP connection: its deadlines, the size of what it sends, its place at its address.

Twisted's own time-out starts anew with every byte, so that one byte now and then keeps a connection for ever. Here each
part of a request has a moment by which it must be complete.
"""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import TYPE_CHECKING, Any

from daphne.http_protocol import WebRequest
from daphne.server import twisted_loop
from daphne.utils import parse_x_forwarded_for
from twisted.internet.interfaces import IAddress
from twisted.web import http

from realtime.server.doorman import Lease
from realtime.telemetry import telemetry

if TYPE_CHECKING:
    from realtime.server.web_server import WebServer

# Twisted is typed in parts; of what is subclassed here, hardly anything is.
_HTTPChannel: Any = http.HTTPChannel
_HTTPFactory: Any = http.HTTPFactory
_LINGER_S = 2.0
"""A refusal is readable for so long while the client still sends: closing at once would take it away again."""


class Connection(_HTTPChannel):  # type: ignore[misc]  # see above
    """An HTTP connection with deadlines."""

    # Its own, in place of a time-out that any byte prolongs.
    timeOut = None  # noqa: N815  # Twisted's name

    server: WebServer
    lease: Lease | None = None

    def __init__(self) -> None:
        super().__init__()
        self._deadline: asyncio.TimerHandle | None = None
        self._is_idle = False
        self._is_ending = False
        self._is_refused = False
        self.is_answering = False
        """Whether a request has come whole and has not been answered yet."""

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name, as below
        super().connectionMade()
        self.server.connections_open.add(self)
        self._must_end_within(self.server.limits.header_s)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._is_refused:
            return
        if self._is_idle:
            self._is_idle = False
            self._must_end_within(self.server.limits.header_s)
        super().dataReceived(data)

    def allHeadersReceived(self) -> None:  # noqa: N802
        super().allHeadersReceived()
        if not self._is_refused:
            self._must_end_within(self.server.limits.body_s)

    def allContentReceived(self) -> None:  # noqa: N802
        if self._is_refused:
            return
        self._must_end_within(None)
        self.is_answering = True
        super().allContentReceived()

    def requestDone(self, request: http.Request) -> None:  # noqa: N802
        # First, since what has come meanwhile is read in there, and begins the next request.
        self._is_idle, self.is_answering = True, False
        self._must_end_within(self.server.limits.keep_alive_s)
        super().requestDone(request)

    def loseConnection(self) -> Any:  # noqa: N802
        """Close once the rest of the answer is out; a client that does not read it is cut off after a while."""
        self._is_ending = True
        self._must_end_within(self.server.limits.flush_s)
        return super().loseConnection()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self._forget()
        if self.lease is not None:
            self.lease.release()
        super().connectionLost(reason)

    def refuse(self, status: bytes) -> None:
        """Answer in the server's own name, then read and drop what still comes, for a moment."""
        if self._is_refused:
            return
        self._is_refused = self._is_ending = True
        self.transport.write(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        self.transport.loseWriteConnection()
        self._must_end_within(_LINGER_S)

    def become_socket(self) -> Lease | None:
        """The connection is a websocket's now: its place goes along, everything else of HTTP is let go."""
        self._forget()
        self.transport.unregisterProducer()
        self.requests.clear()
        lease, self.lease = self.lease, None
        return lease

    def _forget(self) -> None:
        self._must_end_within(None)
        self.server.connections_open.discard(self)

    def _must_end_within(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else twisted_loop.call_later(seconds, self._late)

    def _late(self) -> None:
        if self._is_ending:
            self.transport.abortConnection()
        elif self.requests:
            telemetry.requests_late += 1
            self.refuse(b"408 Request Timeout")
        else:
            self.loseConnection()


class Request(WebRequest):  # type: ignore[misc]  # daphne ships no types
    """A request whose body stays in memory, because it is small, and is refused when it is not."""

    channel: Any  # a Connection, or None once the answer is out
    transport: Any

    def __init__(self, channel: Connection, queued: object = False) -> None:
        # Twisted would parse every form once more than Django does.
        super().__init__(channel, queued, parsePOSTFormSubmission=False)
        self._received = 0
        self._lease: Lease | None = None

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        """The headers are read, and perhaps tell how long the body is."""
        self.content = BytesIO()
        if length is not None and length > self.server.limits.body_bytes:
            # Nobody is to be told to go on.
            self.requestHeaders.removeHeader("expect")
            self._refuse_body()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """A part of the body: counted as it comes, since a chunked one never said how long it is."""
        self._received += len(data)
        if self._received > self.server.limits.body_bytes:
            self._refuse_body()
        else:
            self.content.write(data)

    def _refuse_body(self) -> None:
        telemetry.requests_too_large += 1
        self.channel.refuse(b"413 Content Too Large")

    def process(self) -> None:
        """The request is complete: on to the application, or up to a websocket."""
        if self.server.is_behind_proxy and not self._enters():
            self.channel.refuse(b"429 Too Many Requests")
            return
        transport, connection = self.transport, self.channel
        super().process()
        if self.transport is None:
            # Daphne has given the transport to a socket. The request's own place is the one that counts, if it has one.
            lease = connection.become_socket()
            transport.protocol.lease, self._lease = self._lease or lease, None
            self.channel = None

    def _enters(self) -> bool:
        """Behind a proxy every connection is the proxy's: each request and socket counts for whom it is passed on."""
        [address, _], _ = parse_x_forwarded_for(
            self.requestHeaders, original_addr=[getattr(self.client, "host", ""), 0]
        )
        self._lease = self.server.doorman.enter(address)
        telemetry.connections_refused += self._lease is None
        return self._lease is not None

    def handle_reply(self, message: dict[str, Any]) -> None:
        """One part of the application's answer."""
        if (
            message.get("type") == "http.response.start"
            and self.server.is_draining
            and self.channel is not None
        ):
            self.channel.persistent = 0
            self.setHeader(b"connection", b"close")
        super().handle_reply(message)

    def finish(self) -> None:
        """The answer is complete."""
        self._leave()
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self._leave()
        super().connectionLost(reason)

    def _leave(self) -> None:
        if self._lease is not None:
            self._lease.release()


class Connections(_HTTPFactory):  # type: ignore[misc]  # see above
    """Makes the connections, unless their address has too many already."""

    protocol = Connection  # not behind Twisted's switch to HTTP/2, which the proxy speaks

    def __init__(self, server: WebServer) -> None:
        super().__init__()
        self.server = server

    def buildProtocol(self, addr: IAddress | None) -> Any:  # noqa: N802
        """A connection; None closes it."""
        lease = None
        if not self.server.is_behind_proxy:
            lease = self.server.doorman.enter(getattr(addr, "host", ""))
            if lease is None:
                telemetry.connections_refused += 1
                return None
        connection: Any = super().buildProtocol(addr)
        connection.timeOut = None
        connection.server, connection.lease = self.server, lease
        connection.requestFactory = Request
        return connection

    def log(self, request: http.Request) -> None:
        """No access log here: it is the proxy's."""
