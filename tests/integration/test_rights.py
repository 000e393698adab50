"""Who may do and follow what: three venues, every role, every topic; one table of the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from uuid import UUID, uuid4

import pytest

from realtime.topics import Anonymous, Audience, DoorDevice, Member, Principal, Topic, may_join
from tests.factories import NOW, a_device, a_member, a_show, a_user, a_venue, an_artist
from ticketing import events, pairing, rights
from ticketing.domain_events import EventStatus
from ticketing.models import Event, Role, User, VenueMembership

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@dataclass
class House:
    """A venue with a show, its people, its artist's member and its phone."""

    event: Event
    artist_member: User
    device: DoorDevice
    members: dict[Role, User] = field(default_factory=dict)


def a_house() -> House:
    venue, artist_member = a_venue(), a_user()
    event = a_show(venue=venue, artists=(an_artist(member=artist_member),))
    device, _ = a_device(event)
    members = {role: a_member(venue, role) for role in Role}
    return House(event, artist_member, DoorDevice(device.pk, event.pk, device.name), members)


def principals(house: House) -> list[tuple[str, Principal]]:
    people: list[tuple[str, Principal]] = [
        (role.value, Member(user.pk)) for role, user in house.members.items()
    ]
    return [*people, ("artist", Member(house.artist_member.pk)), ("phone", house.device)]


MAY_JOIN_AT_HOME = {
    ("owner", Audience.SALES),
    ("manager", Audience.SALES),
    ("artist", Audience.ARTIST),
    ("phone", Audience.DOOR),
}


def test_everybody_follows_exactly_what_is_theirs_at_their_own_house_and_only_the_public_elsewhere() -> None:
    houses = [a_house() for _ in range(3)]
    wrong = []
    for mine, theirs, audience in product(houses, houses, Audience):
        for who, principal in principals(mine):
            at_home = mine is theirs and (who, audience) in MAY_JOIN_AT_HOME
            expected = audience is Audience.PUBLIC or at_home
            if may_join(principal, Topic(audience, theirs.event.pk)) != expected:
                wrong.append((who, audience, mine is theirs))

    assert wrong == []


def test_strangers_follow_the_public_state_and_nothing_else() -> None:
    house = a_house()
    strangers: tuple[Principal, ...] = (Anonymous(), Member(a_user().pk), Member(uuid4()))

    joined = {
        audience
        for stranger, audience in product(strangers, Audience)
        if may_join(stranger, Topic(audience, house.event.pk))
    }

    assert joined == {Audience.PUBLIC}


@pytest.mark.parametrize("audience", Audience)
def test_nobody_follows_a_show_that_does_not_exist(audience: Audience) -> None:
    house = a_house()

    assert not any(may_join(who, Topic(audience, uuid4())) for _, who in principals(house))


def test_a_draft_is_followed_by_its_own_people_only() -> None:
    venue = a_venue()
    event = a_show(venue=venue, on_sale=False)

    assert not may_join(Anonymous(), Topic(Audience.PUBLIC, event.pk))
    assert may_join(Member(a_member(venue, Role.OWNER).pk), Topic(Audience.SALES, event.pk))


@pytest.mark.parametrize("status", [s for s in EventStatus if s is not EventStatus.DRAFT])
def test_every_published_show_is_public(status: EventStatus) -> None:
    event = a_show()
    events.set_status(event_id=event.pk, status=status, now=NOW)

    assert may_join(Anonymous(), Topic(Audience.PUBLIC, event.pk))


def test_a_revoked_phone_follows_nothing_of_the_door() -> None:
    house = a_house()
    pairing.revoke(device_id=house.device.device_id, event_id=house.event.pk, now=NOW)

    assert not may_join(house.device, Topic(Audience.DOOR, house.event.pk))


def test_a_phone_that_claims_another_event_follows_nothing_there() -> None:
    mine, theirs = a_house(), a_house()
    liar = DoorDevice(mine.device.device_id, theirs.event.pk, "Door A")

    assert not may_join(liar, Topic(Audience.DOOR, theirs.event.pk))


def test_rights_end_with_the_membership() -> None:
    house = a_house()
    owner = house.members[Role.OWNER]
    VenueMembership.objects.filter(user=owner).delete()

    assert not may_join(Member(owner.pk), Topic(Audience.SALES, house.event.pk))


def test_every_member_runs_the_door_of_their_own_venue_and_owners_and_managers_see_its_sales() -> None:
    mine, theirs = a_house(), a_house()
    home, away = mine.event.venue_id, theirs.event.venue_id

    door = {(role, at == home) for role, at in product(Role, (home, away)) if _runs(mine, role, at)}
    office = {(role, at == home) for role, at in product(Role, (home, away)) if _sees(mine, role, at)}

    assert door == {(role, True) for role in Role}
    assert office == {(Role.OWNER, True), (Role.MANAGER, True)}


def test_an_artists_member_acts_for_that_artist_alone() -> None:
    mine, theirs = a_house(), a_house()

    assert rights.may_see_artist(user_id=mine.artist_member.pk, artist_id=mine.event.artists.get().pk)
    assert not rights.may_see_artist(user_id=mine.artist_member.pk, artist_id=theirs.event.artists.get().pk)


def _runs(house: House, role: Role, venue_id: UUID) -> bool:
    return rights.may_run_door(user_id=house.members[role].pk, venue_id=venue_id)


def _sees(house: House, role: Role, venue_id: UUID) -> bool:
    return rights.may_see_venue(user_id=house.members[role].pk, venue_id=venue_id)
