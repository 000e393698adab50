"""The client over real sockets: performs what the session decides. Sockets, tasks and time live here, and no rule."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, assert_never
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Origin, Subprotocol

from realtime import protocol as p
from realtime.client import effects as e
from realtime.client.effects import Moment, Status, Vitals
from realtime.client.heart import CONNECT_MS
from realtime.client.reader import Reader, Resumed, Told
from realtime.client.reading import read
from realtime.client.refusals import HandshakeRefused, NoAnswer, Refused
from realtime.client.session import Session
from realtime.client.topic import Place
from ticketing.scans import ScanFact, UndoFact

TICK_S: Final = 0.5
LARGEST_MESSAGE: Final = 64 * 1024 * 1024
"""The manifest of a million tickets is half of this."""
_CLOSE_S: Final = 1.0
_ABNORMAL: Final = 1006
_MAY_PASS: Final = (408, 425, 429)
"""Of the HTTP answers that say that a client did wrong, those that another try may not get."""

Answer = p.VerdictGiven | p.UndoAnswered | p.Drained


def origin_of(url: str) -> str:
    """The origin of the product's own pages, which the server asks every client to name."""
    parts = urlsplit(url)
    return f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc.rpartition('@')[2]}"


class Gateway:
    """A connection to the gateway that mends itself; `open_gateway` makes one."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        cookie: str | None = None,
        origin: str | None = None,
        on_status: Callable[[Status], None] | None = None,
    ) -> None:
        self._url = url
        self._headers = {"Cookie": cookie} if cookie else {}
        self._origin = origin or origin_of(url)
        self._session = Session(token)
        self._on_status = on_status
        self._told_status = Status.CONNECTING
        self._outgoing: asyncio.Queue[p.ClientMessage] = asyncio.Queue()
        self._readers: dict[str, Reader] = {}
        self._questions: dict[int, asyncio.Future[Answer]] = {}
        self._socket: ClientConnection | None = None
        self._retry_at: float | None = None
        self._ended: Exception | None = None

    @property
    def status(self) -> Status:
        """How the connection is."""
        return self._session.status

    async def follow(self, topic: str, resume: Place | None = None) -> AsyncGenerator[Told]:
        """What the topic tells, for as long as it is asked: a snapshot (unless it could go on from `resume`) and every
        fact after it; or the newest state. A drop in between is mended, and told as `Resumed`.

        Whoever does not read on holds up all topics of this gateway; they resume when it does.
        Raises Refused when the server ends the topic, HandshakeRefused when it opens no socket, and ValueError when
        the topic is followed already.
        """
        if self._ended is not None:
            raise self._ended
        effects = self._session.subscribe(topic, resume)
        reader = self._readers[topic] = Reader()
        await self._perform(effects)
        try:
            while True:
                yield await reader.take()
        finally:
            if self._readers.get(topic) is reader:
                del self._readers[topic]
                await self._perform(self._session.unsubscribe(topic))

    async def scan(self, fact: ScanFact, *, patience_s: float) -> p.VerdictGiven:
        """Ask for a verdict, as the device whose token was given. Raises NoAnswer when there is none in time."""
        answer = await self._answer(self._session.scan(fact), patience_s)
        assert isinstance(answer, p.VerdictGiven)
        return answer

    async def undo(self, fact: UndoFact, *, patience_s: float) -> p.UndoAnswered:
        """Take an admission of this device back. Raises NoAnswer when nobody answers in time."""
        answer = await self._answer(self._session.undo(fact), patience_s)
        assert isinstance(answer, p.UndoAnswered)
        return answer

    async def drain(
        self, scans: Sequence[ScanFact], undos: Sequence[UndoFact] = (), *, patience_s: float
    ) -> p.Drained:
        """Tell part of this device's journal, at most 200 of each. Raises NoAnswer when nobody answers in time."""
        answer = await self._answer(self._session.drain(scans, undos), patience_s)
        assert isinstance(answer, p.Drained)
        return answer

    async def heartbeat(self, vitals: Vitals) -> None:
        """Tell how this device is, if there is somebody to tell; a door's phone does so every ten seconds or so."""
        await self._perform(self._session.heartbeat(vitals))

    # --- connections -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, and connect again, until the server wants us no more."""
        beating = asyncio.create_task(self._beat())
        try:
            while self._ended is None:
                code = await self._one_connection()
                if self._retry_at is None:
                    await self._perform(self._session.closed(code, _now()))
                if self._retry_at is not None:
                    await asyncio.sleep(self._retry_at - time.monotonic())
        except Exception as error:  # noqa: BLE001  # it is raised to whoever reads a topic, now or later
            await self._end(error)
        finally:
            beating.cancel()

    async def _one_connection(self) -> int:
        """From opening a socket to its close; the code that it was closed with."""
        self._retry_at = None
        self._outgoing = asyncio.Queue()
        self._session.opening(_now())
        self._tell_status()
        try:
            async with asyncio.timeout(CONNECT_MS / 1000):
                self._socket = socket = await self._connect()
        except InvalidStatus as refusal:
            status = refusal.response.status_code
            if 400 <= status < 500 and status not in _MAY_PASS:
                raise HandshakeRefused(status) from refusal
            return _ABNORMAL
        except (OSError, WebSocketException):
            return _ABNORMAL
        try:
            await self._talk(socket)
        finally:
            self._socket = None
            await _hang_up(socket)
        return socket.close_code or _ABNORMAL

    async def _connect(self) -> ClientConnection:
        return await connect(
            self._url,
            subprotocols=[Subprotocol(p.SUBPROTOCOL)],
            origin=Origin(self._origin),
            additional_headers=self._headers,
            max_size=LARGEST_MESSAGE,
            compression=None,
            ping_interval=None,  # the protocol's own ping tells more: it asks the gateway, not its socket
            open_timeout=None,
            close_timeout=_CLOSE_S,
        )

    async def _talk(self, socket: ClientConnection) -> None:
        writing = asyncio.create_task(self._write(socket))
        try:
            await self._listen(socket)
        finally:
            writing.cancel()

    async def _listen(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while self._retry_at is None and self._ended is None:
                message = read(await socket.recv())
                if message is not None:
                    await self._perform(self._session.receive(message, _now()))

    async def _write(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                message = await self._outgoing.get()
                await socket.send(msgspec.json.encode(message).decode())

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            await self._perform(self._session.tick(_now()))

    async def _answer(self, question: tuple[int, Sequence[e.Effect]] | None, patience_s: float) -> Answer:
        if question is None:
            raise NoAnswer
        ref, effects = question
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._questions[ref] = answer
        await self._perform(effects)
        try:
            async with asyncio.timeout(patience_s):
                return await answer
        except TimeoutError:
            raise NoAnswer from None
        finally:
            self._questions.pop(ref, None)

    # --- performing --------------------------------------------------------------------------------------------------

    async def _perform(self, effects: Sequence[e.Effect]) -> None:
        for effect in effects:
            await self._perform_one(effect)
        self._tell_status()

    async def _perform_one(self, effect: e.Effect) -> None:
        match effect:
            case e.Send(message=message):
                self._outgoing.put_nowait(message)
            case e.Tell(message=told):
                await self._tell(told.topic, told)
            case e.TellResumed(topic=topic, missed=missed):
                await self._tell(topic, Resumed(topic, missed))
            case e.CloseTopic(topic=topic, code=code):
                if reader := self._readers.pop(topic, None):
                    await reader.end(Refused(code))
            case e.Reconnect(pause=pause):
                self._retry_at = time.monotonic() + pause.within(random.random()) / 1000  # noqa: S311  # no secret
                self._abandon()
            case e.End(code=code):
                await self._end(Refused(code))
            case e.Answered(message=answer):
                if question := self._questions.pop(answer.ref, None):
                    question.set_result(answer)
            case e.Unanswered(ref=ref, code=refusal):
                if question := self._questions.pop(ref, None):
                    question.set_exception(NoAnswer(refusal))
            case _:
                assert_never(effect)

    async def _tell(self, topic: str, told: Told) -> None:
        if reader := self._readers.get(topic):
            await reader.put(told)

    def _abandon(self) -> None:
        """A dead connection gives no answer to a close: whoever abandons it must not wait for one."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _end(self, reason: Exception) -> None:
        self._ended = reason
        readers, self._readers = self._readers, {}
        for reader in readers.values():
            await reader.end(reason)

    def _tell_status(self) -> None:
        if self.status is not self._told_status:
            self._told_status = self.status
            if self._on_status is not None:
                self._on_status(self.status)


@asynccontextmanager
async def open_gateway(
    url: str,
    *,
    token: str | None = None,
    cookie: str | None = None,
    origin: str | None = None,
    on_status: Callable[[Status], None] | None = None,
) -> AsyncIterator[Gateway]:
    """A gateway that is connecting, at `wss://host/ws`; it is left with the block.

    `token` is a paired device's, `cookie` a signed-in person's Cookie header; with neither, one is anybody.
    """
    gateway = Gateway(url, token=token, cookie=cookie, origin=origin, on_status=on_status)
    running = asyncio.create_task(gateway.run())
    try:
        yield gateway
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def follow(
    url: str,
    topic: str,
    *,
    token: str | None = None,
    cookie: str | None = None,
    origin: str | None = None,
    resume: Place | None = None,
    on_status: Callable[[Status], None] | None = None,
) -> AsyncGenerator[Told]:
    """One topic over a connection of its own; see `open_gateway` and `Gateway.follow`."""
    opened = open_gateway(url, token=token, cookie=cookie, origin=origin, on_status=on_status)
    async with opened as gateway:
        async for told in gateway.follow(topic, resume):
            yield told


async def _hang_up(socket: ClientConnection) -> None:
    """Close in peace; whoever cannot wait for that leaves nothing open either."""
    try:
        await socket.close()
    finally:
        socket.transport.abort()


def _now() -> Moment:
    return Moment(wall=time.time() * 1000, monotonic=time.monotonic() * 1000)
