"""The floor: a C loop that does nothing but send()."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.contenders.server import Server, process, tick_of
from tests.benchmarks.load import Plan, upgrade
from tests.benchmarks.native.build import program

NAME = "C floor"


@contextmanager
def serving() -> Iterator[Server]:
    """One process."""
    with process(lambda port: [str(program("floor")), str(port)]) as (port, pid):

        def plan(sockets: int) -> Plan:
            return Plan(
                ports=(port,),
                sockets=sockets,
                request=upgrade("/fan"),
                publisher_request=upgrade("/bench/publish"),
                tick=tick_of(),
            )

        yield Server(name=NAME, pids=(pid,), plan=plan)
