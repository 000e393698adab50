"""How large a storm is, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large the storm is. What ends in `_every_s` happens so often; 0 is never."""

    readers: int
    entries: int
    shows: int
    writers: int
    entries_per_s: float
    processes: int = 1
    """Web processes; more than one needs Redis."""
    bytes_between_cuts: int = 0
    """What passes, about, between two troubles of a reader's connection."""
    bytes_between_redis_cuts: int = 0
    """The same for everybody's connections to Redis."""
    dropped_per_minute: float = 0.0
    """The share of the readers that lose their connections each minute."""
    gateway_killed_every_s: float = 0.0
    writer_killed_every_s: float = 0.0
    redis_cut_every_s: float = 0.0
    redis_silent_every_s: float = 0.0
    redis_killed_every_s: float = 0.0
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the processes' environment has besides."""
    seed: int = 1

    @property
    def deliveries(self) -> float:
        """How many facts are told, if each show is written to as much as the others."""
        return self.readers * self.entries / self.shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of it. `faults`, `late`, `anew` and `untrue` are all empty, or something was lost."""

    plan: Plan
    entries: int
    deliveries: int
    seconds: float
    faults: tuple[str, ...]
    late: tuple[str, ...]
    anew: tuple[str, ...]
    untrue: tuple[str, ...]
    happened: Mapping[str, int]

    @property
    def is_whole(self) -> bool:
        """Whether each reader's list is the log's."""
        return not (self.faults or self.late or self.anew or self.untrue)

    def lines(self) -> list[str]:
        """For people."""
        plan, others = self.plan, len(self.faults)
        doubled = sum(" again, " in fault for fault in self.faults)
        holes = sum(" without the " in fault for fault in self.faults)
        happened = ", ".join(f"{count:,} {what}" for what, count in sorted(self.happened.items()))
        what = (
            f"{plan.readers:,} readers of {plan.shows} shows over {plan.processes} web processes",
            f"{self.entries:,} entries by {plan.writers} writers in {self.seconds:.0f} s",
            f"{self.deliveries:,} deliveries",
        )
        came = (
            f"readers that lack some: {len(self.late)}",
            f"doubled: {doubled}",
            f"out of order: {holes}",
            f"other faults: {others - doubled - holes}",
            f"topics told otherwise than the log: {len(self.untrue)}",
            f"readers that had to begin anew: {len(self.anew)}",
        )
        worst = (*self.faults[:10], *self.late[:10], *self.anew[:10], *self.untrue[:10])
        return [", ".join(what), "; ".join(came), happened, *worst]
