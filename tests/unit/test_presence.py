"""Who is at the door, whatever is heard of whom, in whatever order, by however many processes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from realtime import presence
from realtime import protocol as p
from realtime.presence import GRACE_S, SILENT_S, Known, Presence, Sighting, Vitals

A, B = UUID(int=1), UUID(int=2)
VITALS = Vitals(unsent=2, battery=0.5, scanning=True, seq=7)
SIGHTINGS = st.builds(
    Sighting,
    device=st.sampled_from((A, B)),
    process=st.sampled_from(("one", "two", "three")),
    at=st.integers(1, 10_000),
    left=st.booleans(),
    vitals=st.none()
    | st.builds(Vitals, unsent=st.integers(0, 3), battery=st.none(), scanning=st.none(), seq=st.none()),
)


def a_door() -> Presence:
    return Presence(known={A: Known("Door A", None), B: Known("Door B", 5)})


def seen(
    device: UUID = A, *, at: int = 1, by: str = "one", left: bool = False, vitals: Vitals | None = VITALS
) -> Sighting:
    return Sighting(device=device, process=by, at=at, left=left, vitals=vitals)


def online(door: Presence, now_s: float) -> set[str]:
    return {device.name for device in door.devices(now_s=now_s) if device.online}


def test_a_phone_that_nobody_has_seen_is_listed_with_when_it_was_seen_last_and_nothing_else() -> None:
    [a, b] = a_door().devices(now_s=0)

    assert a == p.DeviceHere(
        id=str(A),
        name="Door A",
        online=False,
        last_seen_at=None,
        unsent=None,
        battery=None,
        scanning=None,
        seq=None,
    )
    assert b.last_seen_at == 5


def test_a_phone_is_there_as_it_says_that_it_is() -> None:
    door = a_door()
    door.hear(seen(at=9), now_s=0)

    [a, _] = door.devices(now_s=1)

    assert (a.online, a.last_seen_at) == (True, 9)
    assert (a.unsent, a.battery, a.scanning, a.seq) == (2, 0.5, True, 7)


def test_a_phone_that_falls_silent_is_not_there_any_more_but_its_last_words_are() -> None:
    door = a_door()
    door.hear(seen(), now_s=0)

    [a, _] = door.devices(now_s=SILENT_S)

    assert not a.online
    assert a.unsent == 2


def test_a_phone_that_leaves_is_missed_only_when_it_does_not_come_back() -> None:
    door = a_door()
    door.hear(seen(at=1), now_s=0)
    door.hear(seen(at=2, left=True), now_s=10)

    assert online(door, 10 + GRACE_S - 1) == {"Door A"}
    assert online(door, 10 + GRACE_S) == set()

    door.hear(seen(at=3), now_s=11)
    assert online(door, 10 + GRACE_S) == {"Door A"}


def test_a_phone_that_moves_to_another_process_is_there_once_and_stays() -> None:
    door = a_door()
    door.hear(seen(at=1, by="one"), now_s=0)
    door.hear(seen(at=2, by="two"), now_s=1)
    door.hear(seen(at=99, by="one", left=True), now_s=2)  # its old socket was half-open

    devices = door.devices(now_s=2 + GRACE_S)

    assert [device.name for device in devices] == ["Door A", "Door B"]
    assert online(door, 2 + GRACE_S) == {"Door A"}


def test_what_a_dead_process_saw_runs_out_by_itself() -> None:
    door = a_door()
    door.hear(seen(A, by="dead"), now_s=0)
    door.hear(seen(B, by="alive"), now_s=0)
    door.hear(seen(B, by="alive", at=2), now_s=20)

    assert online(door, SILENT_S) == {"Door B"}


def test_an_unknown_phone_is_asked_about_and_not_listed() -> None:
    door = a_door()

    assert door.hear(seen(A), now_s=0)
    assert not door.hear(seen(UUID(int=9)), now_s=0)
    assert len(door.devices(now_s=0)) == 2


def test_a_phone_that_was_revoked_is_listed_no_more() -> None:
    door = a_door()
    door.hear(seen(A), now_s=0)
    door.known = {B: Known("Door B", None)}
    door.forget_old(now_s=0)

    assert [device.name for device in door.devices(now_s=0)] == ["Door B"]
    assert door.changes_at(now_s=0) == float("inf")


def test_it_is_known_when_the_list_changes_by_itself() -> None:
    door = a_door()
    assert door.changes_at(now_s=0) == float("inf")
    door.hear(seen(A), now_s=0)
    door.hear(seen(B, left=True), now_s=1)

    assert door.changes_at(now_s=2) == 1 + GRACE_S
    assert door.changes_at(now_s=1 + GRACE_S) == SILENT_S


def test_two_phones_of_one_name_are_two() -> None:
    door = Presence(known={A: Known("Door", None), B: Known("Door", None)})

    assert [device.id for device in door.devices(now_s=0)] == [str(A), str(B)]


def test_only_what_lasts_is_worth_telling() -> None:
    door = a_door()
    door.hear(seen(at=1), now_s=0)
    before = door.devices(now_s=0)
    door.hear(seen(at=2, vitals=msgspec.structs.replace(VITALS, seq=8)), now_s=1)
    later = door.devices(now_s=1)
    door.hear(seen(at=3, vitals=msgspec.structs.replace(VITALS, unsent=3)), now_s=2)

    assert before != later
    assert not presence.worth_telling(before, later)
    assert presence.worth_telling(later, door.devices(now_s=2))


def _distinct(sightings: list[Sighting]) -> list[Sighting]:
    """A process tells a phone's moments apart."""
    return list({(s.device, s.process, s.at): s for s in sightings}.values())


@given(st.lists(SIGHTINGS, max_size=12).map(_distinct), st.randoms())
def test_the_order_in_which_sightings_arrive_does_not_matter_nor_how_often(
    sightings: list[Sighting], dice: object
) -> None:
    one, other = a_door(), a_door()
    for sighting in sightings:
        one.hear(sighting, now_s=0)
    shuffled = [*sightings, *sightings]
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    for sighting in shuffled:
        other.hear(sighting, now_s=0)

    for now_s in (0, GRACE_S, SILENT_S):
        assert one.devices(now_s=now_s) == other.devices(now_s=now_s)


@dataclass
class _Truth:
    """What one clock knows of one phone: by process, the last moment and whether it left."""

    seen: dict[str, tuple[float, bool]]


@given(st.lists(st.tuples(st.sampled_from(("one", "two")), st.booleans(), st.floats(0, 20)), max_size=12))
def test_a_phone_is_there_exactly_while_some_process_has_seen_it_lately(
    story: list[tuple[str, bool, float]],
) -> None:
    door, truth, now_s = a_door(), _Truth({}), 0.0
    for at, (process, left, pause_s) in enumerate(story, start=1):
        now_s += pause_s
        door.hear(seen(at=at, by=process, left=left), now_s=now_s)
        door.forget_old(now_s=now_s)
        truth.seen[process] = (now_s, left)

        for later_s in (now_s, now_s + GRACE_S - 0.1, now_s + GRACE_S, now_s + SILENT_S):
            there = any(later_s < s + (GRACE_S if gone else SILENT_S) for s, gone in truth.seen.values())
            assert (online(door, later_s) == {"Door A"}) is there
