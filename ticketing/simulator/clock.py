"""Stripe's clock, which the controls can move forward."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Clock:
    """Seconds since 1970: the machine's clock plus an offset that only grows."""

    offset: float = 0.0
    wall: Callable[[], float] = field(default=time.time)

    def now(self) -> float:
        return self.wall() + self.offset

    def stamp(self) -> int:
        """The present second, as Stripe writes it in `created`."""
        return int(self.now())
