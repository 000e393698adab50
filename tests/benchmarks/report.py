"""How every bench prints: a table for people, then one line a figure, for scripts."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several rounds, with the least and the greatest."""

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{_number(self.median)} ({_number(self.least)}-{_number(self.greatest)})"


def spread(rounds: Sequence[float]) -> Spread:
    """What several rounds of one measurement came to."""
    return Spread(statistics.median(rounds), min(rounds), max(rounds))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed; 0 of none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table, the first column to the left and the others to the right."""
    cells = [list(heads), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  " + "   ".join([row[0].ljust(widths[0]), *rest]).rstrip())
        if number == 0:
            print("  " + "   ".join("-" * width for width in widths))


def result(name: str, number: float, unit: str) -> None:
    """Print one figure."""
    print(f"result: {name} {_number(number).replace(',', '')} {unit}", flush=True)


def _cell(value: object) -> str:
    return _number(value) if isinstance(value, int | float) else str(value)


def _number(value: float) -> str:
    """Three figures that mean something, and no more."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
