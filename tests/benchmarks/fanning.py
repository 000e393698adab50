"""Part of the bench `gateway`: one frame to a thousand sockets, to five thousand, and sixteen under way at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tests.benchmarks import report
from tests.benchmarks.contenders import field, floor, nats, node_ws, ours, stock
from tests.benchmarks.contenders.field import Ground, Running, Way
from tests.benchmarks.contenders.server import PAYLOAD_BYTES
from tests.benchmarks.load import LoadFailed, Plan
from tests.benchmarks.report import Spread, spread

ROUNDS = 9
SECONDS = 0.5
EVERY_STATE_S = "0"
"""The product tells a show's state five times a second at most; here whenever it changed, after the same linger."""
STATE = "ours, state topics"


@dataclass(frozen=True, slots=True)
class Turn:
    """One contender, one round. `us` is the server's processor time for each delivery, in microseconds."""

    per_s: float
    us: float
    p50_ms: float
    p99_ms: float
    client_share: float


Turns = dict[str, list[Turn]]


def to_a_thousand(ground: Ground) -> None:
    """All contenders, the next tick when the last has arrived everywhere."""
    with field.running(ground.ways(), sockets=1_000) as all_of_them:
        turns = _rounds(all_of_them, in_flight=1, of="one frame to 1,000 sockets")
    memory = {name: each.kb_per_socket for name, each in all_of_them.items()}
    report.table(
        f"one frame of {PAYLOAD_BYTES} bytes to 1,000 sockets, the next when all have it",
        _HEADS,
        _lines(turns, memory),
    )
    pairs = (
        ("fanout_1000_vs_stock_channels", stock.IN_MEMORY),
        ("fanout_1000_vs_stock_pubsub", stock.PUBSUB),
        ("fanout_1000_vs_node_ws", node_ws.NAME),
        ("fanout_1000_vs_nats", nats.NAME),
        ("fanout_1000_vs_floor", floor.NAME),
    )
    _tell_ratios(turns, [pair for pair in pairs if pair[1] in turns], lambda turn: turn.per_s)


def to_five_thousand(ground: Ground) -> None:
    """Who can: stock Channels takes seconds for one tick."""
    ways = {name: ground.ways()[name] for name in (ours.NAME, node_ws.NAME, nats.NAME, floor.NAME)}
    with field.running(ways, sockets=5_000) as all_of_them:
        turns = _rounds(all_of_them, in_flight=1, of="one frame to 5,000 sockets")
    memory = {name: each.kb_per_socket for name, each in all_of_them.items()}
    report.table(f"one frame of {PAYLOAD_BYTES} bytes to 5,000 sockets", _HEADS, _lines(turns, memory))
    pairs = (("fanout_5000_p99_vs_floor", floor.NAME), ("fanout_5000_p99_vs_node_ws", node_ws.NAME))
    _tell_ratios(turns, [pair for pair in pairs if pair[1] in turns], lambda turn: turn.p99_ms)
    report.result("idle_socket_kb", memory[ours.NAME], "KB")


def sixteen_in_flight(ground: Ground) -> None:
    """Ours twice: facts at once, and the state of sixteen shows with a linger, in which frames for a socket merge."""
    ways = {name: ground.ways()[name] for name in (ours.NAME, node_ws.NAME, nats.NAME, floor.NAME)}
    lingering: Way = partial(ours.serving, ground.house, ground.database, state_s=EVERY_STATE_S)

    def follow_all(plan: Plan) -> Plan:
        return ours.state_plan(ground.house, ports=plan.ports, sockets=plan.sockets)

    with (
        field.running(ways, sockets=1_000) as others,
        field.running({STATE: lingering}, sockets=1_000, change=follow_all) as state,
    ):
        turns = _rounds({**state, **others}, in_flight=16, of="16 frames under way to 1,000 sockets")
    report.table("16 frames under way to 1,000 sockets", _HEADS, _lines(turns, {}))
    per_s = _spread(turns[STATE], lambda turn: turn.per_s)
    report.result("state_16_in_flight_per_s", per_s.median, "deliveries/s")


def _rounds(all_of_them: dict[str, Running], *, in_flight: int, of: str) -> Turns:
    turns: Turns = {name: [] for name in all_of_them}
    for each in all_of_them.values():  # what is done only once is done before
        each.client.fan(in_flight=in_flight, seconds=SECONDS / 4)
    for name in field.in_turns(list(all_of_them), ROUNDS, of=of):
        turns[name].append(_turn(name, all_of_them[name], in_flight))
    return turns


def _turn(name: str, each: Running, in_flight: int) -> Turn:
    before = each.server.processor_s()
    told = each.client.fan(in_flight=in_flight, seconds=SECONDS)
    used = each.server.processor_s() - before
    if told.missing or told.dead:
        raise LoadFailed(f"{name} did not deliver everything: {told}")
    return Turn(
        per_s=told.per_s,
        us=used * 1e6 / told.deliveries,
        p50_ms=told.p50_ms,
        p99_ms=told.p99_ms,
        client_share=told.client_s / told.seconds,
    )


_HEADS = (
    "contender", "deliveries/s (least-greatest)", "CPU us each", "p50 ms", "p99 ms", "client busy", "KB a socket"
)  # fmt: skip


def _lines(turns: Turns, memory: dict[str, float]) -> list[tuple[object, ...]]:
    return [
        (
            name,
            _spread(of, lambda turn: turn.per_s),
            _spread(of, lambda turn: turn.us).median,
            _spread(of, lambda turn: turn.p50_ms).median,
            _spread(of, lambda turn: turn.p99_ms),
            f"{_spread(of, lambda turn: turn.client_share).median:.0%}",
            memory.get(name, ""),
        )
        for name, of in turns.items()
    ]


def _tell_ratios(turns: Turns, pairs: Sequence[tuple[str, str]], figure: Callable[[Turn], float]) -> None:
    """Ours against each other one round by round: what a round suffers of the machine, both of them did.

    Beside it the same of the processor time for each delivery, which a busy machine changes least.
    """
    ratios = {name: _ratio(turns, other, figure) for name, other in pairs}
    lines = [
        (f"ours / {other}", ratios[name], _ratio(turns, other, lambda turn: 1 / turn.us))
        for name, other in pairs
    ]
    report.table("round by round", ("", "ratio (least-greatest)", "deliveries for the same CPU"), lines)
    for name, ratio in ratios.items():
        report.result(name, ratio.median, "x")


def _ratio(turns: Turns, other: str, figure: Callable[[Turn], float]) -> Spread:
    pairs = zip(turns[ours.NAME], turns[other], strict=True)
    return spread([figure(mine) / figure(theirs) for mine, theirs in pairs])


def _spread(turns: list[Turn], figure: Callable[[Turn], float]) -> Spread:
    return spread([figure(turn) for turn in turns])
