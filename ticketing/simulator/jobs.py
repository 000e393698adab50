"""What happens by itself at a time of the simulator's clock: expiry, slow banks."""

import asyncio
import logging
from collections.abc import Callable

from ticketing.simulator.operations import disputes, payments, sessions
from ticketing.simulator.world import World

TICK = 0.2
AT_ONCE = 200

WORK: dict[str, Callable[[World, str], None]] = {
    sessions.EXPIRE: sessions.expire_if_open,
    payments.SETTLE: payments.settle_if_processing,
    payments.BOUNCE: payments.bounce_if_processing,
    disputes.DISPUTE: disputes.dispute_if_possible,
}


def run_due(world: World) -> int:
    """Does everything that is due, oldest first, a batch at a time; how much that was."""
    done = 0
    while batch := _batch(world):
        done += batch
    return done


async def keep_running(world: World) -> None:
    while True:
        try:
            run_due(world)
        except Exception:  # a job that fails must not stop the clock for all others
            logging.getLogger(__name__).exception("a scheduled job failed")
        await asyncio.sleep(TICK)


def _batch(world: World) -> int:
    with world.store.transaction():
        due = world.store.run(
            "DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs WHERE due_at <= ? ORDER BY due_at, seq LIMIT ?) "
            "RETURNING due_at, seq, kind, subject",
            world.clock.now(),
            AT_ONCE,
        )
        for _, _, kind, subject in sorted(due):
            WORK[kind](world, subject)
    return len(due)
