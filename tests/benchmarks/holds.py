"""Holds a second: one hot show and fifty, 1 to 16 clients, beside the stock ORM way; and how fair SQLite is.

A client is a process that buys without pause over one connection, each time as a new fan. Rounds of the contenders
alternate; a figure is the median of its rounds. Clients and server share this machine, so the processor time of both
is told as well: it is what a hold costs, however busy the machine is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import chain

from tests.benchmarks import holding, report, sqlite_turns
from tests.benchmarks.holding import Show
from tests.benchmarks.place import Database, postgresql
from tests.benchmarks.report import Spread, percentile, spread
from tests.clients import Clients, clients

LEVELS = (1, 2, 4, 8, 16)
ROUNDS = 3
SECONDS = 1.0
LEAD_S = 0.05
SEATS_OF_THE_RUSH = 1_000


@dataclass(frozen=True, slots=True)
class Round:
    """One way, one level, once."""

    per_s: float
    p50_ms: float
    p99_ms: float
    worst_ms: float
    client_ms: float
    server_ms: float


def main() -> None:
    with postgresql() as database, clients(max(LEVELS), database_url=database.url) as buyers:
        _on_postgresql(database, buyers)
    sqlite_turns.main()


def _on_postgresql(database: Database, buyers: Clients) -> None:
    [shows] = buyers.run(holding.make_shows, [{"number": 51, "allocation": holding.MANY}])
    hot, fifty = shows[:1], shows[1:]
    for way in holding.WAYS:
        _round(database, buyers, way, hot, max(LEVELS))  # connections opened, statements planned
    best = _one_hot_show(database, buyers, hot)
    _fifty_shows(database, buyers, fifty)
    oversold = _rush(buyers) + _books(buyers, shows)
    report.result("holds_one_show_per_s", best["one statement"], "1/s")
    report.result("holds_vs_orm", best["one statement"] / best["stock ORM"], "x")
    report.result("oversold", oversold, "seats")


def _one_hot_show(database: Database, buyers: Clients, hot: list[Show]) -> dict[str, float]:
    """Each way's holds a second at the number of clients that suits it best."""
    rounds = _rounds(database, buyers, hot, LEVELS)
    report.table("one hot show, PostgreSQL", _HEADS, [_line(key, rounds[key]) for key in sorted(rounds)])
    return {way: max(_per_s(rounds[way, level]).median for level in LEVELS) for way in holding.WAYS}


def _fifty_shows(database: Database, buyers: Clients, fifty: list[Show]) -> None:
    rounds = _rounds(database, buyers, fifty, (4, 16))
    report.table("fifty shows, PostgreSQL", _HEADS, [_line(key, rounds[key]) for key in sorted(rounds)])


def _rounds(
    database: Database, buyers: Clients, shows: list[Show], levels: tuple[int, ...]
) -> dict[tuple[str, int], list[Round]]:
    keys = [(way, level) for level in levels for way in holding.WAYS]
    rounds: dict[tuple[str, int], list[Round]] = {key: [] for key in keys}
    for _ in range(ROUNDS):
        for way, level in keys:
            rounds[way, level].append(_round(database, buyers, way, shows, level))
    return rounds


def _round(database: Database, buyers: Clients, way: str, shows: list[Show], level: int) -> Round:
    call = {"way": way, "shows": shows, "seconds": SECONDS, "starts_at": time.monotonic() + LEAD_S}
    before = database.processor_s()
    done = buyers.run(holding.hold_for, [call] * level)
    took = list(chain.from_iterable(one.took_ms for one in done))
    return Round(
        per_s=len(took) / SECONDS,
        p50_ms=percentile(took, 0.50),
        p99_ms=percentile(took, 0.99),
        worst_ms=max(took),
        client_ms=sum(one.processor_s for one in done) * 1_000 / len(took),
        server_ms=(database.processor_s() - before) * 1_000 / len(took),
    )


_HEADS = (
    "way", "clients", "holds/s (least-greatest)", "p50 ms", "p99 ms", "worst ms", "CPU ms: client", "server"
)  # fmt: skip


def _line(key: tuple[str, int], rounds: list[Round]) -> tuple[object, ...]:
    return (
        *key,
        _per_s(rounds),
        spread([one.p50_ms for one in rounds]).median,
        spread([one.p99_ms for one in rounds]).median,
        max(one.worst_ms for one in rounds),
        spread([one.client_ms for one in rounds]).median,
        spread([one.server_ms for one in rounds]).median,
    )


def _per_s(rounds: list[Round]) -> Spread:
    return spread([one.per_s for one in rounds])


def _rush(buyers: Clients) -> int:
    """All clients buy a small show out; the seats sold beyond its allocation."""
    [[show]] = buyers.run(holding.make_shows, [{"number": 1, "allocation": SEATS_OF_THE_RUSH}])
    done = buyers.run(holding.hold_until_gone, [{"show": show}] * max(LEVELS))
    sold = sum(len(one.took_ms) for one in done)
    print(
        f"\n{max(LEVELS)} clients bought out a show of {SEATS_OF_THE_RUSH:,} seats: {sold:,} holds were placed"
    )
    return max(0, sold - SEATS_OF_THE_RUSH) + _books(buyers, [show])


def _books(buyers: Clients, shows: list[Show]) -> int:
    """Seats beyond the allocation, by the rows; an order without its seat or its entry breaks the bench off."""
    [books] = buyers.run(holding.books_of, [{"shows": shows}])
    for book in books:
        if not book.held == book.ordered == book.logged:
            raise RuntimeError(f"the books do not agree: {book}")
    return sum(book.oversold for book in books)
