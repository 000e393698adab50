"""One show in one process: contiguous or read the log; one frame for every reader; states conflated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import feed as feeds
from realtime import protocol as p
from realtime import states
from realtime.feed import Feed
from realtime.projections import Counts
from realtime.topics import Audience
from tests.unit.entries import EVENT, entered, held
from tests.unit.examples import GA
from tests.unit.lines import TestLine
from ticketing.domain_events import EventStatus
from ticketing.log import Head


def a_feed(*, seq: int = 0) -> Feed:
    kind = p.TypeCount(id=GA, name="General admission", price=2_000, allocation=100, held=0, sold=0)
    counts = Counts(status=EventStatus.ON_SALE, types=(kind,), sold_out_at=None)
    return feeds.begin(EVENT, Head(seq=seq, epoch="e1"), counts)


def a_reader(feed: Feed, audience: Audience, *, seq: int | None = None, limit: int = 1_000_000) -> TestLine:
    line = TestLine(limit=limit)
    feed.room(audience).enter(line, seq=feed.seq if seq is None else seq, feed_seq=feed.seq)
    return line


def test_a_new_feed_stands_at_the_logs_end_and_is_idle() -> None:
    feed = a_feed(seq=7)

    assert (feed.seq, feed.epoch, feed.idle) == (7, "e1", True)


def test_a_feed_that_somebody_follows_is_not_idle_until_they_leave() -> None:
    feed = a_feed()
    door = a_reader(feed, Audience.DOOR)
    followed = feed.idle
    feed.room(Audience.DOOR).leave(door)

    assert not followed
    assert feed.idle


def test_the_next_entry_is_taken_and_handed_to_every_facts_reader() -> None:
    feed = a_feed()
    door, sales = a_reader(feed, Audience.DOOR), a_reader(feed, Audience.SALES)

    assert feed.accept([entered(1)])

    [at_the_door], [at_the_office] = door.frames(), sales.frames()
    assert at_the_door["topic"] == f"door:{EVENT}"
    assert (at_the_door["fact"]["t"], at_the_office["fact"]["t"]) == ("ticket_entered", "fan_entered")


def test_an_entry_that_is_not_for_an_audience_is_told_as_nothing_so_that_it_can_count() -> None:
    feed = a_feed()
    door = a_reader(feed, Audience.DOOR)

    feed.accept([held(1)])

    assert door.frames() == [{"t": "fact", "topic": f"door:{EVENT}", "seq": 1, "fact": {"t": "nothing"}}]


def test_an_entry_that_does_not_follow_is_not_taken() -> None:
    feed = a_feed(seq=3)
    door = a_reader(feed, Audience.DOOR)

    assert not feed.accept([entered(5)])

    assert feed.seq == 3
    assert door.frames() == []


def test_entries_are_taken_up_to_the_hole() -> None:
    feed = a_feed()
    door = a_reader(feed, Audience.DOOR)

    assert not feed.accept([entered(1), entered(2), entered(4)])

    assert door.seqs() == [1, 2]
    assert feed.counts == a_feed().counts


def test_an_entry_told_again_changes_nothing() -> None:
    feed = a_feed()
    door = a_reader(feed, Audience.DOOR)
    feed.accept([held(1)])

    assert feed.accept([held(1)])

    assert door.seqs() == [1]
    assert feed.counts.types[0].held == 1


@given(st.lists(st.integers(1, 12), max_size=60))
def test_however_entries_arrive_every_reader_gets_each_once_and_in_order(arrivals: list[int]) -> None:
    feed = a_feed()
    door = a_reader(feed, Audience.DOOR)
    for seq in arrivals:
        if not feed.accept([entered(seq)]):
            assert feed.accept([entered(missing) for missing in range(1, seq + 1)])

    assert door.seqs() == list(range(1, max(arrivals, default=0) + 1))


def test_a_reader_ahead_of_the_feed_is_not_told_what_it_knows() -> None:
    feed = a_feed(seq=3)
    one_by_one, together = (a_reader(feed, Audience.DOOR, seq=5) for _ in range(2))

    feed.accept([entered(4)])
    before = one_by_one.frames()
    feed.accept([entered(5), entered(6), entered(7)])

    assert before == []
    assert one_by_one.seqs() == [6, 7]
    assert together.seqs() == [6, 7]


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.ARTIST])
async def test_state_goes_out_once_however_much_has_happened(audience: Audience) -> None:
    feed = a_feed()
    fan = a_reader(feed, audience)
    for seq in range(1, 6):
        feed.accept([held(seq)])

    await states.show(feed.take_states())
    again = feed.take_states()

    [frame] = fan.frames()
    assert again == []
    assert (frame["t"], frame["seq"], frame["topic"]) == ("state", 5, f"{audience}:{EVENT}")


async def test_public_state_is_what_is_left_after_all_of_it() -> None:
    feed = a_feed()
    fan = a_reader(feed, Audience.PUBLIC)
    feed.accept([held(seq) for seq in range(1, 6)])

    await states.show(feed.take_states())

    assert fan.frames()[0]["state"]["left"] == 95


def test_what_changes_no_seats_has_no_state_to_show() -> None:
    feed = a_feed()
    a_reader(feed, Audience.PUBLIC)

    feed.accept([entered(1)])

    assert feed.take_states() == []
