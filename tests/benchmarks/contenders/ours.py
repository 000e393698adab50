"""Ours: the product's gateway on Daphne as `config.serve` starts it, and the bench's own sockets beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import msgspec

from realtime.protocol import SUBPROTOCOL
from tests.benchmarks.contenders.server import PAYLOAD_BYTES, Server, process
from tests.benchmarks.entered import door_of
from tests.benchmarks.house import House
from tests.benchmarks.load import Plan, upgrade
from tests.benchmarks.place import Database

NAME = "ours (Daphne)"
ORIGIN = "http://127.0.0.1:8000"


@contextmanager
def serving(
    house: House, database: Database, *, redis_url: str = "", processes: int = 1, state_s: str = ""
) -> Iterator[Server]:
    """So many processes, each with all of the product in it; ticks are published at the first."""
    env = {
        "DATABASE_URL": database.url,
        "REDIS_URL": redis_url,
        "BENCH_HOUSE": msgspec.json.encode(msgspec.structs.replace(house, tokens=())).decode(),
        "BENCH_STATE_S": state_s,
    }
    with ExitStack() as stack:
        started = [stack.enter_context(process(_command, env=env)) for _ in range(processes)]
        ports, pids = zip(*started, strict=True)

        def plan(sockets: int) -> Plan:
            return door_plan(house, ports=ports, sockets=sockets)

        yield Server(name=NAME, pids=pids, plan=plan)


def door_plan(
    house: House, *, ports: tuple[int, ...], sockets: int, frame_bytes: int = PAYLOAD_BYTES
) -> Plan:
    """Phones at the first show's door, each with its own token, that come back and have missed nothing."""
    return Plan(
        # Ticks are published at the first process; where there are two, the phones are at the other.
        ports=ports[1:] or ports,
        publisher_port=ports[0],
        sockets=sockets,
        request=_upgrade(),
        publisher_request=upgrade("/bench/publish"),
        steps=(
            ("welcome", ""),
            ("authenticated", '{"t":"authenticate","ref":1,"token":"{token}"}'),
            ('"joined"', _subscribe("door", house, 0)),
        ),
        tokens=house.tokens,
        tick='{"at":{tick},"door":"' + door_of(frame_bytes) + '"}',
    )


def state_plan(house: House, *, ports: tuple[int, ...], sockets: int) -> Plan:
    """Fans who each follow all of the shows: a tick is one show's new state, to every fan."""
    shows = range(len(house.shows))
    return Plan(
        ports=ports,
        sockets=sockets,
        request=_upgrade(),
        publisher_request=upgrade("/bench/publish/state"),
        steps=(("welcome", ""), *(('"joined"', _subscribe("public", house, show)) for show in shows)),
        tick='{"at":{tick}}',
        tag='"on_sale","left":',
    )


def storm_plan(house: House, *, ports: tuple[int, ...], sockets: int, missed: int, head: int) -> Plan:
    """Phones that all come back at the same moment and lack the last so many entries of the log."""
    plan = door_plan(replace_seqs(house, head - missed), ports=ports, sockets=sockets)
    return replace(plan, since=head - missed, expected=missed, publishers=0)


def replace_seqs(house: House, seq: int) -> House:
    """The house as a phone knew it when the first show's log ended at `seq`."""
    return msgspec.structs.replace(house, seqs=(seq, *house.seqs[1:]))


def _command(port: int) -> list[str]:
    application = "--application=tests.benchmarks.contenders.ours_app:application"
    # The one limit that is lifted is for the publisher, which stands for the log and sends without pause.
    limits = ["--limit=stranger_per_s=1000000", "--limit=stranger_burst=1000000"]
    return [sys.executable, "-m", "config.serve", "--port", str(port), *limits, application]


def _upgrade() -> str:
    return upgrade("/ws", origin=ORIGIN, subprotocol=SUBPROTOCOL)


def _subscribe(audience: str, house: House, show: int) -> str:
    place = f'"since":{house.seqs[show]},"epoch":"{house.epochs[show]}"'
    return f'{{"t":"subscribe","ref":{show + 2},"topic":"{audience}:{house.shows[show]}",{place}}}'
