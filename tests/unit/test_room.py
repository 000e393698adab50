"""A room: one frame for everybody, busy readers in their turn, those who come back as one piece."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import protocol as p
from realtime.frames import frame, texts
from realtime.ring import Ring
from realtime.room import Room
from realtime.topics import Audience, Topic
from tests.unit.entries import EVENT, entered, held
from tests.unit.lines import TestLine
from ticketing.log import Entry


def a_room(*, upto: int = 0, audience: Audience = Audience.DOOR) -> Room:
    """With a ring that holds the entries up to `upto`."""
    ring = Ring(last=0)
    for seq in range(1, upto + 1):
        ring.append(entered(seq))
    return Room(Topic(audience, EVENT), p.encode, ring)


def a_reader(room: Room, *, limit: int = 1_000_000) -> TestLine:
    line = TestLine(limit=limit)
    room.enter(line, seq=0, feed_seq=0)
    return line


def size_of(entry: Entry) -> int:
    return len(a_room().frame_of(entry))


def test_a_frame_is_made_once_whoever_asks_for_it() -> None:
    room = a_room()
    entry = entered(1)

    assert room.frame_of(entry) is room.frame_of(entry)


def test_a_version_with_no_word_for_it_says_nothing() -> None:
    room = Room(Topic(Audience.DOOR, EVENT), lambda _: "", Ring(last=0))
    line = a_reader(room)

    room.tell([entered(1)])

    assert line.frames() == []
    assert line in room.clear


def test_entries_told_together_share_a_write() -> None:
    room = a_room()
    line = a_reader(room)
    writes: list[bytes] = []

    def straight(frames: bytes) -> int:
        writes.append(frames)
        return len(frames)

    room.clear[line] = straight
    room.tell([entered(1), held(2)])

    assert [len(list(texts(write))) for write in writes] == [2]


def test_a_stalled_reader_gets_everything_in_its_turn_and_the_others_at_once() -> None:
    room = a_room()
    slow, quick = a_reader(room), a_reader(room)
    slow.stall()
    for seq in (1, 2, 3):
        room.tell([entered(seq)])
    at_once, while_stalled = quick.seqs(), slow.frames()
    slow.drain()
    room.tell([entered(4)])

    assert at_once == [1, 2, 3]
    assert while_stalled == []
    assert slow.seqs() == [1, 2, 3, 4]


@given(st.lists(st.one_of(st.just("tell"), st.just("drain"), st.integers(0, 500)), max_size=40))
def test_no_frame_is_lost_or_torn_wherever_the_kernel_stops(steps: list[str | int]) -> None:
    room = a_room()
    line = a_reader(room)
    seq = 0
    for step in steps:
        if step == "tell":
            seq += 1
            room.tell([entered(seq)])
        elif step == "drain":
            line.drain()
        elif isinstance(step, int) and line.straight is not None:
            line.kernel.room = step
    line.drain()

    assert line.seqs() == list(range(1, seq + 1))


def test_a_reader_that_cannot_keep_up_is_cut_once_and_never_sees_a_hole() -> None:
    room = a_room()
    slow, quick = a_reader(room, limit=2 * size_of(entered(1))), a_reader(room)
    slow.stall()
    for seq in range(1, 6):
        room.tell([entered(seq)])
    slow.drain()

    assert slow.cuts == ["cut"]
    assert slow.seqs() == [1]
    assert quick.seqs() == [1, 2, 3, 4, 5]
    assert len(room) == 1


def test_who_leaves_is_told_nothing_more_also_of_what_waited() -> None:
    room = a_room()
    line = a_reader(room)
    line.stall()
    line.show(room.name, frame("state"))
    room.leave(line)
    room.leave(line)
    line.drain()
    room.tell([entered(1)])

    assert line.kernel.got == b""
    assert not room


def test_a_closed_line_is_in_no_room() -> None:
    room, other = a_room(), a_room(audience=Audience.SALES)
    line = a_reader(room)
    other.enter(line, seq=0, feed_seq=0)

    line.close()

    assert (len(room), len(other)) == (0, 0)


def test_what_was_missed_is_one_piece_the_same_for_all_who_missed_the_same() -> None:
    room = a_room(upto=10)

    blob = room.missed(4, 10)

    assert blob == b"".join(room.frame_of(entered(seq)) for seq in range(5, 11))
    assert room.missed(4, 10) is blob
    assert room.missed(10, 10) == b""


def test_what_was_missed_grows_with_the_log() -> None:
    room = a_room(upto=10)
    room.missed(4, 8)

    assert room.missed(4, 10) == b"".join(room.frame_of(entered(seq)) for seq in range(5, 11))


def test_frames_that_are_still_to_be_made_are_told() -> None:
    room = a_room(upto=4)
    room.frame_of(entered(3))

    assert [entry.seq for entry in room.unmade(1, 4)] == [2, 4]


@pytest.mark.parametrize(
    ("audience", "kind"), [(Audience.DOOR, "ticket_entered"), (Audience.SALES, "fan_entered")]
)
def test_each_audience_is_told_in_its_own_words(audience: Audience, kind: str) -> None:
    room = a_room(audience=audience)
    line = a_reader(room)

    room.tell([entered(1)])

    assert line.frames()[0]["fact"]["t"] == kind


def test_another_shows_room_has_another_name() -> None:
    assert Room(Topic(Audience.DOOR, UUID(int=1)), p.encode, Ring(last=0)).name == f"door:{UUID(int=1)}"
