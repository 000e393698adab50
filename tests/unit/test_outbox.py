"""What waits for one socket: bounded, facts in order, of state only the newest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.outbox import Outbox, Overflowed


def an_outbox(*, limit: int = 100) -> tuple[Outbox, list[str]]:
    """An outbox, and a list that grows with every wake."""
    woken: list[str] = []
    return Outbox(wake=lambda: woken.append("wake"), limit=limit), woken


def taken(outbox: Outbox) -> list[str]:
    """All that it gives."""
    return list(iter(outbox.take, None))


def test_an_empty_outbox_gives_nothing() -> None:
    outbox, woken = an_outbox()

    assert outbox.take() is None
    assert woken == []


def test_facts_leave_in_the_order_in_which_they_came() -> None:
    outbox, woken = an_outbox()
    for text in ("a", "b", "c"):
        outbox.put(text)

    assert taken(outbox) == ["a", "b", "c"]
    assert len(woken) == 3


def test_a_newer_state_takes_the_place_of_the_one_that_waits() -> None:
    outbox, woken = an_outbox()
    outbox.put_state("public:x", "old")
    outbox.put_state("artist:x", "other")
    outbox.put_state("public:x", "new")

    assert taken(outbox) == ["new", "other"]
    assert len(woken) == 3


def test_replies_and_facts_go_before_state() -> None:
    outbox, _ = an_outbox()
    outbox.put_state("public:x", "state")
    outbox.put("fact")

    assert taken(outbox) == ["fact", "state"]


def test_a_left_topics_state_is_forgotten() -> None:
    outbox, _ = an_outbox()
    outbox.put_state("public:x", "state")
    outbox.drop_state("public:x")
    outbox.drop_state("public:never")

    assert outbox.take() is None


def test_a_full_outbox_says_so_and_keeps_what_it_has() -> None:
    outbox, _ = an_outbox(limit=10)
    outbox.put("123456")
    with pytest.raises(Overflowed):
        outbox.put("78901")

    assert taken(outbox) == ["123456"]


def test_one_message_larger_than_the_bound_still_goes_out_alone() -> None:
    outbox, _ = an_outbox(limit=10)
    outbox.put("x" * 50)
    with pytest.raises(Overflowed):
        outbox.put("y")

    assert taken(outbox) == ["x" * 50]
    outbox.put("y")
    assert taken(outbox) == ["y"]


def test_state_never_overflows() -> None:
    outbox, _ = an_outbox(limit=10)
    outbox.put("x" * 10)

    outbox.put_state("public:x", "z" * 100)

    assert taken(outbox) == ["x" * 10, "z" * 100]


@given(st.lists(st.one_of(st.none(), st.text(max_size=30))))
def test_nothing_is_lost_doubled_or_reordered_however_it_is_filled_and_emptied(
    steps: list[str | None],
) -> None:
    outbox, _ = an_outbox(limit=60)
    put: list[str] = []
    got: list[str] = []
    for step in steps:
        if step is None:
            got += [text] if (text := outbox.take()) is not None else []
            continue
        try:
            outbox.put(step)
            put.append(step)
        except Overflowed:
            assert sum(map(len, put)) - sum(map(len, got)) + len(step) > 60

    assert got + taken(outbox) == put
