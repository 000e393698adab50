"""States go out together, busy readers are passed over, and a large crowd is told in portions."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import protocol as p
from realtime import states
from realtime.frames import frame, texts
from realtime.ring import Ring
from realtime.room import Room
from realtime.states import Shown
from realtime.telemetry import telemetry
from realtime.topics import Audience, Topic
from tests.unit.lines import TestLine


def a_room(number: int = 1) -> Room:
    return Room(Topic(Audience.PUBLIC, UUID(int=number)), p.encode, Ring(last=0))


def a_reader(*rooms: Room) -> TestLine:
    line = TestLine()
    for room in rooms:
        room.enter(line, seq=0, feed_seq=0)
    return line


def state(room: Room, text: str) -> Shown:
    return Shown(room, room.name, frame(text))


def told(line: TestLine) -> list[str]:
    got, line.kernel.got = line.kernel.got, b""
    return list(texts(got))


async def test_everybody_is_shown_the_state() -> None:
    room = a_room()
    fans = [a_reader(room) for _ in range(3)]

    await states.show([state(room, "new")])

    assert [told(fan) for fan in fans] == [["new"]] * 3


async def test_nothing_to_show_is_nothing() -> None:
    await states.show([])


async def test_states_of_several_topics_share_a_write() -> None:
    rooms = [a_room(number) for number in range(4)]
    fan = a_reader(*rooms)
    writes: list[bytes] = []

    def straight(frames: bytes) -> int:
        writes.append(frames)
        return len(frames)

    for room in rooms:
        room.clear[fan] = straight
    await states.show([state(room, str(number)) for number, room in enumerate(rooms)])

    assert [list(texts(write)) for write in writes] == [["0", "1", "2", "3"]]


async def test_a_stalled_reader_is_passed_over_and_gets_the_newest_when_it_clears() -> None:
    room = a_room()
    slow, quick = a_reader(room), a_reader(room)
    slow.stall()
    skipped = telemetry.states_skipped
    for text in ("one", "two", "three"):
        await states.show([state(room, text)])
    slow.drain()

    assert told(slow) == ["three"]
    assert told(quick) == ["one", "two", "three"]
    assert telemetry.states_skipped == skipped + 2


async def test_a_state_that_was_half_taken_is_finished_first() -> None:
    room = a_room()
    fan = a_reader(room)
    fan.kernel.room = 3
    for text in ("one", "two", "three"):
        await states.show([state(room, text)])
    fan.drain()

    assert told(fan) == ["one", "three"]


async def test_who_leaves_or_stalls_between_two_portions_is_seen_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "PORTION", 1)
    room = a_room()
    fans = [a_reader(room) for _ in range(4)]
    showing = asyncio.create_task(states.show([state(room, "new")]))
    await asyncio.sleep(0)
    reached = [fan for fan in fans if fan.kernel.got]
    leaves, stalls, stays = (fan for fan in fans if fan not in reached)
    room.leave(leaves)
    stalls.put(frame("reply"))
    stalls.stuck(b"", 0)
    await showing

    assert len(reached) == 1
    assert told(leaves) == []
    assert told(stays) == ["new"]
    stalls.drain()
    assert told(stalls) == ["reply", "new"]


@given(st.lists(st.sets(st.integers(0, 4)), max_size=12), st.sets(st.integers(0, 4)))
def test_everybody_is_in_one_group_with_exactly_what_concerns_them(
    follows: list[set[int]], changed: set[int]
) -> None:
    rooms = [a_room(number) for number in range(5)]
    fans = [(a_reader(*(rooms[number] for number in numbers)), numbers) for numbers in follows]

    groups = states.grouped([state(rooms[number], str(number)) for number in sorted(changed)])

    for fan, numbers in fans:
        shown = [group.states for group in groups if fan in group.lines]
        expected = sorted(numbers & changed)
        assert shown == ([tuple(state(rooms[n], str(n)) for n in expected)] if expected else [])
