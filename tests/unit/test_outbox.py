"""What waits for one busy socket: bounded in bytes and in time, facts in order, of state only the newest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.outbox import PATIENCE_S, TAKE_BYTES, WHOLE_PATIENCE_S, Outbox, Overflowed


def an_outbox(*texts: bytes, limit: int = 100) -> Outbox:
    outbox = Outbox(limit=limit)
    for text in texts:
        outbox.put(text, now=0)
    return outbox


def taken(outbox: Outbox) -> list[bytes]:
    """All that it gives, take by take."""
    return list(iter(lambda: outbox.take(now=0), b""))


def test_an_empty_outbox_gives_nothing_and_is_never_late() -> None:
    outbox = an_outbox()

    assert not outbox
    assert outbox.take(now=0) == b""
    assert not outbox.is_late(now=10**6)


def test_facts_leave_together_in_the_order_in_which_they_came() -> None:
    assert taken(an_outbox(b"a", b"b", b"c")) == [b"abc"]


def test_what_is_taken_at_once_is_not_endless() -> None:
    half = b"x" * (TAKE_BYTES // 2)

    assert taken(an_outbox(half, half, b"y", limit=10**6)) == [half + half, b"y"]


def test_a_newer_state_takes_the_place_of_the_one_that_waits() -> None:
    outbox = an_outbox()

    skipped = [outbox.put_state("x", b"old"), outbox.put_state("y", b"other"), outbox.put_state("x", b"new")]

    assert skipped == [False, False, True]
    assert taken(outbox) == [b"newother"]


def test_replies_and_facts_go_before_state() -> None:
    outbox = an_outbox()
    outbox.put_state("x", b"state")
    outbox.put(b"fact", now=0)

    assert taken(outbox) == [b"fact", b"state"]


def test_a_left_topics_state_is_forgotten() -> None:
    outbox = an_outbox()
    outbox.put_state("x", b"state")
    outbox.drop_state("x")
    outbox.drop_state("never")

    assert taken(outbox) == []


def test_a_full_outbox_says_so_and_keeps_what_it_has() -> None:
    outbox = an_outbox(b"123456", limit=10)

    with pytest.raises(Overflowed):
        outbox.put(b"78901", now=0)

    assert taken(outbox) == [b"123456"]


def test_one_message_larger_than_the_bound_still_goes_out_alone() -> None:
    outbox = an_outbox(b"x" * 50, limit=10)

    with pytest.raises(Overflowed):
        outbox.put(b"y", now=0)

    assert taken(outbox) == [b"x" * 50]
    outbox.put(b"y", now=0)
    assert taken(outbox) == [b"y"]


def test_a_snapshot_and_states_do_not_count() -> None:
    outbox = an_outbox(limit=10)
    outbox.put_whole(b"s" * 1_000, now=0)
    outbox.put(b"x" * 10, now=0)
    outbox.put_state("x", b"z" * 100)

    assert taken(outbox) == [b"s" * 1_000, b"x" * 10, b"z" * 100]


def test_a_fact_that_lies_too_long_makes_the_reader_late() -> None:
    outbox = an_outbox(b"fact")

    assert not outbox.is_late(now=PATIENCE_S)
    assert outbox.is_late(now=PATIENCE_S + 0.1)


def test_a_state_that_waits_makes_nobody_late() -> None:
    outbox = an_outbox()
    outbox.put_state("x", b"state")

    assert not outbox.is_late(now=10**6)


def test_what_waits_behind_a_snapshot_waits_for_the_snapshot() -> None:
    outbox = an_outbox()
    outbox.put_whole(b"manifest", now=0)
    outbox.put(b"fact", now=0)
    outbox.take(now=0)

    on_its_way = outbox.is_late(now=WHOLE_PATIENCE_S)
    outbox.put(b"another", now=30)
    outbox.take(now=30)
    outbox.put(b"third", now=30)

    assert not on_its_way
    assert not outbox.is_late(now=30 + PATIENCE_S)
    assert outbox.is_late(now=30 + PATIENCE_S + 0.1)


def test_a_snapshot_that_never_arrives_makes_the_reader_late() -> None:
    outbox = an_outbox()
    outbox.put_whole(b"manifest", now=0)
    outbox.take(now=0)

    assert outbox.is_late(now=WHOLE_PATIENCE_S + 0.1)


def test_a_cleared_outbox_is_empty_and_has_room() -> None:
    outbox = an_outbox(b"x" * 10, limit=10)
    outbox.put_state("x", b"state")
    outbox.clear()
    outbox.put(b"y" * 10, now=0)

    assert taken(outbox) == [b"y" * 10]


@given(st.lists(st.one_of(st.none(), st.binary(min_size=1, max_size=30))))
def test_nothing_is_lost_doubled_or_reordered_however_it_is_filled_and_emptied(
    steps: list[bytes | None],
) -> None:
    outbox = an_outbox(limit=60)
    put, got = b"", b""
    for step in steps:
        if step is None:
            got += outbox.take(now=0)
            continue
        try:
            outbox.put(step, now=0)
            put += step
        except Overflowed:
            assert len(put) - len(got) + len(step) > 60

    assert got + b"".join(taken(outbox)) == put
