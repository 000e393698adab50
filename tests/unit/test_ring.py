"""The newest entries, without holes, growing at both ends."""

from __future__ import annotations

import pytest

from realtime.ring import Ring
from tests.unit.entries import held


def a_ring(*, first: int = 1, last: int = 0, limit: int = 100) -> Ring:
    ring = Ring(last=first - 1, limit=limit)
    for seq in range(first, last + 1):
        ring.append(held(seq))
    return ring


def test_a_new_ring_reaches_only_those_who_miss_nothing() -> None:
    ring = a_ring(first=8)

    assert (ring.first, ring.last, len(ring)) == (8, 7, 0)
    assert ring.reaches(7)
    assert not ring.reaches(6)


def test_it_gives_what_lies_between() -> None:
    ring = a_ring(last=10)

    assert [entry.seq for entry in ring.between(7, 10)] == [8, 9, 10]
    assert [entry.seq for entry in ring.between(3, 5)] == [4, 5]
    assert ring.between(10, 10) == []


def test_it_takes_no_entry_but_the_next() -> None:
    with pytest.raises(AssertionError):
        a_ring(last=3).append(held(5))


def test_it_forgets_the_oldest_in_one_go_and_keeps_what_it_promised() -> None:
    ring = a_ring(last=19, limit=10)
    grown = len(ring)
    ring.append(held(20))

    assert grown == 19
    assert (len(ring), ring.first, ring.last) == (10, 11, 20)


def test_it_is_extended_backwards_by_what_comes_right_before() -> None:
    ring = a_ring(first=8, last=9)

    assert ring.prepend([held(5), held(6), held(7)])
    assert ring.first == 5
    assert [entry.seq for entry in ring.between(4, 9)] == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("seqs", [(), (5, 6), (7, 8)])
def test_it_is_not_extended_by_anything_else(seqs: tuple[int, ...]) -> None:
    ring = a_ring(first=8, last=9)

    assert not ring.prepend([held(seq) for seq in seqs])
    assert ring.first == 8
