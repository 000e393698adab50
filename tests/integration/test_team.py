"""A venue's team: invited, given other roles, removed; never without an owner, and its owners' business alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from tests.factories import a_member, a_user, a_venue
from tests.race import together
from ticketing import background, rights, team
from ticketing.clock import utc_now
from ticketing.models import Role, User, Venue, VenueMembership
from ticketing.team import Member, TeamRefusal

pytestmark = pytest.mark.django_db
FRIEND = "friend@example.org"


@pytest.fixture
def owner() -> User:
    return a_user(email="robin@example.org")


@pytest.fixture
def venue(owner: User) -> Venue:
    return a_venue(owner=owner)


def role_of(person: User, venue: Venue) -> str | None:
    return VenueMembership.objects.filter(user=person, venue=venue).values_list("role", flat=True).first()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text_of(response: Any) -> str:
    return str(response.content.decode())


def do_all_tasks() -> None:
    while background.run_next(worker="test", clock=utc_now):
        pass


class TestTheVerbs:
    def test_an_invited_person_is_a_member_at_once_and_told_by_mail(self, venue: Venue) -> None:
        outcome = team.invite(venue_id=venue.pk, email=" Friend@Example.org ", role=Role.DOOR)
        do_all_tasks()

        friend = User.objects.get(email=FRIEND)
        assert outcome == Member(user_id=friend.pk, email=FRIEND, role=Role.DOOR, has_been_here=False)
        assert not friend.has_usable_password()
        assert [message.to for message in mail.outbox] == [[FRIEND]]
        assert f"/venue/{venue.slug}/" in str(mail.outbox[0].body)

    def test_somebody_who_is_known_stays_the_same_person(self, venue: Venue) -> None:
        friend = User.objects.create_user(FRIEND, "a long enough one", name="Fay")

        team.invite(venue_id=venue.pk, email=FRIEND, role=Role.MANAGER)

        friend.refresh_from_db()
        assert (role_of(friend, venue), friend.name, friend.has_usable_password()) == ("manager", "Fay", True)

    def test_who_is_removed_before_the_mail_went_out_is_told_nothing(self, venue: Venue) -> None:
        outcome = team.invite(venue_id=venue.pk, email=FRIEND, role=Role.DOOR)
        assert isinstance(outcome, Member)
        team.remove(venue_id=venue.pk, user_id=outcome.user_id)

        do_all_tasks()

        assert not mail.outbox

    def test_a_line_break_in_the_venues_name_makes_no_header(self, venue: Venue) -> None:
        Venue.objects.update(name="The\nBcc: all@example.org")

        team.invite(venue_id=venue.pk, email=FRIEND, role=Role.DOOR)
        do_all_tasks()

        assert mail.outbox[0].subject == "You are in the team of The Bcc: all@example.org"

    @pytest.mark.parametrize("email", ["", "nobody", "x@y", "a\x00@example.org", "a" * 300 + "@example.org"])
    def test_what_is_no_address_invites_nobody(self, venue: Venue, email: str) -> None:
        people_before = User.objects.count()

        assert team.invite(venue_id=venue.pk, email=email, role=Role.DOOR) is TeamRefusal.EMAIL_INVALID
        assert User.objects.count() == people_before

    def test_a_member_is_not_invited_twice(self, owner: User, venue: Venue) -> None:
        outcome = team.invite(venue_id=venue.pk, email=owner.email, role=Role.DOOR)

        assert outcome is TeamRefusal.ALREADY_MEMBER
        assert role_of(owner, venue) == "owner"

    def test_a_team_has_its_bounds(self, venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(team, "MOST_MEMBERS", 1)

        assert team.invite(venue_id=venue.pk, email=FRIEND, role=Role.DOOR) is TeamRefusal.TEAM_FULL

    def test_a_role_is_changed(self, venue: Venue) -> None:
        member = a_member(venue, Role.DOOR)

        team.change_role(venue_id=venue.pk, user_id=member.pk, role=Role.MANAGER)

        assert role_of(member, venue) == "manager"

    def test_the_last_owner_stays_one(self, owner: User, venue: Venue) -> None:
        a_member(venue, Role.MANAGER)

        removed = team.remove(venue_id=venue.pk, user_id=owner.pk)
        changed = team.change_role(venue_id=venue.pk, user_id=owner.pk, role=Role.MANAGER)

        assert removed is changed is TeamRefusal.LAST_OWNER
        assert role_of(owner, venue) == "owner"
        assert isinstance(team.change_role(venue_id=venue.pk, user_id=owner.pk, role=Role.OWNER), Member)

    def test_one_of_two_owners_may_go(self, owner: User, venue: Venue) -> None:
        a_member(venue, Role.OWNER)

        assert isinstance(team.remove(venue_id=venue.pk, user_id=owner.pk), Member)
        assert role_of(owner, venue) is None

    def test_members_of_other_venues_are_no_members_here(self, venue: Venue) -> None:
        elsewhere = a_member(a_venue(), Role.OWNER)

        removed = team.remove(venue_id=venue.pk, user_id=elsewhere.pk)
        changed = team.change_role(venue_id=venue.pk, user_id=elsewhere.pk, role=Role.OWNER)

        assert removed is changed is TeamRefusal.NOT_MEMBER

    def test_the_list_begins_with_the_owners(self, owner: User, venue: Venue) -> None:
        door, manager = a_member(venue, Role.DOOR), a_member(venue, Role.MANAGER)

        assert [m.user_id for m in team.members(venue_id=venue.pk)] == [owner.pk, manager.pk, door.pk]


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_two_owners_who_remove_each_other_leave_one(self) -> None:
        venue = a_venue()
        first, second = a_member(venue, Role.OWNER), a_member(venue, Role.OWNER)

        outcomes = together(
            lambda: team.remove(venue_id=venue.pk, user_id=first.pk),
            lambda: team.remove(venue_id=venue.pk, user_id=second.pk),
        )

        assert outcomes.count(TeamRefusal.LAST_OWNER) == 1
        assert len(team.members(venue_id=venue.pk)) == 1

    def test_one_person_invited_twice_is_one_member(self) -> None:
        venue = a_venue(owner=a_user())

        outcomes = together(
            *[lambda: team.invite(venue_id=venue.pk, email=FRIEND, role=Role.DOOR)] * 4,
        )

        assert outcomes.count(TeamRefusal.ALREADY_MEMBER) == 3
        assert User.objects.filter(email=FRIEND).count() == 1


class TestThePage:
    def test_an_owner_sees_the_team_and_who_has_not_been_here(self, owner: User, venue: Venue) -> None:
        team.invite(venue_id=venue.pk, email=FRIEND, role=Role.DOOR)

        page = text_of(signed_in(owner).get(f"/venue/{venue.slug}/team/"))

        assert page.count('data-testid="member"') == 2
        assert page.count("has not signed in yet") == 1
        assert FRIEND in page
        assert f'href="/venue/{venue.slug}/team/"' in text_of(signed_in(owner).get(f"/venue/{venue.slug}/"))

    def test_inviting_giving_a_role_and_removing(self, owner: User, venue: Venue) -> None:
        client, base = signed_in(owner), f"/venue/{venue.slug}/team/"

        client.post(f"{base}invite/", {"email": FRIEND, "role": "door"})
        friend = User.objects.get(email=FRIEND)
        invited = role_of(friend, venue)
        client.post(f"{base}{friend.pk}/role/", {"role": "manager"})
        changed = role_of(friend, venue)
        client.post(f"{base}{friend.pk}/remove/")

        assert (invited, changed, role_of(friend, venue)) == ("door", "manager", None)

    def test_what_was_refused_is_told_in_words(self, owner: User, venue: Venue) -> None:
        client, base = signed_in(owner), f"/venue/{venue.slug}/team/"

        for path, form in (
            ("invite/", {"email": "nobody", "role": "door"}),
            (f"{owner.pk}/remove/", {}),
            (f"{a_user().pk}/remove/", {}),
        ):
            client.post(f"{base}{path}", form)

        told = re.findall(r'role="alert"><strong>([^<]*)<', text_of(client.get(base)))
        assert told == [
            "That does not look like an email address.",
            "A venue needs an owner. Make somebody else one first.",
            "This person is not in the team any more.",
        ]

    def test_an_owner_who_gives_it_up_is_led_away(self, owner: User, venue: Venue) -> None:
        a_member(venue, Role.OWNER)
        client = signed_in(owner)

        answer = client.post(f"/venue/{venue.slug}/team/{owner.pk}/role/", {"role": "manager"})

        assert answer["Location"] == "/"
        assert client.get(f"/venue/{venue.slug}/team/").status_code == 404

    @pytest.mark.parametrize("role", [Role.MANAGER, Role.DOOR])
    def test_to_every_other_member_it_does_not_exist(self, venue: Venue, role: Role) -> None:
        assert_shut(signed_in(a_member(venue, role)), venue)
        assert f"/venue/{venue.slug}/team/" not in text_of(
            signed_in(a_member(venue, role)).get(f"/venue/{venue.slug}/")
        )

    def test_nor_to_another_venues_owner_nor_to_ngns_own(self, venue: Venue) -> None:
        stranger = a_user()
        a_venue(owner=stranger)

        assert_shut(signed_in(stranger), venue)
        assert_shut(signed_in(User.objects.create_superuser("kim@example.org")), venue)

    def test_strangers_are_asked_to_sign_in(self, client: Client, venue: Venue) -> None:
        path = f"/venue/{venue.slug}/team/"

        assert client.get(path)["Location"] == f"/login/?next={path}"
        assert client.post(f"{path}invite/", {"email": FRIEND, "role": "owner"}).status_code == 302
        assert not User.objects.filter(email=FRIEND).exists()

    @pytest.mark.parametrize("role", ["", "boss", "OWNER"])
    def test_a_role_that_there_is_not_is_refused(self, owner: User, venue: Venue, role: str) -> None:
        answer = signed_in(owner).post(f"/venue/{venue.slug}/team/invite/", {"email": FRIEND, "role": role})

        assert answer.status_code == 404
        assert not User.objects.filter(email=FRIEND).exists()

    def test_it_is_changed_by_this_sites_forms_only(self, owner: User, venue: Venue) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(owner)

        assert (
            strict.post(f"/venue/{venue.slug}/team/invite/", {"email": FRIEND, "role": "owner"}).status_code
            == 403
        )
        assert signed_in(owner).get(f"/venue/{venue.slug}/team/invite/").status_code == 405

    def test_it_is_kept_out_of_caches_and_indexes(self, owner: User, venue: Venue) -> None:
        response = signed_in(owner).get(f"/venue/{venue.slug}/team/")

        assert response["Cache-Control"] == "private, no-store"
        assert '<meta name="robots" content="noindex">' in text_of(response)


def assert_shut(client: Client, venue: Venue) -> None:
    base, owner_id = f"/venue/{venue.slug}/team/", venue.memberships.filter(role=Role.OWNER).get().user_id
    before = set(VenueMembership.objects.values_list("user_id", "role"))

    answers = [
        client.get(base),
        client.post(f"{base}invite/", {"email": FRIEND, "role": "owner"}),
        client.post(f"{base}{owner_id}/role/", {"role": "door"}),
        client.post(f"{base}{owner_id}/remove/"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert set(VenueMembership.objects.values_list("user_id", "role")) == before


@pytest.mark.parametrize(("role", "may"), [(Role.OWNER, True), (Role.MANAGER, False), (Role.DOOR, False)])
def test_the_team_is_its_owners_business(venue: Venue, role: Role, may: bool) -> None:
    member = a_member(venue, role)

    assert rights.may_manage_team(user_id=member.pk, venue_id=venue.pk) is may
    assert not rights.may_manage_team(user_id=member.pk, venue_id=a_venue().pk)
