"""Asked twice, fetched once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from realtime.flights import BATCH, Batches, Flights


async def test_whoever_asks_while_the_answer_is_under_way_shares_it() -> None:
    fetched: list[str] = []

    async def fetch() -> str:
        fetched.append("once")
        await asyncio.sleep(0)
        return "answer"

    flights: Flights[int, str] = Flights()
    answers = await asyncio.gather(*(flights.fetch(1, fetch) for _ in range(10)))

    assert answers == ["answer"] * 10
    assert fetched == ["once"]


async def test_who_asks_later_is_answered_afresh() -> None:
    answers = iter(("first", "second"))

    async def fetch() -> str:
        return next(answers)

    flights: Flights[int, str] = Flights()

    assert [await flights.fetch(1, fetch), await flights.fetch(1, fetch)] == ["first", "second"]


async def test_a_failure_is_everybodys_and_the_next_one_asks_again() -> None:
    async def fail() -> str:
        raise OSError

    async def succeed() -> str:
        return "answer"

    flights: Flights[int, str] = Flights()
    failures = await asyncio.gather(*(flights.fetch(1, fail) for _ in range(3)), return_exceptions=True)

    assert [type(failure) for failure in failures] == [OSError] * 3
    assert await flights.fetch(1, succeed) == "answer"


async def test_who_gives_up_stops_nobody_else() -> None:
    go = asyncio.Event()

    async def fetch() -> str:
        await go.wait()
        return "answer"

    flights: Flights[int, str] = Flights()
    first, second = (asyncio.create_task(flights.fetch(1, fetch)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    go.set()

    assert await second == "answer"


class Asked:
    """Answers a number with its double, unless it is negative, and remembers what was asked together."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    async def __call__(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.batches.append(list(keys))
        await asyncio.sleep(0)
        return {key: 2 * key for key in keys if key >= 0}


async def test_questions_of_one_moment_are_one_batch() -> None:
    ask = Asked()
    batches = Batches(ask)

    answers = await asyncio.gather(*(batches.of(key) for key in (1, 2, -3, 2)))

    assert answers == [2, 4, None, 4]
    assert ask.batches == [[1, 2, -3]]


async def test_what_comes_while_a_batch_is_asked_waits_for_the_next() -> None:
    ask = Asked()
    batches = Batches(ask)
    first = asyncio.create_task(batches.of(1))
    while not ask.batches:  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0)

    rest = await asyncio.gather(batches.of(2), batches.of(3))

    assert [await first, *rest] == [2, 4, 6]
    assert ask.batches == [[1], [2, 3]]


async def test_a_batch_is_not_endless() -> None:
    ask = Asked()
    batches = Batches(ask)

    answers = await asyncio.gather(*(batches.of(key) for key in range(BATCH + 1)))

    assert answers == [2 * key for key in range(BATCH + 1)]
    assert [len(batch) for batch in ask.batches] == [BATCH, 1]


async def test_a_batch_that_fails_fails_for_its_own_and_the_next_is_asked() -> None:
    async def ask(keys: Sequence[int]) -> Mapping[int, int]:
        if 1 in keys:
            raise OSError("away")
        return dict.fromkeys(keys, 0)

    batches = Batches(ask)
    with pytest.raises(OSError, match="away"):
        await batches.of(1)

    assert await batches.of(2) == 0
