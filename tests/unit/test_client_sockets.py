"""The Python client against a server that misbehaves on purpose: real sockets, a server of the library `websockets`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from realtime import protocol as p
from realtime.client import HandshakeRefused, Place, Resumed, Status, Told, follow, open_gateway
from realtime.client import reader as readers
from realtime.client.gateway import origin_of
from realtime.handbook_examples import conversations
from tests.servers import free_port

DOOR = "door:018f4e1a-0000-7000-8000-000000000001"
MANIFEST = next(
    line.message
    for conversation in conversations()
    for line in conversation.lines
    if isinstance(line.message, p.TopicSnapshot)
)
Talk = Callable[["Peer"], Awaitable[None]]


class Peer:
    """One connection, as the misbehaving server holds it."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket

    async def say(self, message: p.ServerMessage) -> None:
        await self.socket.send(p.encode(message))

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of this kind."""
        async for text in self.socket:
            message: dict[str, Any] = json.loads(text)
            if message["t"] == kind:
                return message
        raise EOFError

    async def welcome(self) -> None:
        await self.say(p.Welcome(version=1, connection="c", server_time=0))

    async def join(self, seq: int, *, resumed: bool) -> dict[str, Any]:
        asked = await self.hear("subscribe")
        await self.say(p.Joined(ref=asked["ref"], topic=DOOR, epoch="e1", seq=seq, resumed=resumed))
        if not resumed:
            await self.say(p.TopicSnapshot(topic=DOOR, epoch="e1", seq=seq, snapshot=MANIFEST.snapshot))
        return asked

    async def facts(self, first: int, last: int) -> None:
        for seq in range(first, last + 1):
            await self.say(p.TopicFact(topic=DOOR, seq=seq, fact=p.Nothing()))

    async def answer_pings(self) -> None:
        while True:
            ping = await self.hear("ping")
            await self.say(p.Pong(ref=ping["ref"], at=ping["at"], server_time=0, seqs={}))


@asynccontextmanager
async def serving(
    *talks: Talk, port: int = 0, refusals: list[HTTPStatus] | None = None
) -> AsyncIterator[str]:
    """A server whose first connection goes as the first talk, and so on; its address. The last talk may recur."""
    remaining = list(talks)

    async def handle(socket: ServerConnection) -> None:
        talk = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        try:
            await talk(Peer(socket))
        except (ConnectionClosed, EOFError):
            return

    async def refuse(socket: ServerConnection, _: Request) -> Response | None:
        return socket.respond(refusals.pop(0), "") if refusals else None

    spoken = [Subprotocol(p.SUBPROTOCOL)]
    async with serve(handle, "127.0.0.1", port, subprotocols=spoken, process_request=refuse) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/ws"


async def heard(entries: AsyncIterator[Told], count: int, *, within_s: float = 15) -> list[Told]:
    async with asyncio.timeout(within_s):
        return [await anext(entries) for _ in range(count)]


def seqs(told: list[Told]) -> list[int]:
    return [one.seq for one in told if isinstance(one, p.TopicFact)]


async def test_a_socket_that_looks_open_and_is_dead_is_noticed_within_four_seconds() -> None:
    died_at = 0.0

    async def die(peer: Peer) -> None:
        nonlocal died_at
        await peer.welcome()
        await peer.join(7, resumed=False)
        died_at = time.monotonic()
        await peer.socket.wait_closed()

    async def live(peer: Peer) -> None:
        await peer.welcome()
        assert (await peer.join(7, resumed=True))["since"] == 7
        await peer.facts(8, 8)
        await peer.answer_pings()

    async with serving(die, live) as url, aclosing(follow(url, DOOR)) as entries:
        told = await heard(entries, 2)
        noticed_after = time.monotonic() - died_at

    assert seqs(told) == [8]
    assert 3 <= noticed_after <= 4 + 0.5  # the pause before the next try


async def test_a_slow_reader_holds_up_the_server_and_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BOUND", 10)
    many, sent = 3_000, asyncio.Event()  # more than the kernel keeps for anybody
    tickets = tuple(p.TicketRow(anchor=f"{n:032x}", ticket_type="General admission") for n in range(100))

    async def flood(peer: Peer) -> None:
        await peer.welcome()
        await peer.join(0, resumed=False)
        for seq in range(1, many + 1):
            await peer.say(
                p.TopicFact(topic=DOOR, seq=seq, fact=p.TicketsIssued(tickets=tickets, order=None))
            )
        sent.set()
        await peer.answer_pings()

    async with serving(flood) as url, aclosing(follow(url, DOOR)) as entries:
        await heard(entries, 1)
        await asyncio.sleep(1)
        was_held_up = not sent.is_set()
        told = await heard(entries, many, within_s=60)

    assert was_held_up
    assert seqs(told) == list(range(1, many + 1))


async def test_a_server_that_is_not_there_yet_is_tried_until_it_is() -> None:
    port = free_port()
    statuses: list[Status] = []

    async def live(peer: Peer) -> None:
        await peer.welcome()
        await peer.join(7, resumed=False)
        await peer.answer_pings()

    url = f"ws://127.0.0.1:{port}/ws"
    async with aclosing(follow(url, DOOR, on_status=statuses.append)) as entries:
        first = asyncio.ensure_future(anext(entries))
        await asyncio.sleep(0.5)
        async with serving(live, port=port):
            told = await asyncio.wait_for(first, 15)

    assert isinstance(told, p.TopicSnapshot)
    assert statuses[:2] == [Status.OFFLINE, Status.LIVE]


async def test_a_proxy_whose_server_restarts_is_tried_again_one_that_refuses_is_not() -> None:
    async def live(peer: Peer) -> None:
        await peer.welcome()
        await peer.join(7, resumed=False)
        await peer.answer_pings()

    passing = [HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY]
    async with serving(live, refusals=passing) as url, aclosing(follow(url, DOOR)) as entries:
        [snapshot] = await heard(entries, 1)
    async with serving(live, refusals=[HTTPStatus.NOT_FOUND]) as url, aclosing(follow(url, DOOR)) as entries:
        with pytest.raises(HandshakeRefused, match="404"):
            await heard(entries, 1)

    assert isinstance(snapshot, p.TopicSnapshot)


async def test_a_hole_is_filled_on_the_same_socket_and_what_was_missed_is_counted_after_a_drop() -> None:
    async def leap(peer: Peer) -> None:
        await peer.welcome()
        await peer.join(7, resumed=False)
        await peer.facts(9, 9)
        assert (await peer.join(7, resumed=True))["since"] == 7
        await peer.facts(8, 9)
        await peer.say(p.GoingAway(after_ms=50))
        await peer.socket.close(4000)

    async def live(peer: Peer) -> None:
        await peer.welcome()
        asked = await peer.join(9, resumed=True)
        await peer.facts(10, 11)
        ping = await peer.hear("ping")
        await peer.say(p.Pong(ref=ping["ref"], at=0, server_time=0, seqs={asked["topic"]: 11}))
        await peer.answer_pings()

    began = time.monotonic()
    async with serving(leap, live) as url, aclosing(follow(url, DOOR, resume=Place(7, "old"))) as entries:
        told = await heard(entries, 6)
        took = time.monotonic() - began

    assert seqs(told) == [8, 9, 10, 11]
    assert told[-1] == Resumed(DOOR, 4)
    assert took < 2.5  # as the server asked, not as long as a crowd would wait


async def test_what_a_newer_server_says_is_passed_over() -> None:
    async def newer(peer: Peer) -> None:
        await peer.welcome()
        await peer.socket.send('{"t":"fireworks","colour":"gold"}')
        await peer.socket.send("not json")
        await peer.socket.send(b"\x00\x01")
        await peer.join(7, resumed=False)
        await peer.socket.send(json.dumps({"t": "fact", "topic": DOOR, "seq": 8, "fact": {"t": "danced"}}))
        await peer.facts(9, 9)
        await peer.answer_pings()

    async with serving(newer) as url, aclosing(follow(url, DOOR)) as entries:
        told = await heard(entries, 3)

    assert seqs(told) == [8, 9]


async def test_leaving_ends_everything_at_once_even_while_nobody_answers() -> None:
    began = time.monotonic()
    async with open_gateway(f"ws://127.0.0.1:{free_port()}/ws") as gateway:
        await asyncio.sleep(0.1)
        assert gateway.status is not Status.LIVE

    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("wss://tickets.example.org/ws", "https://tickets.example.org"),
        ("ws://127.0.0.1:8000/ws", "http://127.0.0.1:8000"),
        ("wss://user:word@tickets.example.org:8443/ws", "https://tickets.example.org:8443"),
    ],
)
def test_the_origin_is_the_addresss_own(url: str, origin: str) -> None:
    assert origin_of(url) == origin
