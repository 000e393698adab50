"""All who are measured, and the ground that they are measured on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from tests import servers
from tests.benchmarks import cores
from tests.benchmarks import house as houses
from tests.benchmarks.contenders import floor, nats, node_ws, ours, stock
from tests.benchmarks.contenders.server import NotToBeHad, Server
from tests.benchmarks.house import House
from tests.benchmarks.load import Load, Plan, opened
from tests.benchmarks.place import Database
from tests.clients import Clients

Way = Callable[[], AbstractContextManager[Server]]
SHOWS = 16
PHONES = 5_000
_WARM = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A database with shows and phones in it, a Redis, and a client process that can write to the database.

    `house` is announced to and not written; `stormed`, one show more, is where entries are written that phones lack.
    """

    database: Database
    house: House
    stormed: House
    redis_url: str
    writers: Clients

    def ways(self) -> dict[str, Way]:
        """How each contender is started."""
        return {
            ours.NAME: partial(ours.serving, self.house, self.database),
            stock.IN_MEMORY: stock.serving,
            stock.PUBSUB: partial(stock.serving, redis_url=self.redis_url),
            node_ws.NAME: node_ws.serving,
            nats.NAME: nats.serving,
            floor.NAME: floor.serving,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A contender with a client whose sockets are all live, and what each of them holds of its memory."""

    server: Server
    client: Load
    kb_per_socket: float


def prepare(database: Database, writers: Clients) -> Ground:
    """Fill the database, start a Redis beside the client."""
    [house] = writers.run(houses.make_house, [{"shows": SHOWS, "phones": PHONES}])
    [stormed] = writers.run(houses.make_house, [{"shows": 1, "phones": PHONES}])
    with cores.on(cores.CLIENT):
        redis_url = servers.redis_url()
    return Ground(database=database, house=house, stormed=stormed, redis_url=redis_url, writers=writers)


@contextmanager
def running(
    ways: dict[str, Way], *, sockets: int, change: Callable[[Plan], Plan] = lambda plan: plan
) -> Iterator[dict[str, Running]]:
    """Start these contenders and open so many sockets at each. Who cannot be had is told of and left out."""
    with ExitStack() as stack:
        all_of_them = {}
        for name, way in ways.items():
            tell(f"starting {name}")
            try:
                server = stack.enter_context(way())
            except NotToBeHad as why:
                print(f"  {name} is not measured: {why}")
                continue
            all_of_them[name] = _opened(stack, server, change(server.plan(sockets)))
        yield all_of_them


def tell(progress: str) -> None:
    """Say on the error stream what goes on, so that the tables stay tables."""
    print(f"[gateway] {progress}", file=sys.stderr, flush=True)


def in_turns(names: Sequence[str], rounds: int, *, of: str) -> Iterator[str]:
    """Every name once a round, and another one first each time: a busy moment of the machine meets all of them."""
    for number in range(rounds):
        tell(f"{of}: round {number + 1} of {rounds}")
        first = number % len(names)
        yield from [*names[first:], *names[:first]]


def _opened(stack: ExitStack, server: Server, plan: Plan) -> Running:
    # The first sockets bring what a process loads only once.
    with opened(replace(plan, sockets=_WARM, stopped=0)):
        pass
    before = server.resident_kb()
    client = stack.enter_context(opened(plan))
    return Running(server=server, client=client, kb_per_socket=(server.resident_kb() - before) / plan.sockets)
