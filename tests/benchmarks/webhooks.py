"""Fulfilments a second: Stripe's word that a session is paid, until its order has its ticket, on PostgreSQL.

A client is a process that delivers signed `checkout.session.completed` events one after the other to the real
endpoint, through all of Django's handler. Each order is of one ticket, whose chain of live codes is hashed for a door
window of seven hours (1,680 links); the baseline is that hashing alone, on as many processes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from tests.benchmarks import holding, paying, report
from tests.benchmarks.holding import Show
from tests.benchmarks.place import Database, postgresql
from tests.benchmarks.report import percentile, spread
from tests.clients import Clients, clients
from ticketing.clock import utc_now

LEVELS = (1, 2, 4, 8)
ROUNDS = 3
DELIVERIES = 96
LEAD_S = 0.05


@dataclass(frozen=True, slots=True)
class Round:
    """One level, once."""

    per_s: float
    took_ms: list[float]
    client_ms: float
    server_ms: float


def main() -> None:
    with postgresql() as database, clients(max(LEVELS), database_url=database.url) as senders:
        tomorrow = utc_now() + timedelta(days=1)
        call = {"number": 51, "allocation": holding.MANY, "doors_at": tomorrow}
        [shows] = senders.run(holding.make_shows, [call])
        _round(database, senders, shows[:1], max(LEVELS))  # connections opened, code loaded
        plan = [("one hot show", level, shows[:1]) for level in LEVELS] + [("fifty shows", 4, shows[1:])]
        rounds = _rounds(database, senders, plan)
        hashing = [_hashing(senders, level) for level in LEVELS]
        [problems] = senders.run(paying.problems, [{}])
    if problems:
        raise RuntimeError(f"the books do not agree: {problems}")
    report.table(
        "signed deliveries of paid sessions, PostgreSQL", _HEADS, [_line(*of) for of in rounds.items()]
    )
    print(
        "  hashing alone: "
        + ", ".join(f"{n} clients {rate:,.0f}/s" for n, rate in zip(LEVELS, hashing, strict=True))
    )
    best = max(spread([one.per_s for one in rounds["one hot show", level]]).median for level in LEVELS)
    report.result("fulfilments_per_s", best, "1/s")


def _rounds(
    database: Database, senders: Clients, plan: list[tuple[str, int, list[Show]]]
) -> dict[tuple[str, int], list[Round]]:
    rounds: dict[tuple[str, int], list[Round]] = {(name, level): [] for name, level, _ in plan}
    for _ in range(ROUNDS):
        for name, level, shows in plan:
            rounds[name, level].append(_round(database, senders, shows, level))
    return rounds


def _round(database: Database, senders: Clients, shows: list[Show], level: int) -> Round:
    number = DELIVERIES // level
    bodies = senders.run(paying.orders_to_pay, [{"shows": shows, "number": number}] * level)
    before, starts_at = database.processor_s(), time.monotonic() + LEAD_S
    done = senders.run(paying.deliver, [{"bodies": mine, "starts_at": starts_at} for mine in bodies])
    refused = [one.answers for one in done if set(one.answers) != {200}]
    if refused:
        raise RuntimeError(f"deliveries were turned away: {refused}")
    took = list(chain.from_iterable(one.took_ms for one in done))
    return Round(
        per_s=len(took) / (max(one.ended_at for one in done) - starts_at),
        took_ms=took,
        client_ms=sum(one.processor_s for one in done) * 1_000 / len(took),
        server_ms=(database.processor_s() - before) * 1_000 / len(took),
    )


def _hashing(senders: Clients, level: int) -> float:
    """Tickets a second when nothing is done but to hash their chains."""
    number, starts_at = DELIVERIES // level, time.monotonic() + LEAD_S
    ended = senders.run(paying.hash_tickets, [{"number": number, "starts_at": starts_at}] * level)
    return number * level / (max(ended) - starts_at)


_HEADS = ("shows", "clients", "paid/s (least-greatest)", "p50 ms", "p99 ms", "CPU ms: client", "server")


def _line(key: tuple[str, int], rounds: list[Round]) -> tuple[object, ...]:
    took = list(chain.from_iterable(one.took_ms for one in rounds))
    return (
        *key,
        spread([one.per_s for one in rounds]),
        percentile(took, 0.50),
        percentile(took, 0.99),
        spread([one.client_ms for one in rounds]).median,
        spread([one.server_ms for one in rounds]).median,
    )
