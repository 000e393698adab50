"""The gateway's cost of a frame, a join and a socket, beside what others take for the same.

All contenders run at once, their rounds interleaved; each figure is the median of its rounds. The server that is
measured has one core to itself, the client (`native/wsload.c`) and Redis the other. What a tick of ours goes through
is in `contenders/ours_app.py`. NGN_BENCH_PARTS=fan_1000,door20 runs only those parts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from tests.benchmarks import cores, door_group, fanning, pace, storms
from tests.benchmarks.contenders import field
from tests.benchmarks.contenders.field import Ground
from tests.benchmarks.place import sqlite
from tests.clients import clients

PARTS: dict[str, Callable[[Ground], None]] = {
    "fan_1000": fanning.to_a_thousand,
    "fan_5000": fanning.to_five_thousand,
    "in_flight": fanning.sixteen_in_flight,
    "door20": door_group.twenty_phones,
    "storm": storms.reconnect,
    "pace": pace.at_the_products_pace,
    "stopped": door_group.a_reader_that_stops,
}


def main() -> None:
    if not sys.platform.startswith("linux"):
        print("not run: its client is an epoll program, and servers are pinned to cores as Linux does it")
        return
    files = cores.room_for_sockets()
    print(
        f"{cores.names()}; server on core {cores.SERVER}, client and Redis on core {cores.CLIENT}; {files:,} files"
    )
    asked = [part for part in os.environ.get("NGN_BENCH_PARTS", "").split(",") if part] or list(PARTS)
    if unknown := [part for part in asked if part not in PARTS]:
        sys.exit(f"the bench has no part {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    with sqlite() as database, clients(1, database_url=database.url) as writers:
        ground = field.prepare(database, writers)
        for part in asked:
            PARTS[part](ground)
