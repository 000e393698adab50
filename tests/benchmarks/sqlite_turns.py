"""Part of the bench `holds`: threads of one process that hold at once on SQLite, with and without taking turns."""

from __future__ import annotations

from itertools import chain

from tests.benchmarks import holding, report
from tests.benchmarks.holding import Done, Show
from tests.benchmarks.place import Database, sqlite
from tests.benchmarks.report import percentile, spread
from tests.clients import clients

BACKENDS = {"stock backend": "django.db.backends.sqlite3", "turns (ours)": "config.fair_sqlite3"}
ROUNDS = 3
THREADS = 8
SECONDS = 2.5
_HEADS = (
    "backend",
    "holds/s (least-greatest)",
    "p50 ms",
    "p99 ms",
    "worst ms a round",
    "most / fewest of a thread",
)


def main() -> None:
    """Print the table and the worst wait's figures."""
    rounds: dict[str, list[list[Done]]] = {name: [] for name in BACKENDS}
    with sqlite() as database:
        shows = iter(_shows(database, ROUNDS * len(BACKENDS)))
        for _ in range(ROUNDS):
            for name, engine in BACKENDS.items():
                rounds[name].append(_round(database, engine, next(shows)))
    title = f"one hot show, SQLite (WAL, synchronous FULL), {THREADS} threads of one process"
    report.table(title, _HEADS, [_line(name, rounds[name]) for name in BACKENDS])
    for name, figure in (
        ("turns (ours)", "holds_sqlite_worst_ms"),
        ("stock backend", "holds_sqlite_stock_worst_ms"),
    ):
        report.result(figure, spread([_worst(one) for one in rounds[name]]).median, "ms")


def _shows(database: Database, number: int) -> list[Show]:
    with clients(1, database_url=database.url) as one:
        [shows] = one.run(holding.make_shows, [{"number": number, "allocation": holding.MANY}])
        return shows


def _round(database: Database, engine: str, show: Show) -> list[Done]:
    with clients(1, database_url=database.url, engine=engine) as one:
        [done] = one.run(holding.hold_in_threads, [{"threads": THREADS, "shows": [show], "seconds": SECONDS}])
        return done


def _line(name: str, rounds: list[list[Done]]) -> tuple[object, ...]:
    took = list(chain.from_iterable(done.took_ms for one in rounds for done in one))
    shares = [
        max(counts) / max(1, min(counts)) for counts in ([len(d.took_ms) for d in one] for one in rounds)
    ]
    return (
        name,
        spread([sum(len(done.took_ms) for done in one) / SECONDS for one in rounds]),
        percentile(took, 0.50),
        percentile(took, 0.99),
        spread([_worst(one) for one in rounds]),
        spread(shares),
    )


def _worst(one: list[Done]) -> float:
    return max(chain.from_iterable(done.took_ms for done in one))
