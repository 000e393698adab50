"""Order IDs: a slip of the finger is caught, or reads as the same Order ID."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ticketing import order_id

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "order_id.json").read_text())
TYPED = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*~$="
numbers = st.integers(0, 2**50 - 1)


@pytest.mark.parametrize("vector", VECTORS["write"], ids=lambda v: v["number"])
def test_a_number_is_written_as_the_vectors_say(vector: dict[str, str]) -> None:
    written = order_id.with_check(int(vector["number"]))

    assert written == vector["order_id"]
    assert order_id.display(written) == vector["display"]


@pytest.mark.parametrize("vector", VECTORS["parse"], ids=lambda v: ascii(v["typed"]))
def test_a_text_is_read_as_the_vectors_say(vector: dict[str, str | None]) -> None:
    assert order_id.parse(vector["typed"] or "") == vector["order_id"]


@given(numbers)
def test_what_people_see_is_read_again(number: int) -> None:
    written = order_id.with_check(number)

    assert order_id.parse(order_id.display(written).lower()) == written


@given(number=numbers, place=st.integers(0, 10), typed=st.sampled_from(TYPED))
def test_one_wrong_character_is_caught_or_reads_the_same(number: int, place: int, typed: str) -> None:
    written = order_id.with_check(number)

    slipped = written[:place] + typed + written[place + 1 :]

    assert order_id.parse(slipped) in (None, written)


@given(number=numbers, place=st.integers(0, 9))
def test_two_neighbours_swapped_are_caught(number: int, place: int) -> None:
    written = order_id.with_check(number)
    assume(written[place] != written[place + 1])

    swapped = written[:place] + written[place + 1] + written[place] + written[place + 2 :]

    assert order_id.parse(swapped) is None


@given(st.text(max_size=14))
def test_whatever_is_typed_is_an_order_id_of_ours_or_none(text: str) -> None:
    read = order_id.parse(text)

    assert read is None or order_id.parse(read) == read


def test_new_ones_are_well_formed_and_do_not_repeat() -> None:
    drawn = {order_id.new() for _ in range(1_000)}

    assert len(drawn) == 1_000
    assert all(order_id.parse(one) == one for one in drawn)


def test_new_ones_can_be_said_aloud_to_their_last_character() -> None:
    drawn = [order_id.new() for _ in range(1_000)]

    assert {one[-1] for one in drawn} <= set(order_id.ALPHABET)
