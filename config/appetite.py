"""How much of each show the demo's crowd may buy, so that there is always something left for whoever looks around.

The pages tell how many tickets of a kind are left, not how many there were: the most that was ever seen stands for
that, and is kept in a file from one start of the demo to the next.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

CEILING = 0.8
SLOWEST = 15.0


@dataclass(slots=True)
class Appetite:
    """What the crowd may still buy of each kind of tickets, known by its id. With `full` it may buy everything."""

    memory: Path | None = None
    full: bool = False
    most: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.most = _read(self.memory) if self.memory else {}

    def room(self, kind: str, *, left: int) -> int:
        """How many tickets the crowd may buy of a kind that has so many left."""
        self._remember(kind, left)
        if self.full:
            return left
        kept_back = self.most[kind] - math.floor(CEILING * self.most[kind])
        return max(0, left - kept_back)

    def slowness(self, kind: str, *, left: int) -> float:
        """By what the pause between two fans is to be multiplied: 1 at first, more the more is sold."""
        allowed = math.floor(CEILING * self.most.get(kind, left))
        room = self.room(kind, left=left)
        if self.full or not allowed:
            return 1.0
        return min(SLOWEST, allowed / max(room, 1))

    def _remember(self, kind: str, left: int) -> None:
        if left <= self.most.get(kind, 0):
            self.most.setdefault(kind, left)
            return
        self.most[kind] = left
        if self.memory:
            self.memory.write_text(json.dumps(self.most))


def _read(path: Path) -> dict[str, int]:
    try:
        kept = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}  # nothing remembered yet, or not by us: it is learnt anew
    return (
        {kind: most for kind, most in kept.items() if isinstance(most, int)} if isinstance(kept, dict) else {}
    )
