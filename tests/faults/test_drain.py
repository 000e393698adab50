"""A web process that is told to end tells everybody when to come back, and cuts no answer off."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import Any, TypeVar

import pytest
from channels.db import database_sync_to_async
from django.db import connection, transaction
from websockets.exceptions import ConnectionClosed

from realtime.protocol import CloseCode
from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_paid_order, a_scan, a_show, codes_of
from tests.faults.attacker import RawSocket, asked, request, status_of, tcp
from tests.gateway_client import GatewayClient, connected
from ticketing.clock import utc_now
from ticketing.models import Device, Event, Scan

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Made = TypeVar("Made")
MANY = 200
BOUND_S = 10.0
PATIENCE_S = 15.0


async def made(make: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
    result: Made = await database_sync_to_async(partial(make, *args, **kwargs))()
    return result


@pytest.fixture
def server(django_db_setup: None) -> Iterator[Daphne]:
    with daphne() as running:
        yield running


def a_show_now() -> Event:
    return a_show(doors_at=utc_now().replace(microsecond=0))


def scan_message(code: str) -> dict[str, Any]:
    fact = a_scan(code, at=utc_now())
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


async def ended(server: Daphne, *, within_s: float) -> int:
    """Its exit code."""
    return await asyncio.to_thread(server.process.wait, timeout=within_s)


async def farewell(client: GatewayClient) -> tuple[int, int | None]:
    """The pause that a client is asked for, and its close code."""
    told = await client.expect("going_away")
    code = await client.close_code()
    return told["after_ms"], code


async def test_two_hundred_sockets_are_told_to_come_back_each_at_its_own_moment(server: Daphne) -> None:
    event = await made(a_show_now)
    _, token = await made(a_device, event, now=utc_now())

    async with AsyncExitStack() as opened:
        fans = [await opened.enter_async_context(connected(server.socket_url)) for _ in range(MANY)]
        phone = await opened.enter_async_context(connected(server.socket_url, token=token))
        server.process.send_signal(signal.SIGTERM)
        told = await asyncio.gather(*map(farewell, fans))
        [pause, code] = await farewell(phone)

    assert {code for _, code in told} == {CloseCode.GOING_AWAY}
    pauses = sorted(after_ms for after_ms, _ in told)
    assert pauses[0] < 2_500
    assert 7_500 < pauses[-1] <= 10_000
    assert (pause <= 1_000, code) == (True, CloseCode.GOING_AWAY)
    assert await ended(server, within_s=BOUND_S) == 0


async def test_a_scan_under_way_is_answered_before_the_socket_closes(server: Daphne) -> None:
    event = await made(a_show_now)
    order = await made(a_paid_order, event, now=utc_now())
    device, token = await made(a_device, event, now=utc_now())
    [code] = await made(codes_of, order, at=utc_now())

    async with connected(server.socket_url, token=token) as phone:
        with held_up(device):
            await phone.push("scan", scan=scan_message(code))
            await asyncio.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            await phone.expect("going_away")
        verdict = await phone.expect("verdict")
        code_of_close = await phone.close_code()

    assert verdict["verdict"]["t"] == "admitted"
    assert code_of_close == CloseCode.GOING_AWAY
    assert await made(Scan.objects.count) == 1
    assert await ended(server, within_s=BOUND_S) == 0


async def test_a_scan_that_is_sent_too_late_stays_unacknowledged_and_the_next_process_judges_it() -> None:
    event = await made(a_show_now)
    order = await made(a_paid_order, event, now=utc_now())
    _, token = await made(a_device, event, now=utc_now())
    [code] = await made(codes_of, order, at=utc_now())
    scan = scan_message(code)

    with daphne() as server:
        async with connected(server.socket_url, token=token) as phone:
            joined = await phone.ask("subscribe", "joined", topic=f"door:{event.pk}")
            server.process.send_signal(signal.SIGTERM)
            await farewell(phone)
            with pytest.raises(ConnectionClosed):
                await phone.push("scan", scan=scan)
        assert await ended(server, within_s=BOUND_S) == 0
        port = server.port

    assert await made(Scan.objects.count) == 0
    with daphne(port=port) as successor:
        async with connected(successor.socket_url, token=token) as phone:
            since = {"since": joined["seq"], "epoch": joined["epoch"]}
            again = await phone.ask("subscribe", "joined", topic=f"door:{event.pk}", **since)
            answer = await phone.ask("scan", "verdict", scan=scan)

    assert again["resumed"]
    assert answer["verdict"]["t"] == "admitted"


async def test_whoever_balances_the_load_is_told_and_no_new_connection_is_taken(server: Daphne) -> None:
    async with connected(server.socket_url) as fan:
        with tcp(server) as kept:
            kept.sendall(request("/readyz"))
            assert status_of(kept) == 200
            kept.recv(4096)
            server.process.send_signal(signal.SIGTERM)
            await fan.expect("going_away")
            kept.sendall(request("/readyz"))
            answer = kept.recv(4096)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.to_thread(asked, server)

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"connection: close" in answer.lower()
    assert b'"ending"' in answer
    assert await ended(server, within_s=BOUND_S) == 0


async def test_somebody_who_does_not_go_does_not_hold_it_up_for_ever(django_db_setup: None) -> None:
    with daphne("--limit=drain_s=1") as server, RawSocket(server) as deaf, tcp(server) as half_open:
        half_open.sendall(request()[:10])
        assert deaf.status == 101
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)

        assert await ended(server, within_s=BOUND_S) == 0
        assert time.monotonic() - began < 5


async def test_asked_a_second_time_it_ends_at_once(server: Daphne) -> None:
    event = await made(a_show_now)
    device, token = await made(a_device, event, now=utc_now())

    async with connected(server.socket_url, token=token) as phone:
        with held_up(device):
            await phone.push("scan", scan=scan_message("4" * 45))
            await asyncio.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            await phone.expect("going_away")
            server.process.send_signal(signal.SIGTERM)

            assert await ended(server, within_s=1.5) == -signal.SIGTERM


async def test_an_old_socket_is_told_to_come_back(django_db_setup: None) -> None:
    with daphne("--limit=rotate_s=1.5") as server:
        async with connected(server.socket_url) as fan:
            began = time.monotonic()
            _, code = await farewell(fan)
            lived_s = time.monotonic() - began
        with tcp(server) as connection:
            connection.sendall(request())
            assert status_of(connection) == 200

    assert code == CloseCode.GOING_AWAY
    assert 0.8 < lived_s < 3


@contextmanager
def held_up(device: Device) -> Iterator[None]:
    """Nobody may judge a scan of this device inside: its row (in SQLite, the whole file) is locked by somebody else."""
    is_locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Device.objects.select_for_update().get(pk=device.pk)
            is_locked.set()
            done.wait(PATIENCE_S)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    is_locked.wait(PATIENCE_S)
    yield
    done.set()
    holder.join()
