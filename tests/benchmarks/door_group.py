"""Part of the bench `gateway`: a door's phones, beside a slow query, and beside a socket that reads nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from websockets.sync.client import connect

from tests.benchmarks import report
from tests.benchmarks.contenders import field, floor, nats, node_ws, ours, stock
from tests.benchmarks.contenders.field import Ground, Running
from tests.benchmarks.load import LoadFailed, Plan, Round
from tests.benchmarks.report import spread

ROUNDS = 3
SECONDS = 2.5
PHONES = 20
RATE = 5.0
OVER_REDIS = "ours, two processes over Redis"
BIG_FRAME = 20_000
BIG_RATE = 100.0
BIG_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One contender, one round."""

    told: Round
    server_s: float


def twenty_phones(ground: Ground) -> None:
    """Each phone has five things to tell a second, and each is told to all twenty."""
    ways = ground.ways()
    ways[OVER_REDIS] = partial(
        ours.serving, ground.house, ground.database, redis_url=ground.redis_url, processes=2
    )
    with field.running(ways, sockets=PHONES, change=_twenty_publishers) as all_of_them:
        turns = _rounds(all_of_them, list(all_of_them), of="20 phones")
        _with_a_slow_query(all_of_them, turns)
    report.table(f"{PHONES} phones x {RATE:g} messages a second, each to all of them", _HEADS, _lines(turns))
    for name, figure in ((ours.NAME, "door20"), (OVER_REDIS, "door20_redis")):
        report.result(f"{figure}_p50_ms", spread([turn.told.p50_ms for turn in turns[name]]).median, "ms")
        report.result(f"{figure}_p99_ms", spread([turn.told.p99_ms for turn in turns[name]]).median, "ms")


def a_reader_that_stops(ground: Ground) -> None:
    """Twenty sockets get 100 frames of 20 KB a second; one of them reads none."""
    ways = {name: ground.ways()[name] for name in (ours.NAME, stock.IN_MEMORY, node_ws.NAME)}
    lines = []
    for stopped in (0, 1):
        with field.running(ways, sockets=PHONES, change=partial(_big_frames, stopped=stopped)) as all_of_them:
            field.tell(f"{stopped} of {PHONES} sockets stopped")
            lines += [_stopped_line(name, stopped, each) for name, each in all_of_them.items()]
    heads = ("contender", "stopped", "others' p50 ms", "p99 ms", "worst ms", "server grew by KB", "cut off")
    title = f"{PHONES} sockets x {BIG_RATE:g} frames of {BIG_FRAME // 1000} KB a second, one reads nothing"
    report.table(title, heads, sorted(lines))
    print("  ours grows in any case: it keeps the last 1,024 entries for those who come back")


def _with_a_slow_query(all_of_them: dict[str, Running], turns: dict[str, list[Turn]]) -> None:
    """The same again, and once a second somebody's query keeps Channels' own thread for 200 ms."""
    both = [name for name in (ours.NAME, stock.IN_MEMORY) if name in all_of_them]
    for name in field.in_turns(both, ROUNDS, of="20 phones beside a slow query"):
        with _slow_queries(all_of_them[name].server.plan(1).ports[0]):
            turns.setdefault(f"{name} + 200 ms queries", []).append(_turn(name, all_of_them[name]))


@contextmanager
def _slow_queries(port: int) -> Iterator[None]:
    enough = threading.Event()

    def ask() -> None:
        with connect(f"ws://127.0.0.1:{port}/bench/block") as socket:
            while not enough.wait(1.0):
                socket.send('{"at":0}')

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        enough.set()
        asking.join()


def _twenty_publishers(plan: Plan) -> Plan:
    return replace(plan, publishers=PHONES)


def _big_frames(plan: Plan, *, stopped: int) -> Plan:
    return replace(plan, stopped=stopped, tick=re.sub("D+", "D" * (BIG_FRAME - 200), plan.tick, count=1))


def _rounds(all_of_them: dict[str, Running], names: list[str], *, of: str) -> dict[str, list[Turn]]:
    turns: dict[str, list[Turn]] = {name: [] for name in names}
    for name in names:
        all_of_them[name].client.group(rate=RATE, seconds=0.5)
    for name in field.in_turns(names, ROUNDS, of=of):
        turns[name].append(_turn(name, all_of_them[name]))
    return turns


def _turn(name: str, each: Running) -> Turn:
    before = each.server.processor_s()
    told = each.client.group(rate=RATE, seconds=SECONDS)
    if told.missing or told.dead:
        raise LoadFailed(f"{name} did not deliver everything: {told}")
    return Turn(told, each.server.processor_s() - before)


def _stopped_line(name: str, stopped: int, each: Running) -> tuple[object, ...]:
    before = each.server.resident_kb()
    told = each.client.group(rate=BIG_RATE, seconds=BIG_SECONDS)
    grew = each.server.resident_kb() - before
    return (name, stopped, told.p50_ms, told.p99_ms, told.worst_ms, grew, told.dead if stopped else "")


_HEADS = ("contender", "p50 ms", "p99 ms (least-greatest)", "p99.9 ms", "worst ms", "CPU of a core")


def _lines(turns: dict[str, list[Turn]]) -> list[tuple[object, ...]]:
    order = [ours.NAME, OVER_REDIS, stock.IN_MEMORY, stock.PUBSUB, node_ws.NAME, nats.NAME, floor.NAME]
    names = [name for name in order if name in turns]
    return [_line(name, turns[name]) for name in [*names, *(name for name in turns if name not in names)]]


def _line(name: str, turns: list[Turn]) -> tuple[object, ...]:
    told = [turn.told for turn in turns]
    return (
        name,
        spread([one.p50_ms for one in told]).median,
        spread([one.p99_ms for one in told]),
        spread([one.p999_ms for one in told]).median,
        max(one.worst_ms for one in told),
        f"{spread([turn.server_s / turn.told.seconds for turn in turns]).median:.0%}",
    )
