"""One show in one process: contiguous or read the log; one frame for every reader; states conflated."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import feed as feeds
from realtime import protocol as p
from realtime.feed import RING, Feed, Reader
from realtime.outbox import Outbox
from realtime.projections import Counts
from realtime.topics import Audience, Topic
from tests.unit.examples import ANCHOR, AT, DEVICE_PK, GA, TICKET_PK
from ticketing import domain_events as e
from ticketing.domain_events import EventStatus
from ticketing.log import Entry, Head

EVENT = UUID("018f4e1a-0000-7000-8000-000000000001")


@dataclass
class Listener:
    """A reader whose frames are looked at."""

    reader: Reader
    outbox: Outbox
    cuts: list[str] = field(default_factory=list)

    def frames(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in iter(self.outbox.take, None)]

    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.frames()]


def a_feed(*, seq: int = 0) -> Feed:
    kind = p.TypeCount(id=GA, name="General admission", price=2_000, allocation=100, held=0, sold=0)
    counts = Counts(status=EventStatus.ON_SALE, types=(kind,), sold_out_at=None)
    return feeds.begin(EVENT, Head(seq=seq, epoch="e1"), counts)


def a_listener(feed: Feed, audience: Audience, *, seq: int | None = None, limit: int = 1_000_000) -> Listener:
    cuts: list[str] = []
    outbox = Outbox(wake=lambda: None, limit=limit)
    reader = Reader(
        topic=Topic(audience, EVENT),
        outbox=outbox,
        overflowed=lambda: cuts.append("cut"),
        seq=feed.seq if seq is None else seq,
    )
    feed.readers[audience].add(reader)
    return Listener(reader, outbox, cuts)


def entered(seq: int) -> Entry:
    happened = e.TicketRedeemed(
        ticket=TICKET_PK, ticket_type=GA, anchor=ANCHOR, device=DEVICE_PK, door="Door A", at=AT + seq
    )
    return Entry(seq=seq, happened=happened)


def held(seq: int) -> Entry:
    return Entry(
        seq=seq, happened=e.HoldPlaced(order="x", lines=(e.Line(ticket_type=GA, quantity=1),), at=AT)
    )


def test_a_new_feed_stands_at_the_logs_end_and_is_idle() -> None:
    feed = a_feed(seq=7)

    assert (feed.seq, feed.epoch, feed.idle) == (7, "e1", True)


def test_the_next_entry_is_taken_and_handed_to_every_facts_reader() -> None:
    feed = a_feed()
    door, sales = a_listener(feed, Audience.DOOR), a_listener(feed, Audience.SALES)

    assert feed.accept(entered(1))

    [at_the_door], [at_the_office] = door.frames(), sales.frames()
    assert at_the_door["topic"] == f"door:{EVENT}"
    assert (at_the_door["fact"]["t"], at_the_office["fact"]["t"]) == ("ticket_entered", "fan_entered")


def test_an_entry_that_is_not_for_an_audience_is_told_as_nothing_so_that_it_can_count() -> None:
    feed = a_feed()
    door = a_listener(feed, Audience.DOOR)

    feed.accept(held(1))

    assert door.frames() == [{"t": "fact", "topic": f"door:{EVENT}", "seq": 1, "fact": {"t": "nothing"}}]


def test_an_entry_that_does_not_follow_is_not_taken() -> None:
    feed = a_feed(seq=3)
    door = a_listener(feed, Audience.DOOR)

    assert not feed.accept(entered(5))

    assert feed.seq == 3
    assert door.frames() == []


def test_an_entry_told_again_changes_nothing() -> None:
    feed = a_feed()
    door = a_listener(feed, Audience.DOOR)
    feed.accept(held(1))

    assert feed.accept(held(1))

    assert door.seqs() == [1]
    assert feed.counts.types[0].held == 1


@given(st.lists(st.integers(1, 12), max_size=60))
def test_however_entries_arrive_every_reader_gets_each_once_and_in_order(arrivals: list[int]) -> None:
    feed = a_feed()
    door = a_listener(feed, Audience.DOOR)
    for seq in arrivals:
        if not feed.accept(entered(seq)):
            for missing in range(feed.seq + 1, seq + 1):
                assert feed.accept(entered(missing))

    assert door.seqs() == list(range(1, max(arrivals, default=0) + 1))


def test_a_reader_ahead_of_the_feed_is_not_told_what_it_knows() -> None:
    feed = a_feed(seq=3)
    door = a_listener(feed, Audience.DOOR, seq=5)

    for seq in (4, 5, 6):
        feed.accept(entered(seq))

    assert door.seqs() == [6]


def test_the_ring_gives_what_a_returning_reader_missed() -> None:
    feed = a_feed()
    for seq in range(1, 11):
        feed.accept(entered(seq))

    missed = feed.entries_after(7)

    assert missed is not None
    assert [entry.seq for entry in missed] == [8, 9, 10]
    assert feed.entries_after(10) == []
    assert feed.entries_after(0) is not None


def test_the_ring_says_so_when_it_no_longer_holds_all() -> None:
    feed = a_feed()
    for seq in range(1, RING + 3):
        feed.accept(entered(seq))

    assert feed.entries_after(1) is None
    assert len(feed.entries_after(2) or []) == RING


def test_a_feed_that_began_later_does_not_hold_what_was_before() -> None:
    feed = a_feed(seq=5)

    assert feed.entries_after(4) is None
    feed.accept(entered(6))
    assert feed.entries_after(4) is None
    assert feed.entries_after(5) == [entered(6)]


def test_a_replay_is_what_was_missed_in_order() -> None:
    feed = a_feed()
    door = a_listener(feed, Audience.DOOR, seq=2)

    feeds.replay(door.reader, [entered(3), held(4)])

    assert door.seqs() == [3, 4]
    assert door.reader.seq == 4


def test_many_readers_are_handed_the_very_same_text() -> None:
    feed = a_feed()
    listeners = [a_listener(feed, Audience.SALES) for _ in range(3)]
    feed.accept(held(1))

    texts = [listener.outbox.take() for listener in listeners]

    assert texts[0] is texts[1] is texts[2]


def test_a_reader_that_cannot_keep_up_is_cut_once_and_never_sees_a_hole() -> None:
    feed = a_feed()
    size = len(feeds.fact_text(Audience.DOOR, EVENT, entered(1)))
    slow = a_listener(feed, Audience.DOOR, limit=2 * size)
    quick = a_listener(feed, Audience.DOOR)

    for seq in (1, 2, 3):
        feed.accept(entered(seq))
    feed.accept(held(4))
    first = slow.seqs()
    feed.accept(held(5))

    assert slow.cuts == ["cut"]
    assert first == [1, 2]
    assert slow.seqs() == []
    assert quick.seqs() == [1, 2, 3, 4, 5]


def test_a_replay_that_overflows_stops_where_it_overflows() -> None:
    feed = a_feed()
    size = len(feeds.fact_text(Audience.DOOR, EVENT, entered(1)))
    slow = a_listener(feed, Audience.DOOR, limit=size)

    feeds.replay(slow.reader, [entered(1), entered(2), held(3)])

    assert slow.seqs() == [1]
    assert slow.cuts == ["cut"]


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.ARTIST])
def test_state_goes_out_once_however_much_has_happened(audience: Audience) -> None:
    feed = a_feed()
    fan = a_listener(feed, audience)
    for seq in range(1, 6):
        feed.accept(held(seq))

    feed.flush_states()
    feed.flush_states()

    [frame] = fan.frames()
    assert (frame["t"], frame["seq"], frame["topic"]) == ("state", 5, f"{audience}:{EVENT}")


def test_public_state_is_what_is_left_after_all_of_it() -> None:
    feed = a_feed()
    fan = a_listener(feed, Audience.PUBLIC)
    for seq in range(1, 6):
        feed.accept(held(seq))

    feed.flush_states()

    assert fan.frames()[0]["state"]["left"] == 95


def test_what_changes_no_seats_sends_no_state() -> None:
    feed = a_feed()
    fan = a_listener(feed, Audience.PUBLIC)

    feed.accept(entered(1))
    feed.flush_states()

    assert fan.frames() == []
