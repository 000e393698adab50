"""Several web processes behind one address: one log, whoever writes it; any of them may die."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from channels.db import database_sync_to_async

from config.place import ROOT
from realtime.protocol import CloseCode
from tests import servers
from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_paid_order, a_scan, a_show, codes_of
from tests.faults.attacker import asked
from tests.gateway_client import GatewayClient, connected
from ticketing.clock import utc_now
from ticketing.models import Event

on_the_database = pytest.mark.django_db(transaction=True)
Made = TypeVar("Made")
PROCESSES = 2
MANY = 24
PATIENCE_S = 20.0
BOUND_S = 14.0


@pytest.fixture
def family(django_db_setup: None, tmp_path: Path) -> Iterator[Daphne]:
    # A parent that is killed cannot take its temporary folder along.
    variables = {"REDIS_URL": servers.redis_url(), "TMPDIR": str(tmp_path)}
    with daphne(f"--processes={PROCESSES}", variables=variables) as running:
        yield running


async def made(make: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
    result: Made = await database_sync_to_async(partial(make, *args, **kwargs))()
    return result


def a_show_now() -> Event:
    return a_show(doors_at=utc_now().replace(microsecond=0))


def scan_message(code: str) -> dict[str, Any]:
    fact = a_scan(code, at=utc_now())
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


def children_of(family: Daphne) -> set[int]:
    """The web processes that the parent has at this moment."""
    pid = family.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def owner_of(client: GatewayClient, family: Daphne) -> int:
    """The web process at the other end of a socket: the kernel knows the connection's inode, and whose it is."""
    here = client.socket.transport.get_extra_info("sockname")[1]
    ends = f":{family.port:04X} ", f":{here:04X} "
    rows = Path("/proc/net/tcp").read_text().splitlines()
    [row] = [
        row for row in rows if all(end in row for end in ends) and row.index(ends[0]) < row.index(ends[1])
    ]
    inode = f"socket:[{row.split()[9]}]"
    return next(child for child in children_of(family) if inode in _opened_by(child))


def _opened_by(pid: int) -> set[str]:
    opened = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            opened.add(str(path.readlink()))
        except OSError:  # closed meanwhile
            continue
    return opened


@asynccontextmanager
async def one_at_each(family: Daphne, token: str) -> AsyncIterator[dict[int, GatewayClient]]:
    """A door phone at each process, by the process."""
    async with AsyncExitStack() as opened:
        found: dict[int, GatewayClient] = {}
        async with asyncio.timeout(PATIENCE_S):
            while len(found) < PROCESSES:
                some = [
                    opened.enter_async_context(connected(family.socket_url, token=token)) for _ in range(8)
                ]
                found |= {owner_of(client, family): client for client in await asyncio.gather(*some)}
        yield found


def figure_of(family: Daphne, name: str) -> float:
    """One of Prometheus' figures, from whichever process answers."""
    with urllib.request.urlopen(f"{family.url}/metrics", timeout=PATIENCE_S) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.split()[0] == name)


@on_the_database
async def test_whichever_process_is_asked_tells_the_figures_of_all(family: Daphne) -> None:
    async with AsyncExitStack() as opened:
        clients = [await opened.enter_async_context(connected(family.socket_url)) for _ in range(MANY)]
        owners = Counter(owner_of(client, family) for client in clients)

        assert await _in_time(lambda: figure_of(family, "ngn_gateway_sockets") == MANY)
        victim = next(iter(owners))
        os.kill(victim, signal.SIGKILL)
        assert await _in_time(lambda: figure_of(family, "ngn_gateway_sockets") == MANY - owners[victim])


@on_the_database
async def test_an_entry_that_one_process_writes_reaches_the_sockets_of_the_others(family: Daphne) -> None:
    event = await made(a_show_now)
    order = await made(a_paid_order, event, now=utc_now(), quantity=PROCESSES)
    _, token = await made(a_device, event, now=utc_now())
    codes = await made(codes_of, order, at=utc_now())

    async with one_at_each(family, token) as phones:
        for phone in phones.values():
            await phone.ask("subscribe", "joined", topic=f"door:{event.pk}")
        for phone, code in zip(phones.values(), codes, strict=True):
            answer = await phone.ask("scan", "verdict", scan=scan_message(code))
            told = [await each.expect("fact") for each in phones.values()]

            assert answer["verdict"]["t"] == "admitted"
            assert len({fact["seq"] for fact in told}) == 1


@on_the_database
async def test_a_killed_process_is_replaced_and_its_clients_go_on_at_another(family: Daphne) -> None:
    event = await made(a_show_now)
    order = await made(a_paid_order, event, now=utc_now())
    _, token = await made(a_device, event, now=utc_now())
    [code] = await made(codes_of, order, at=utc_now())
    topic = f"door:{event.pk}"

    async with one_at_each(family, token) as phones:
        victim, survivor = phones
        joined = await phones[victim].ask("subscribe", "joined", topic=topic)
        await phones[survivor].ask("subscribe", "joined", topic=topic)
        os.kill(victim, signal.SIGKILL)
        assert await phones[victim].close_code() == 1006  # nobody was there to say anything
        await phones[survivor].ask("scan", "verdict", scan=scan_message(code))
        await phones[survivor].expect("fact")

        async with connected(family.socket_url, token=token) as returned:
            since = {"since": joined["seq"], "epoch": joined["epoch"]}
            again = await returned.ask("subscribe", "joined", topic=topic, **since)
            missed = await returned.expect("fact")

    assert again["resumed"]
    assert missed["seq"] == joined["seq"] + 1
    assert await _in_time(lambda: len(children_of(family) - {victim}) == PROCESSES)
    assert await _in_time(lambda: asked(family, path="/readyz") == 200)


@on_the_database
async def test_sigterm_drains_all_of_them(family: Daphne) -> None:
    event = await made(a_show_now)
    _, token = await made(a_device, event, now=utc_now())

    async with one_at_each(family, token) as phones:
        family.process.send_signal(signal.SIGTERM)
        for phone in phones.values():
            await phone.expect("going_away")
        codes = [await phone.close_code() for phone in phones.values()]

    assert codes == [CloseCode.GOING_AWAY] * PROCESSES
    assert await asyncio.to_thread(family.process.wait, timeout=BOUND_S) == 0


@on_the_database
async def test_when_the_parent_is_killed_its_processes_drain_and_leave_the_address(family: Daphne) -> None:
    children = children_of(family)
    async with connected(family.socket_url) as fan:
        family.process.kill()
        await fan.expect("going_away")
        code = await fan.close_code()

    assert code == CloseCode.GOING_AWAY
    assert await _in_time(lambda: not any(_runs(child) for child in children))


def test_several_processes_without_redis_are_refused() -> None:
    variables = {**os.environ, "REDIS_URL": ""}

    refused = _served("--processes=2", variables=variables)

    assert refused.returncode == 1
    assert "needs REDIS_URL" in refused.stderr


def test_what_cannot_start_is_not_tried_for_ever() -> None:
    variables = {**os.environ, "REDIS_URL": "redis://127.0.0.1:1/0", "SECRET_KEY": "short"}

    refused = _served("--processes=2", variables=variables)

    assert refused.returncode == 1
    assert "SECRET_KEY is shorter than 32 characters" in refused.stderr


@pytest.mark.parametrize("processes", [1, PROCESSES])
def test_a_port_that_is_taken_is_named(processes: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        variables = {**os.environ, "REDIS_URL": "redis://127.0.0.1:1/0"}
        refused = _served(f"--port={port}", f"--processes={processes}", variables=variables)

    assert refused.returncode == 1
    assert f"port {port} cannot be had: Address already in use" in refused.stderr


def test_a_limit_that_does_not_exist_is_named() -> None:
    refused = _served("--limit=patience=3", variables=dict(os.environ))

    assert refused.returncode == 1
    assert "there is no limit 'patience'" in refused.stderr


def _served(*flags: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "config.serve", f"--port={servers.free_port()}", *flags]
    return subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=PATIENCE_S * 2
    )


def _runs(pid: int) -> bool:
    """Nobody may have waited for it: a zombie does not run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


async def _in_time(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if await asyncio.to_thread(holds):
            return True
        await asyncio.sleep(0.1)
    return False
