"""A process that appends entries to several shows' logs, until it is told to end or is killed.

`python -m tests.faults.writers --per-second N SHOW...`. Now and then a transaction carries several entries, and now
and then one thinks better of it: of what it wrote there is nothing then, no entry, no hole and no announcement.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from uuid import UUID

from config.place import ROOT
from ticketing import domain_events as e

ROLLED_BACK = 0.05
TOGETHER = (1, 1, 1, 2, 3)


def write(shows: Sequence[UUID], *, per_second: float) -> None:
    """Append for ever, to one show after the other by chance."""
    next_at = time.monotonic()
    while True:
        entries = random.choice(TOGETHER)
        _append(random.choice(shows), entries)
        next_at = max(next_at, time.monotonic() - 1) + entries / per_second
        time.sleep(max(0.0, next_at - time.monotonic()))


def _append(show: UUID, entries: int) -> None:
    from django.db import transaction  # noqa: PLC0415  # Django is set up by now, and not when this is imported

    from ticketing import log  # noqa: PLC0415
    from ticketing.clock import utc_now  # noqa: PLC0415

    regrets = random.random() < ROLLED_BACK
    with transaction.atomic():
        for _ in range(entries):
            log.append(event_id=show, happened=_somebody_came_in(), now=utc_now())
        transaction.set_rollback(regrets)


def _somebody_came_in() -> e.TicketRedeemed:
    return e.TicketRedeemed(
        ticket=f"01945e9c-0000-7000-8000-{secrets.token_hex(6)}",
        ticket_type="01945e9c-0000-7000-8000-000000000002",
        anchor=secrets.token_hex(16),
        device="01945e9c-0000-7000-8000-000000000003",
        door="Door 1",
        at=time.time_ns() // 1_000_000,
    )


def start(
    shows: Sequence[UUID], *, per_second: float, variables: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start one such process; whoever started it ends it."""
    command = [sys.executable, "-m", "tests.faults.writers", f"--per-second={per_second}", *map(str, shows)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **variables})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-second", type=float, required=True)
    parser.add_argument("shows", nargs="+", type=UUID)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415

    django.setup()
    write(arguments.shows, per_second=arguments.per_second)


if __name__ == "__main__":
    main()
