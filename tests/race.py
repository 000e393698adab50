"""Real threads, each with a database connection of its own, let go at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

Outcome = TypeVar("Outcome")
PATIENCE_S = 60


def together(*works: Callable[[], Outcome]) -> list[Outcome]:
    """Run every piece of work in its own thread at once; their outcomes in the order given. Raises what one raises."""
    start = Barrier(len(works))

    def run(work: Callable[[], Outcome]) -> Outcome:
        start.wait(PATIENCE_S)
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        begun = [threads.submit(run, work) for work in works]
        return [future.result(PATIENCE_S) for future in begun]


def times(count: int, work: Callable[[], Outcome]) -> list[Outcome]:
    """The same work in so many threads at once."""
    return together(*[work] * count)
