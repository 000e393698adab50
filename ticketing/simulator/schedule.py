"""Puts a job on the simulator's timetable (see `jobs`, which carries them out)."""

from ticketing.simulator.world import World


def at(world: World, due_at: float, *, job: str, subject: str) -> None:
    world.store.run("INSERT INTO jobs (due_at, kind, subject) VALUES (?, ?, ?)", due_at, job, subject)
