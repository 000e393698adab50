"""Stock Channels on Daphne: everything as it comes, but for a backlog in which a thousand connects find room."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.contenders.server import Server, process, tick_of
from tests.benchmarks.load import Plan, upgrade

IN_MEMORY = "stock Channels, in memory"
PUBSUB = "stock Channels, Redis pub/sub"


@contextmanager
def serving(*, redis_url: str = "") -> Iterator[Server]:
    """One process; with a Redis, on channels_redis' pub/sub layer, else on the in-memory layer."""
    with process(_command, env={"REDIS_URL": redis_url}) as (port, pid):

        def plan(sockets: int) -> Plan:
            return Plan(
                ports=(port,),
                sockets=sockets,
                request=upgrade("/fan"),
                publisher_request=upgrade("/bench/publish"),
                tick=tick_of(),
                # The tick passes through json.loads and json.dumps, which writes a blank after a colon.
                tag='"at": ',
            )

        yield Server(name=PUBSUB if redis_url else IN_MEMORY, pids=(pid,), plan=plan)


def _command(port: int) -> list[str]:
    endpoint = f"tcp:port={port}:interface=127.0.0.1:backlog=4096"
    application = "tests.benchmarks.contenders.stock_app:application"
    return [sys.executable, "-m", "daphne", "-e", endpoint, "--access-log=/dev/null", application]
