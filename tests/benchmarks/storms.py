"""Part of the bench `gateway`: thousands of phones come back at once, and each lacks the last fifty entries."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass

from tests.benchmarks import cores, report
from tests.benchmarks import house as houses
from tests.benchmarks.contenders import field, ours
from tests.benchmarks.contenders.field import Ground
from tests.benchmarks.contenders.server import Server
from tests.benchmarks.load import Storm, load, opened
from tests.benchmarks.place import postgresql
from tests.benchmarks.report import spread
from tests.clients import clients

ROUNDS = 3
MISSED = 50
HEARD_S = 2.0
"""In less than this, a process has found what was written to the log by another one: `hub.POLL_S` and its reading."""
BLINK = "the network was away"
RESTART = "the process was replaced"


@dataclass(frozen=True, slots=True)
class Turn:
    """One storm of `phones`, and the processor time that the server took for it."""

    phones: int
    told: Storm
    server_s: float

    @property
    def wrong(self) -> int:
        """Entries that a phone lacks, has twice or in another order; and one for each phone that was not served."""
        told = self.told
        return max(0, told.lost) + told.doubled + told.misplaced + (self.phones - told.complete)


def reconnect(ground: Ground) -> None:
    """Into a process that has what they lack in memory, and into a fresh one; SQLite, and PostgreSQL."""
    on_sqlite = [(BLINK, 2_000, ROUNDS), (RESTART, 2_000, ROUNDS), (BLINK, 5_000, 1), (RESTART, 5_000, 1)]
    turns = {
        (f"{phones:,}", why, "SQLite"): [_storm(ground, why, phones) for _ in range(rounds)]
        for why, phones, rounds in on_sqlite
    }
    turns |= _on_postgresql()
    title = f"phones connect, authenticate, join and are given the {MISSED} entries that each lacks"
    report.table(title, _HEADS, [_line(key, of) for key, of in turns.items()])
    of_the_network = turns["2,000", BLINK, "SQLite"]
    report.result("resume_2000_s", spread([turn.told.seconds for turn in of_the_network]).median, "s")
    report.result("resume_2000_lost", sum(turn.wrong for of in turns.values() for turn in of), "entries")


def _on_postgresql() -> dict[tuple[str, str, str], list[Turn]]:
    with ExitStack() as stack:
        with cores.on(cores.CLIENT):  # in production it has a machine of its own
            database = stack.enter_context(postgresql())
        writers = stack.enter_context(clients(1, database_url=database.url))
        ground = field.prepare(database, writers)
        return {("2,000", BLINK, "PostgreSQL"): [_storm(ground, BLINK, 2_000) for _ in range(ROUNDS)]}


def _storm(ground: Ground, why: str, phones: int) -> Turn:
    """In a server of its own each time: what a storm leaves behind helps no other."""
    field.tell(f"a storm of {phones:,}: {why}")
    if why == RESTART:
        head = _append(ground)
        with ours.serving(ground.stormed, ground.database) as server:
            return _break_loose(ground, server, phones, head)
    # One phone stayed on, so the process went on following the show while the others were away.
    with ours.serving(ground.stormed, ground.database) as server, opened(server.plan(1)):
        head = _append(ground)
        time.sleep(HEARD_S)
        return _break_loose(ground, server, phones, head)


def _break_loose(ground: Ground, server: Server, phones: int, head: int) -> Turn:
    ports = server.plan(1).ports
    plan = ours.storm_plan(ground.stormed, ports=ports, sockets=phones, missed=MISSED, head=head)
    with load(plan) as crowd:
        before = server.processor_s()
        told = crowd.storm()
        return Turn(phones, told, server.processor_s() - before)


def _append(ground: Ground) -> int:
    call = {"show": ground.stormed.shows[0], "number": MISSED}
    [head] = ground.writers.run(houses.append_entries, [call])
    return head


_HEADS = (
    "phones", "because", "database", "all complete after s (least-greatest)", "CPU s", "complete", "refused", "lost",
    "twice", "misplaced",
)  # fmt: skip


def _line(key: tuple[str, str, str], turns: list[Turn]) -> tuple[object, ...]:
    told = [turn.told for turn in turns]
    return (
        *key,
        spread([one.seconds for one in told]),
        spread([turn.server_s for turn in turns]).median,
        min(one.complete for one in told),
        max(one.refused + one.dead for one in told),
        sum(one.lost for one in told),
        sum(one.doubled for one in told),
        sum(one.misplaced for one in told),
    )
