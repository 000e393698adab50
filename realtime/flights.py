"""Asked twice, fetched once: whoever asks while the answer is under way shares it.

`Flights` shares one fetch for one key. `Batches` gathers the keys that are asked for at the same moment into one
query: two thousand phones that come back at once are a handful of queries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")
BATCH = 500
"""Keys of one query."""


class Flights(Generic[Key, Value]):
    """Fetches under way, one for each key."""

    def __init__(self) -> None:
        self._under_way: dict[Key, asyncio.Task[Value]] = {}

    async def fetch(self, key: Key, fetch: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """The answer of the fetch that is under way for this key, or of a new one. Who gives up stops nobody else."""
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.get_running_loop().create_task(fetch())
            task.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(task)

    def _landed(self, key: Key, task: asyncio.Task[Value]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            # Everybody who waited was told; if nobody did, it is no news to anybody.
            task.exception()


class Batches(Generic[Key, Value]):
    """Questions gathered into batches; one batch is asked at a time, and meanwhile the next one gathers."""

    def __init__(self, ask: Callable[[Sequence[Key]], Coroutine[Any, Any, Mapping[Key, Value]]]) -> None:
        """`ask` answers many keys at once; a key that is missing from its answer has none."""
        self._ask = ask
        self._waiting: dict[Key, list[asyncio.Future[Value | None]]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def of(self, key: Key) -> Value | None:
        """The answer for one key. Raises what `ask` raised."""
        loop = asyncio.get_running_loop()
        # One for each who asks: whoever gives up stops nobody else.
        future: asyncio.Future[Value | None] = loop.create_future()
        self._waiting.setdefault(key, []).append(future)
        if self._asking is None or self._asking.done():
            self._asking = loop.create_task(self._ask_all())
        return await future

    async def _ask_all(self) -> None:
        # Whoever is in this same turn of the loop is in the first batch already.
        await asyncio.sleep(0)
        while self._waiting:
            keys = list(self._waiting)[:BATCH]
            asked = {key: self._waiting.pop(key) for key in keys}
            try:
                answers = await self._ask(keys)
            except Exception as error:  # noqa: BLE001  # it is raised again where the question was asked
                for future in _patient(asked.values()):
                    future.set_exception(error)
                continue
            for key, futures in asked.items():
                for future in _patient([futures]):
                    future.set_result(answers.get(key))


def _patient(asked: Iterable[Iterable[asyncio.Future[Any]]]) -> Iterator[asyncio.Future[Any]]:
    """The futures that somebody still waits for."""
    return (future for futures in asked for future in futures if not future.done())
