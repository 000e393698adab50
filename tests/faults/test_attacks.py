"""What strangers may try over HTTP and websockets costs a bounded amount, and the others do not notice."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async

from realtime.protocol import MAX_CLIENT_MESSAGE_BYTES as LONGEST
from realtime.protocol import CloseCode
from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_scan, a_show
from tests.faults.attacker import (
    BINARY,
    CONTINUATION,
    PATIENCE_S,
    PING,
    PONG,
    TEXT,
    RawSocket,
    asked,
    frame,
    growing_at_most,
    is_closed,
    memory_of,
    request,
    status_of,
    tcp,
)
from tests.gateway_client import connected
from ticketing.clock import utc_now

on_the_database = pytest.mark.django_db(transaction=True)
SOME = 20
PLENTY = 400
HASTY_S = 1.5
KEPT_S = 3.0
PING_MESSAGE = b'{"t":"ping","ref":1,"at":0}'


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daphne]:
    """With the limits that it has in production; its temporary files go to a folder of their own."""
    scratch = tmp_path_factory.mktemp("scratch")
    with daphne(variables={"TMPDIR": str(scratch)}) as running:
        yield running


@pytest.fixture(scope="module")
def hasty(django_db_setup: None) -> Iterator[Daphne]:
    """One whose deadlines are short enough for a test, and which lets few in from one address."""
    limits = (f"header_s={HASTY_S}", f"body_s={HASTY_S}", f"keep_alive_s={KEPT_S}", f"flush_s={HASTY_S}")
    with daphne(*(f"--limit={limit}" for limit in limits)) as running:
        yield running


def scratch_of(server: Daphne) -> list[Path]:
    """The files that the process holds open though nobody sees them any more, and those in its folder."""
    opened = [
        path.readlink() for path in Path(f"/proc/{server.process.pid}/fd").iterdir() if path.is_symlink()
    ]
    return [path for path in opened if "(deleted)" in str(path)]


# --- who may open a socket -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "http://localhost:8000"])
def test_our_own_pages_may_open_a_socket(server: Daphne, origin: str) -> None:
    with RawSocket(server, origin=origin) as socket:
        assert socket.status == 101


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "",
        "http://evil.com",
        "http://127.0.0.1.evil.com:8000",
        "http://127.0.0.1:8000@evil.com",
        "http://user@evil.com:8000",
        "http://127.0.0.1:9999",
        "http://127.0.0.1",
        "https://127.0.0.1:8000",
        "javascript://127.0.0.1:8000",
        "file://127.0.0.1",
        "http://127.0.0.1:99999999",
        "http://[127.0.0.1:8000",
    ],
)
def test_nobody_elses_page_may(server: Daphne, origin: str | None) -> None:
    with RawSocket(server, origin=origin) as socket:
        # What is no origin at all is refused a step earlier.
        assert socket.status in {400, 403}


# --- messages ------------------------------------------------------------------------------------------------------


def test_a_flood_of_messages_is_cut_at_once_and_costs_no_memory(server: Daphne) -> None:
    with growing_at_most(server, 30), RawSocket(server) as socket:
        sent = socket.pour(frame(TEXT, PING_MESSAGE) * 1000, most=200_000_000)

        assert socket.close_code() == CloseCode.TOO_FAST
        assert sent < 200_000_000
    assert asked(server) == 200


def test_a_flood_of_big_messages_is_cut_too(server: Daphne) -> None:
    with growing_at_most(server, 30), RawSocket(server) as socket:
        socket.pour(frame(TEXT, b"x" * LONGEST), most=200_000_000)

        assert socket.close_code() == CloseCode.TOO_FAST


def test_who_floods_a_slow_application_is_cut_by_what_waits(django_db_setup: None) -> None:
    unlimited = ("--limit=stranger_per_s=1e9", "--limit=stranger_burst=1e9")
    with (
        daphne("--application=tests.faults.slow_app:application", *unlimited) as server,
        growing_at_most(server, 30),
        RawSocket(server) as socket,
    ):
        socket.pour(frame(TEXT, b"x" * 1000), most=1_000_000_000)

        assert socket.close_code() == CloseCode.TOO_FAST


@pytest.mark.parametrize("opcode", [PING, PONG])
def test_a_hundred_thousand_pings_are_too_many(server: Daphne, opcode: int) -> None:
    with growing_at_most(server, 30), RawSocket(server) as socket:
        socket.pour(frame(opcode, b"are you there?") * 1000, most=100_000 * 20)

        assert socket.close_code() == CloseCode.TOO_FAST


def test_a_message_of_endless_empty_pieces_is_cut(server: Daphne) -> None:
    with growing_at_most(server, 30), RawSocket(server) as socket:
        socket.send(TEXT, b"", fin=False)
        socket.pour(frame(CONTINUATION, b"", fin=False) * 1000, most=20_000_000)

        assert socket.close_code() == CloseCode.TOO_FAST


def test_a_page_that_behaves_is_never_cut(server: Daphne) -> None:
    with RawSocket(server) as socket:
        for _ in range(SOME):
            socket.send(TEXT, PING_MESSAGE)
            socket.send(PING)
        answers = [socket.receive() for _ in range(1 + 2 * SOME)]

    assert None not in answers


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([frame(TEXT, b"x" * (LONGEST + 1))], CloseCode.MALFORMED_MESSAGE),
        ([frame(BINARY, b"{}")], CloseCode.MALFORMED_MESSAGE),
        ([frame(TEXT, b"x" * (2 * LONGEST + 1))], None),
        ([frame(TEXT, b"x" * 2 * LONGEST, fin=False), frame(CONTINUATION, b"x")], None),
        ([frame(TEXT, b"\xff\xfe")], None),
        ([frame(TEXT, b"{}")[:1] + b"\x02{}"], None),
    ],
    ids=["longer than the protocol", "binary", "huge", "huge in pieces", "not UTF-8", "unmasked"],
)
def test_what_no_client_of_ours_sends_ends_the_socket(
    server: Daphne, frames: list[bytes], code: CloseCode | None
) -> None:
    with growing_at_most(server, 10), RawSocket(server) as socket:
        for one in frames:
            socket.connection.sendall(one)

        assert socket.close_code() == code
    assert asked(server) == 200


@on_the_database
async def test_a_door_phone_that_waits_for_its_answers_is_never_cut(server: Daphne) -> None:
    event = await database_sync_to_async(a_show)(doors_at=utc_now().replace(microsecond=0))
    _, token = await database_sync_to_async(a_device)(event, now=utc_now())
    sixteen = 16

    async with connected(server.socket_url, token=token) as phone:
        for first in range(1, PLENTY, sixteen):
            for seq in range(first, first + sixteen):
                fact = a_scan("4" * 45, at=utc_now(), device_seq=seq)
                await phone.push("scan", scan={name: getattr(fact, name) for name in fact.__struct_fields__})
            for _ in range(sixteen):
                await phone.expect("verdict")


@on_the_database
async def test_who_asks_and_never_reads_is_cut_and_costs_no_more_than_his_share(server: Daphne) -> None:
    event = await database_sync_to_async(a_show)(doors_at=utc_now().replace(microsecond=0))
    _, token = await database_sync_to_async(a_device)(event, now=utc_now())
    before = memory_of(server)

    with RawSocket(server, receive_buffer=4096) as socket:
        socket.send(TEXT, json.dumps({"t": "authenticate", "ref": 1, "token": token}).encode())
        socket.send(TEXT, json.dumps({"t": "subscribe", "ref": 2, "topic": f"door:{event.pk}"}).encode())
        is_open = True
        for _ in range(round(PATIENCE_S * 75)):
            is_open = bool(socket.pour(frame(TEXT, PING_MESSAGE) * 20, most=1))
            if not is_open:
                break
            await asyncio.sleep(1 / 75)  # 1,500 a second are not too fast for a door phone

    assert not is_open
    assert memory_of(server) - before < 10_000_000


# --- HTTP ----------------------------------------------------------------------------------------------------------


def test_an_upload_of_300_megabytes_is_refused_before_it_costs_anything(server: Daphne) -> None:
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with growing_at_most(server, 10), tcp(server) as connection:
        connection.sendall(request("/stripe/webhook/", method="POST", Transfer_Encoding="chunked"))
        _pour(connection, chunk, most=300_000_000)

        assert status_of(connection) == 413
        assert is_closed(connection, within_s=5)
    assert scratch_of(server) == []


def test_a_body_that_says_how_long_it_is_is_refused_before_it_comes(server: Daphne) -> None:
    with tcp(server) as connection:
        head = request("/stripe/webhook/", method="POST", Content_Length="262145", Expect="100-continue")
        connection.sendall(head)

        assert status_of(connection) == 413


def test_a_body_as_long_as_anybodys_reaches_the_application(server: Daphne) -> None:
    with tcp(server) as connection:
        connection.sendall(
            request("/stripe/webhook/", method="POST", Content_Length="262144") + b"x" * 262_144
        )

        assert status_of(connection) == 400  # it is not signed


def test_no_answer_tells_what_answers(server: Daphne) -> None:
    with tcp(server) as connection:
        connection.sendall(request(Connection="close"))
        answer = b"".join(iter(lambda: connection.recv(4096), b""))

    assert b"server:" not in answer.lower()


def test_a_thousand_half_open_requests_are_gone_in_time_and_nobody_waits_for_them(hasty: Daphne) -> None:
    with ExitStack() as opened, growing_at_most(hasty, 60):
        connections = [opened.enter_context(tcp(hasty)) for _ in range(1000)]
        for at, connection in enumerate(connections):
            _pour(connection, request()[: at % 40] or b"\n", most=1)
        began = time.monotonic()
        while time.monotonic() - began < HASTY_S * 0.8:
            _trickle(connections)
            assert asked(hasty) == 200

        assert all(is_closed(connection, within_s=HASTY_S + 2.5) for connection in connections)


def test_a_body_that_trickles_is_given_up(hasty: Daphne) -> None:
    with tcp(hasty) as connection:
        connection.sendall(request("/stripe/webhook/", method="POST", Content_Length="1000"))
        began = time.monotonic()
        while time.monotonic() - began < HASTY_S * 0.8:
            connection.sendall(b"x")
            time.sleep(0.1)

        assert status_of(connection) == 408


def test_a_connection_that_asks_nothing_more_is_closed(hasty: Daphne) -> None:
    with tcp(hasty) as connection:
        connection.sendall(request())

        assert status_of(connection) == 200
        assert is_closed(connection, within_s=KEPT_S + 3)


def test_a_keep_alive_connection_is_answered_again_and_again(hasty: Daphne) -> None:
    with tcp(hasty) as connection:
        for _ in range(3):
            connection.sendall(request())
            assert status_of(connection) == 200
            connection.recv(4096)
            time.sleep(1)


def test_a_websocket_outlives_every_deadline_of_http(hasty: Daphne) -> None:
    with RawSocket(hasty) as socket:
        socket.receive()
        time.sleep(KEPT_S + 0.5)
        socket.send(TEXT, PING_MESSAGE)
        answer = socket.receive()

    assert answer is not None
    assert json.loads(answer[1])["t"] == "pong"


# --- addresses -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def narrow(django_db_setup: None) -> Iterator[Daphne]:
    with daphne(variables={"CONNECTIONS_PER_ADDRESS": str(SOME)}) as running:
        yield running


def test_an_address_has_so_many_connections_and_no_more(narrow: Daphne) -> None:
    with ExitStack() as opened:
        sockets = [opened.enter_context(RawSocket(narrow, source="127.0.0.2")) for _ in range(SOME)]

        assert [socket.status for socket in sockets] == [101] * SOME
        assert asked(narrow, source="127.0.0.2") is None
        assert asked(narrow, source="127.0.0.3") == 200
    assert _in_time(lambda: asked(narrow, source="127.0.0.2") == 200)


def test_a_place_is_given_back_whatever_became_of_the_connection(narrow: Daphne) -> None:
    for _ in range(2 * SOME):
        with RawSocket(narrow, source="127.0.0.4") as socket:
            assert socket.status == 101
        assert asked(narrow, source="127.0.0.4") == 200
        with RawSocket(narrow, source="127.0.0.4", origin="http://evil.com") as socket:
            assert socket.status == 403
        with tcp(narrow, source="127.0.0.4") as connection:
            connection.sendall(b"GET / HT")
    time.sleep(0.3)

    with ExitStack() as opened:
        sockets = [opened.enter_context(RawSocket(narrow, source="127.0.0.4")) for _ in range(SOME)]
        assert [socket.status for socket in sockets] == [101] * SOME


def test_what_a_client_claims_of_its_address_counts_behind_a_proxy_only(
    narrow: Daphne, django_db_setup: None
) -> None:
    with ExitStack() as opened:
        for at in range(SOME):
            opened.enter_context(RawSocket(narrow, source="127.0.0.5", X_Forwarded_For=f"192.0.2.{at}"))
        assert asked(narrow, source="127.0.0.5", X_Forwarded_For="192.0.2.200") is None

    variables = {"CONNECTIONS_PER_ADDRESS": str(SOME)}
    with daphne("--behind-proxy", variables=variables) as proxied, ExitStack() as opened:
        sockets = [opened.enter_context(RawSocket(proxied, X_Forwarded_For="192.0.2.1")) for _ in range(SOME)]
        assert [socket.status for socket in sockets] == [101] * SOME
        assert asked(proxied, X_Forwarded_For="192.0.2.1") == 429
        with RawSocket(proxied, X_Forwarded_For="192.0.2.1") as one_more:
            assert one_more.status == 429
        assert asked(proxied, X_Forwarded_For="192.0.2.2") == 200
        sockets[0].connection.close()
        assert _in_time(lambda: asked(proxied, X_Forwarded_For="192.0.2.1") == 200)


def _in_time(holds: Any) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


def _pour(connection: Any, what: bytes, *, most: int) -> int:
    sent = 0
    try:
        while sent < most:
            connection.sendall(what)
            sent += len(what)
    except OSError:
        pass
    return sent


def _trickle(connections: list[Any]) -> None:
    for connection in connections:
        _pour(connection, b"x", most=1)
