"""The demo's crowd leaves something for whoever looks around."""

from __future__ import annotations

from pathlib import Path

from config.appetite import CEILING, Appetite

KIND = "018f4e1a-0000-7000-8000-000000000001"


def test_the_crowd_takes_four_fifths_of_a_kind_and_no_more() -> None:
    appetite, left = Appetite(), 400

    while room := appetite.room(KIND, left=left):
        left -= min(4, room)

    assert left == round(400 * (1 - CEILING))


def test_it_slows_down_as_tickets_sell() -> None:
    appetite = Appetite()

    pauses = [appetite.slowness(KIND, left=left) for left in (400, 300, 200, 120, 81)]

    assert pauses[0] == 1.0
    assert pauses == sorted(pauses)
    assert pauses[-1] == 15.0


def test_each_kind_is_counted_by_itself() -> None:
    appetite = Appetite()
    appetite.room(KIND, left=400)
    appetite.room(KIND, left=80)

    assert appetite.room("another", left=100) == 80
    assert appetite.room(KIND, left=80) == 0


def test_what_it_knows_outlives_a_start(tmp_path: Path) -> None:
    memory = tmp_path / "crowd.json"
    Appetite(memory=memory).room(KIND, left=400)

    assert Appetite(memory=memory).room(KIND, left=100) == 20


def test_a_memory_that_cannot_be_read_is_learnt_anew(tmp_path: Path) -> None:
    memory = tmp_path / "crowd.json"
    memory.write_text("[half a te")

    assert Appetite(memory=memory).room(KIND, left=100) == 80


def test_a_full_crowd_sells_it_out_at_full_speed() -> None:
    appetite = Appetite(full=True)
    appetite.room(KIND, left=400)

    assert appetite.room(KIND, left=3) == 3
    assert appetite.slowness(KIND, left=3) == 1.0


def test_a_kind_with_a_ticket_or_two_is_left_to_people() -> None:
    assert Appetite().room(KIND, left=1) == 0
    assert Appetite().room("gone", left=0) == 0
