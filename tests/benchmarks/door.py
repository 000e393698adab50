"""The door: redemptions a second through twenty phones, how long a scan waits, and how fast a journal comes up.

Twenty phones follow their door on one web process with PostgreSQL; each scans, waits for its verdict and scans again,
while all twenty are told of every entry. The phones are bare sockets in this process (`door_phones.py`). The baseline
is the stock way (`stock_door.py`), a transaction of its own for each scan, in twenty threads of a process beside the
database and without any socket between: it does less, and its rounds alternate with ours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from django.db import connection

from realtime import protocol as p
from tests.benchmarks import door_browser, door_house, report, stock_door
from tests.benchmarks.door_house import DoorHouse
from tests.benchmarks.door_phones import DRAINED, VERDICT, Phone, phone
from tests.benchmarks.place import Database, postgresql, sqlite
from tests.benchmarks.report import percentile, spread
from tests.clients import Clients, clients
from tests.daphne import daphne
from tests.factories import uuid7
from ticketing.clock import millis, utc_now
from ticketing.scans import Decision, ScanFact

PHONES = 20
ROUNDS = 3
SECONDS = 2.0
ALONE = 200
DRAINED_SCANS = 10_000
PART = 200
TICKETS = 34_000
FEW_TICKETS = 4_000
STOCK_SCANS = 2_000
"""Of one round; so many it never makes."""
PAUSE_S = 0.5
SEEN_EACH = 8
_SCAN_ID = b'"scan_id":"'


@dataclass(slots=True)
class Turn:
    """One round: so many redemptions a second, and each one's milliseconds."""

    per_s: float
    took_ms: list[float]


@dataclass(slots=True)
class Watch:
    """When the phones were told of each scan's entry, by the scan's id."""

    told: dict[bytes, list[float]] = field(default_factory=dict)
    is_on: bool = False

    def look(self, data: bytes) -> None:
        """A chunk of what a phone was told."""
        if not self.is_on:
            return
        now, at = time.perf_counter(), data.find(_SCAN_ID)
        while at >= 0:
            start = at + len(_SCAN_ID)
            self.told.setdefault(data[start : start + 36], []).append(now)
            at = data.find(_SCAN_ID, start)


@dataclass(slots=True)
class Door:
    """The phones at a door, and the next ticket that nobody has shown."""

    house: DoorHouse
    phones: list[Phone]
    watch: Watch
    tickets: Iterator[int] = field(default_factory=count)

    def scan(self, decision: Decision = Decision.ASKED) -> ScanFact:
        """The next ticket at this moment."""
        number, at = next(self.tickets), millis(utc_now())
        return ScanFact(
            scan_id=uuid7(),
            device_seq=number + 1,
            code=self.house.code(number, at_ms=at),
            scanned_at=at,
            clock_offset_ms=0,
            decision=decision,
        )


def main() -> None:
    with postgresql() as database, clients(1, database_url=database.url) as beside:
        _on_postgresql(database, beside)
    with sqlite() as database, clients(1, database_url=database.url) as beside:
        _on_sqlite(database, beside)
    door_browser.in_chromium()


def _on_postgresql(database: Database, beside: Clients) -> None:
    house = _house(beside, TICKETS)
    with _serving(database) as port:
        alone, turns, stock, seen_ms, drain_s = asyncio.run(_evening(house, port, beside))
    per_s = spread([turn.per_s for turn in turns])
    every = [ms for turn in turns for ms in turn.took_ms]
    stock_ms = [ms for turn in stock for ms in turn.took_ms]
    report.table(
        f"PostgreSQL, {PHONES} phones that scan without a pause",
        ("way", "redemptions/s", "p50 ms", "p99 ms"),
        [
            ("ours, over sockets", per_s, percentile(every, 0.5), percentile(every, 0.99)),
            (
                "stock ORM, no socket",
                spread([turn.per_s for turn in stock]),
                percentile(stock_ms, 0.5),
                percentile(stock_ms, 0.99),
            ),
        ],
    )
    report.result("redemptions_per_s", per_s.median, "1/s")
    report.result("redemptions_vs_orm", per_s.median / spread([t.per_s for t in stock]).median, "x")
    report.result("scan_to_verdict_p50_ms", percentile(alone, 0.5), "ms")
    report.result("scan_to_verdict_p99_ms", percentile(alone, 0.99), "ms")
    report.result("device_to_device_p99_ms", percentile(seen_ms, 0.99), "ms")
    report.result("drain_10000_s", drain_s, "s")


def _on_sqlite(database: Database, beside: Clients) -> None:
    house = _house(beside, FEW_TICKETS)
    with _serving(database) as port:
        alone, turn = asyncio.run(_quiet_evening(house, port))
    report.table(
        "SQLite",
        ("phones", "redemptions/s", "p50 ms", "p99 ms"),
        [
            ("1", 1000 * len(alone) / sum(alone), percentile(alone, 0.5), percentile(alone, 0.99)),
            (str(PHONES), turn.per_s, percentile(turn.took_ms, 0.5), percentile(turn.took_ms, 0.99)),
        ],
    )


def _house(beside: Clients, tickets: int) -> DoorHouse:
    [house] = beside.run(door_house.make_door, [{"tickets": tickets, "phones": PHONES}])
    assert isinstance(house, DoorHouse)
    return house


@contextmanager
def _serving(database: Database) -> Iterator[int]:
    variables = {"DATABASE_URL": database.url, "PUBLIC_URL": "http://127.0.0.1:8000"}
    with daphne(variables=variables) as server:
        yield server.port


async def _evening(
    house: DoorHouse, port: int, beside: Clients
) -> tuple[list[float], list[Turn], list[Turn], list[float], float]:
    door = await _door(house, port)
    alone = await _alone(door)
    await _rush(door)  # connections opened, statements planned
    turns, stock = [], []
    for _ in range(ROUNDS):
        turns.append(await _rush(door))
        scans = [door.scan() for _ in range(STOCK_SCANS)]
        loop = asyncio.get_running_loop()
        told = {"device": house.devices[0], "scans": scans}
        [turn] = await loop.run_in_executor(None, beside.run, stock_rush, [told])
        stock.append(turn)
    seen_ms = await _seen(door)
    return alone, turns, stock, seen_ms, await _drain(door)


async def _quiet_evening(house: DoorHouse, port: int) -> tuple[list[float], Turn]:
    door = await _door(house, port)
    return await _alone(door), await _rush(door)


async def _door(house: DoorHouse, port: int) -> Door:
    watch = Watch()
    phones = [await phone(port, token=t, event=house.event, look=watch.look) for t in house.tokens]
    return Door(house, phones, watch)


async def _alone(door: Door) -> list[float]:
    """One phone, the others look on."""
    return [await _ask(door, door.phones[0]) for _ in range(ALONE)]


async def _rush(door: Door) -> Turn:
    """Everybody scans, again and again."""
    took: list[float] = []
    began = time.perf_counter()

    async def shift(one: Phone) -> None:
        while time.perf_counter() - began < SECONDS:
            took.append(await _ask(door, one))

    await asyncio.gather(*map(shift, door.phones))
    return Turn(len(took) / (time.perf_counter() - began), took)


async def _ask(door: Door, one: Phone) -> float:
    return 1000 * await one.ask(p.ScanTicket(ref=9, scan=door.scan()), VERDICT)


async def _seen(door: Door) -> list[float]:
    """Each phone scans twice a second: how long until an entry is red at the last of the twenty."""
    scanned: dict[bytes, float] = {}

    async def shift(one: Phone, number: int) -> None:
        await asyncio.sleep(number * PAUSE_S / len(door.phones))
        for _ in range(SEEN_EACH):
            scan = door.scan()
            scanned[scan.scan_id.encode()] = time.perf_counter()
            await one.ask(p.ScanTicket(ref=9, scan=scan), VERDICT)
            await asyncio.sleep(PAUSE_S)

    door.watch.is_on = True
    await asyncio.gather(*(shift(one, number) for number, one in enumerate(door.phones)))
    door.watch.is_on = False
    return [(max(door.watch.told[scan_id]) - at) * 1000 for scan_id, at in scanned.items()]


async def _drain(door: Door) -> float:
    """One phone comes back with a journal; the codes are made before."""
    scans = [door.scan(Decision.ADMITTED_OFFLINE) for _ in range(DRAINED_SCANS)]
    began = time.perf_counter()
    for start in range(0, DRAINED_SCANS, PART):
        drain = p.Drain(ref=5, scans=tuple(scans[start : start + PART]))
        await door.phones[0].ask(drain, DRAINED)
    return time.perf_counter() - began


def stock_rush(*, device: object, scans: list[ScanFact]) -> Turn:
    """The stock way, in twenty threads, for as long as a round of ours."""
    ends = time.perf_counter() + SECONDS
    began = time.perf_counter()

    def shift(mine: list[ScanFact]) -> list[float]:
        took = []
        for scan in mine:
            if (start := time.perf_counter()) > ends:
                break
            stock_door.redeem(device_id=device, scan=scan, now=utc_now())  # type: ignore[arg-type]
            took.append((time.perf_counter() - start) * 1000)
        connection.close()
        return took

    with ThreadPoolExecutor(PHONES) as threads:
        shifts = list(threads.map(shift, [scans[number::PHONES] for number in range(PHONES)]))
    took = [ms for each in shifts for ms in each]
    return Turn(len(took) / (time.perf_counter() - began), took)
