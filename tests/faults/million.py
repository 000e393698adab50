"""A million deliveries of facts while everything is killed again and again: `python -m tests.faults.million`.

Real PostgreSQL, real Redis, two web processes behind one address. Web processes are killed, so are writers; every
connection to Redis is cut every five seconds, and some fall silent; Redis itself is killed and comes back empty, or
says nothing for a while; and of the clients, one in five loses its connection each minute. In the end: what was lost,
doubled, out of order as the clients saw it. The exit code is 0 when it was nothing at all.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time

from tests import environment

SHOWS = 4
MARGIN = 1.01
"""Writers are told to stop, and what they had begun is on top: a little more is asked for than must be delivered."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--deliveries", type=int, default=1_000_000)
    parser.add_argument("--readers", type=int, default=500)
    parser.add_argument("--entries-per-s", type=float, default=50)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    os.environ["NGN_TEST_DATABASE"] = "postgresql"
    environment.prepare()
    sys.exit(_run(arguments))


def _run(arguments: argparse.Namespace) -> int:
    import django  # noqa: PLC0415  # the environment is made by now, which its settings are read from

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from tests import servers  # noqa: PLC0415
    from tests.faults.report import Plan  # noqa: PLC0415
    from tests.faults.storm import weather  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    plan = Plan(
        readers=arguments.readers,
        entries=int(MARGIN * arguments.deliveries * SHOWS / arguments.readers),
        shows=SHOWS,
        writers=3,
        entries_per_s=arguments.entries_per_s,
        processes=arguments.processes,
        bytes_between_redis_cuts=200_000,
        dropped_per_minute=0.2,
        gateway_killed_every_s=11,
        writer_killed_every_s=13,
        redis_cut_every_s=5,
        redis_silent_every_s=37,
        redis_killed_every_s=29,
    )
    began = time.monotonic()
    report = asyncio.run(weather(plan, redis=servers.own_redis()))
    print("\n".join(report.lines()))
    print(f"{time.monotonic() - began:.0f} s in all; {'nothing was lost' if report.is_whole else 'FAILED'}")
    return 0 if report.is_whole and report.deliveries >= arguments.deliveries else 1


if __name__ == "__main__":
    main()
