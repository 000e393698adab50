"""Delivers webhooks: whatever is pending in the store, at its time, again until it is accepted or given up."""

import asyncio
import logging
import random
from dataclasses import dataclass
from functools import partial

import aiohttp

from ticketing.simulator import signing
from ticketing.simulator.objects.event import Event
from ticketing.simulator.settings import Endpoint
from ticketing.simulator.world import World

AT_ONCE = 16
LOOK_AHEAD = 8 * AT_ONCE
PATIENCE = aiohttp.ClientTimeout(total=10)
LONGEST_WAIT = 60.0
IDLE = 0.5


@dataclass(frozen=True, slots=True)
class Delivery:
    seq: int
    event: str
    batch: str
    endpoint: str
    attempts: int


class Courier:
    """The store is the queue, so a restart goes on where the last process stopped."""

    # Given when the event loop runs: a client session cannot be made before.
    http: aiohttp.ClientSession

    def __init__(self, world: World) -> None:
        self._world = world
        self._under_way: dict[int, asyncio.Task[str]] = {}
        self._batches: dict[int, str] = {}
        self._dice = random.Random()  # noqa: S311 - chaos, not secrets

    async def keep_running(self) -> None:
        while True:
            self._world.news.clear()
            if not self._world.switches.paused:
                self._start_due()
            try:
                async with asyncio.timeout(self._until_next()):
                    await self._world.news.wait()
            except TimeoutError:
                continue

    async def deliver_now(self, events: list[str]) -> list[tuple[str, str]]:
        """Sends pending deliveries one after another, in the order asked for (all of them if none is named)."""
        waiting = self._pending(float("inf"), -1)
        if events:
            waiting = sorted(
                (each for each in waiting if each.event in events), key=lambda each: events.index(each.event)
            )
        return [(each.event, await self._start(each)) for each in waiting]

    async def stop(self) -> None:
        """Cuts off what is under way; it stays pending in the store."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start_due(self) -> None:
        room = AT_ONCE - len(self._under_way)
        if room <= 0:
            return
        due = self._pending(self._world.clock.wall(), LOOK_AHEAD)
        if self._world.switches.reorder:
            self._dice.shuffle(due)
        else:
            due = self._firsts(due)
        for delivery in due[:room]:
            self._start(delivery)

    def _firsts(self, due: list[Delivery]) -> list[Delivery]:
        """One at a time of each batch, so that without the switch what belongs together arrives in order."""
        busy = set(self._batches.values())
        firsts = {each.batch: each for each in reversed(due) if each.batch not in busy}
        return sorted(firsts.values(), key=lambda each: each.seq)

    def _start(self, delivery: Delivery) -> asyncio.Task[str]:
        task = asyncio.create_task(self._attempt(delivery))
        self._under_way[delivery.seq] = task
        self._batches[delivery.seq] = delivery.batch
        task.add_done_callback(partial(self._done, delivery))
        return task

    def _done(self, delivery: Delivery, task: asyncio.Task[str]) -> None:
        del self._under_way[delivery.seq], self._batches[delivery.seq]
        self._world.news.set()
        if not task.cancelled() and (problem := task.exception()):
            logging.getLogger(__name__).error("delivering %s failed", delivery.event, exc_info=problem)

    def _pending(self, until: float, limit: int) -> list[Delivery]:
        rows = self._world.store.run(
            "SELECT seq, event, batch, endpoint, attempts FROM deliveries WHERE state = 'pending' AND due_at <= ? "
            "ORDER BY due_at, seq LIMIT ?",
            until,
            limit,
        )
        return [Delivery(*row) for row in rows if row[0] not in self._under_way]

    def _until_next(self) -> float:
        if self._world.switches.paused or len(self._under_way) >= AT_ONCE:
            return LONGEST_WAIT
        rows = self._world.store.run(
            "SELECT due_at FROM deliveries WHERE state = 'pending' AND due_at > ? ORDER BY due_at LIMIT 1",
            self._world.clock.wall(),
        )
        return min(max(rows[0][0] - self._world.clock.wall(), 0.001), IDLE) if rows else IDLE

    async def _attempt(self, delivery: Delivery) -> str:
        endpoint = self._world.settings.endpoint(delivery.endpoint)
        event = self._world.store.find(Event, delivery.event)
        if endpoint is None or event is None:
            return self._record(delivery, "failed", "no such endpoint or event any more")
        if delivery.attempts == 0 and self._dice.random() < self._world.switches.drop:
            return self._record(delivery, "dropped", "dropped by the switch")
        answers = [await self._post(endpoint, event) for _ in range(1 + self._world.switches.duplicate)]
        state = "delivered" if any(answer.startswith("2") for answer in answers) else "pending"
        return self._record(delivery, state, answers[-1])

    async def _post(self, endpoint: Endpoint, event: Event) -> str:
        switches = self._world.switches
        body = signing.payload(event, switches)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signing.signature(body, endpoint, switches, now=self._world.clock.wall()),
            "User-Agent": "Stripe/1.0 (SIMULATED)",
        }
        try:
            sent = self.http.post(
                endpoint.url, data=body, headers=headers, allow_redirects=False, timeout=PATIENCE
            )
            async with sent as response:
                await response.read()
                return str(response.status)
        except (aiohttp.ClientError, TimeoutError) as problem:
            return f"{type(problem).__name__}: {problem}"

    def _record(self, delivery: Delivery, state: str, answer: str) -> str:
        """Back-off 1, 2, 4 ... 60 s times the switch's scale; after the last attempt the event is given up."""
        switches, attempts = self._world.switches, delivery.attempts + 1
        if state == "pending" and attempts >= switches.max_attempts:
            state = "failed"
            logging.getLogger(__name__).warning("gave up delivering %s: %s", delivery.event, answer)
        wait = min(LONGEST_WAIT, 2.0 ** (attempts - 1)) * switches.retry_scale
        self._world.store.run(
            "UPDATE deliveries SET state = ?, attempts = ?, due_at = ?, answer = ? WHERE seq = ?",
            state,
            attempts,
            self._world.clock.wall() + wait,
            answer[:500],
            delivery.seq,
        )
        return f"{state}: {answer}"
