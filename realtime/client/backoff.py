"""When to try again after a loss: the twin of backoff.ts, held to it by tests/vectors/client_rules.json."""

from __future__ import annotations

from typing import Final, NamedTuple

FIRST_MS: Final = 500
LONGEST_MS: Final = 10_000
LONGEST_ASKED_MS: Final = 600_000
"""The longest pause that `going_away` can ask for."""
FACTS_CROWD_MS: Final = 3_000
STATE_CROWD_MS: Final = 10_000
"""When a loss was not ours alone, those who came with us come back spread over this long, by what they follow."""
_DOUBLINGS: Final = 20


class Pause(NamedTuple):
    """The next try comes at a random moment of this span, in milliseconds from now."""

    least: int
    most: int

    def within(self, chance: float) -> float:
        """One moment of it; `chance` is from 0 to 1."""
        return self.least + chance * (self.most - self.least)


def pause_after(*, failures: int, crowd_ms: int, asked_ms: int | None) -> Pause:
    """When to try again after `failures` tries in a row that came to nothing.

    Full jitter: a thousand clients that lost one server must not come back in the same instant. `crowd_ms` is over how
    long the others who lost the same server spread, 0 when the loss is ours alone; `asked_ms` what `going_away` asked
    for, counted from the close: the server's own word goes first, for it has spread its clients itself.
    """
    if asked_ms is not None:
        asked = min(LONGEST_ASKED_MS, max(0, asked_ms))
        return Pause(asked, asked)
    doubled = FIRST_MS * 2 ** min(failures, _DOUBLINGS)
    return Pause(0, min(LONGEST_MS, max(crowd_ms, doubled)))
