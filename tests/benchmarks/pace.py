"""Part of the bench `gateway`: five thousand fans at the product's pace; `docs/capacity.md` counts with it."""

from __future__ import annotations

import time
from contextlib import ExitStack

import msgspec

from tests.benchmarks import report
from tests.benchmarks.contenders import field, floor, ours
from tests.benchmarks.contenders.field import Ground
from tests.benchmarks.contenders.server import Server
from tests.benchmarks.load import Plan, opened

FANS = 5_000
TICKS_PER_S = 4.0
"""Below the five a second at which the product begins to leave out what is overtaken: every frame is waited for."""
SECONDS = 4.0


def at_the_products_pace(ground: Ground) -> None:
    """What a fan costs: to come, to stay, and to be told something four times a second."""
    house = msgspec.structs.replace(ground.house, shows=ground.house.shows[:1])
    with ExitStack() as stack:
        gateway = stack.enter_context(ours.serving(house, ground.database))
        bare = stack.enter_context(floor.serving())
        plans = [
            (gateway, ours.state_plan(house, ports=gateway.plan(1).ports, sockets=FANS)),
            (bare, bare.plan(FANS)),
        ]
        lines = [_line(server, plan) for server, plan in plans]
    heads = (
        "server",
        "CPU ms a join",
        "KB a socket",
        "CPU of a core, idle",
        "told",
        "CPU us a frame",
        "p50 ms",
        "p99 ms",
    )
    report.table(f"{FANS:,} fans of one show, told {TICKS_PER_S:g} times a second", heads, lines)


def _line(server: Server, plan: Plan) -> tuple[object, ...]:
    field.tell(f"{FANS:,} fans at {server.name}")
    kb, began = server.resident_kb(), server.processor_s()
    with opened(plan) as fans:
        joined, held = server.processor_s(), server.resident_kb()
        time.sleep(SECONDS)
        idle = server.processor_s()
        told = fans.group(rate=TICKS_PER_S, seconds=SECONDS)
        used = server.processor_s() - idle
    return (
        server.name,
        (joined - began) * 1e3 / FANS,
        (held - kb) / FANS,
        f"{(idle - joined) / SECONDS:.1%}",
        f"{used / told.seconds:.0%}",
        used * 1e6 / told.deliveries,
        told.p50_ms,
        told.p99_ms,
    )
