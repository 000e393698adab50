"""What open connections rest on: everything that ends it is found, in one query, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from tests.factories import NOW, a_device, a_member, a_show, a_user, a_venue, an_artist
from ticketing import pairing, standing, team
from ticketing.clock import utc_now
from ticketing.models import ArtistMembership, Device, Event, Role, User, VenueMembership
from ticketing.standing import Claim, Paired, SeesSales, SeesSellThrough, SignedIn

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def signed_in(user: User) -> tuple[SignedIn, Client]:
    client = Client()
    client.force_login(user)
    session = client.session
    assert session.session_key is not None
    return SignedIn(user.pk, session.session_key, session[HASH_SESSION_KEY]), client


class House:
    """Somebody of every kind, and what the connection of each rests on."""

    def __init__(self) -> None:
        self.venue = a_venue()
        self.owner, self.manager = a_member(self.venue, Role.OWNER), a_member(self.venue, Role.MANAGER)
        self.fan, self.player = a_user(), a_user()
        self.event: Event = a_show(venue=self.venue, artists=(an_artist(member=self.player),))
        self.device: Device = a_device(self.event)[0]
        self.session, self.browser = signed_in(self.manager)
        self.phone = Paired(self.device.pk)
        self.sales = SeesSales(self.manager.pk, self.event.pk)
        self.bar = SeesSellThrough(self.player.pk, self.event.pk)

    @property
    def claims(self) -> set[Claim]:
        return {self.phone, self.session, self.sales, self.bar, SeesSales(self.owner.pk, self.event.pk)}


def ended(house: House) -> set[Claim]:
    return standing.ended(house.claims, now=utc_now())


def test_while_nothing_has_ended_everything_stands_and_is_asked_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    houses = [House() for _ in range(3)]

    with django_assert_num_queries(1):
        gone = standing.ended([claim for house in houses for claim in house.claims], now=utc_now())

    assert gone == set()


def test_nothing_is_asked_when_nobody_is_connected(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert standing.ended([], now=NOW) == set()


def _revoke(house: House) -> None:
    pairing.revoke(device_id=house.device.pk, event_id=house.event.pk, now=NOW)


def _remove(house: House) -> None:
    team.remove(venue_id=house.venue.pk, user_id=house.manager.pk)


def _demote(house: House) -> None:
    team.change_role(venue_id=house.venue.pk, user_id=house.manager.pk, role=Role.DOOR)


def _promote(house: House) -> None:
    team.change_role(venue_id=house.venue.pk, user_id=house.manager.pk, role=Role.OWNER)


def _sign_out(house: House) -> None:
    house.browser.post(reverse("account_logout"))


def _change_password(house: House) -> None:
    house.manager.set_password("another long password")
    house.manager.save()


def _close(house: House) -> None:
    User.objects.filter(pk=house.manager.pk).update(is_active=False)


def _leave_the_artist(house: House) -> None:
    ArtistMembership.objects.filter(user=house.player).delete()


def _let_the_session_run_out(house: House) -> None:
    Session.objects.filter(pk=house.session.session_key).update(expire_date=utc_now() - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("happens", "what"),
    [
        (_revoke, {"phone"}),
        (_remove, {"sales"}),
        (_demote, {"sales"}),
        (_promote, set()),
        (_sign_out, {"session"}),
        (_change_password, {"session"}),
        (_close, {"session"}),
        (_leave_the_artist, {"bar"}),
        (_let_the_session_run_out, {"session"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_ends_a_right_ends_exactly_that(happens: Callable[[House], None], what: set[str]) -> None:
    house, neighbour = House(), House()

    happens(house)

    assert ended(house) == {getattr(house, name) for name in what}
    assert ended(neighbour) == set()


def test_somebody_elses_right_is_no_right() -> None:
    house, neighbour = House(), House()

    claims: list[Claim] = [
        SeesSales(house.manager.pk, neighbour.event.pk),
        SeesSales(house.player.pk, house.event.pk),
        SeesSellThrough(house.manager.pk, house.event.pk),
        SignedIn(neighbour.manager.pk, house.session.session_key, house.session.auth_hash + "x"),
        Paired(uuid4()),
    ]

    # Asked together with rights that stand, so that no two of those make one of these.
    assert standing.ended([*claims, *house.claims, *neighbour.claims], now=utc_now()) == set(claims)


@pytest.mark.parametrize(
    ("happens", "who"),
    [
        (_revoke, lambda house: house.device.pk),
        (_remove, lambda house: house.manager.pk),
        (_demote, lambda house: house.manager.pk),
        (_sign_out, lambda house: house.manager.pk),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_who_may_do_less_is_told_after_the_commit(
    happens: Callable[[House], None],
    who: Callable[[House], UUID],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    told: list[UUID] = []
    house = House()
    monkeypatch.setattr(standing, "_tellers", [told.append])

    with django_capture_on_commit_callbacks(execute=True):
        happens(house)
        assert told == []

    assert told == [who(house)]


def test_a_teller_that_fails_fails_nobody_else(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    def broken(_: UUID) -> None:
        raise RuntimeError

    told: list[UUID] = []
    monkeypatch.setattr(standing, "_tellers", [broken, told.append])

    with django_capture_on_commit_callbacks(execute=True):
        standing.lessened(UUID(int=1))

    assert told == [UUID(int=1)]


def test_a_membership_in_the_venue_is_asked_as_the_pages_ask_it() -> None:
    house = House()
    VenueMembership.objects.filter(user=house.owner).delete()

    assert ended(house) == {SeesSales(house.owner.pk, house.event.pk)}
