"""docs/capacity.md: every sum in it is right, as far as its rounding goes."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

from config.place import ROOT

TEXT = (ROOT / "docs" / "capacity.md").read_text()
SUMS = re.findall(r"`([^`=]+) = ([0-9.,]+)`", TEXT)
OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def test_the_plan_is_made_of_sums() -> None:
    assert len(SUMS) > 30
    assert TEXT.count(" = ") == len(SUMS) + 1, (
        "one that is only talked about, and no other that is not checked"
    )


def test_every_sum_comes_out() -> None:
    wrong = [f"{sum_} = {told}" for sum_, told in SUMS if not _comes_out(sum_, told)]

    assert not wrong


def test_a_wrong_sum_is_found() -> None:
    assert not _comes_out("1,000 × 2", "2,001")
    assert _comes_out("13.4 / 8", "1.7")


def _comes_out(written: str, told: str) -> bool:
    """Whether the result is the sum's, rounded to the digits that it has."""
    value = _value(ast.parse(written.replace(",", "").replace("×", "*").strip(), mode="eval").body)
    decimals = len(told.partition(".")[2])
    return abs(value - float(told.replace(",", ""))) <= 0.5000001 * 10.0**-decimals


def _value(node: ast.expr) -> float:
    match node:
        case ast.BinOp(left=left, op=how, right=right):
            return OPERATIONS[type(how)](_value(left), _value(right))
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case _:
            raise ValueError(ast.dump(node))
