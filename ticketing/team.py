"""Who acts for a venue: members invited, given another role, removed. Its owners' business (`ticketing.rights`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from ticketing import invitation, people, standing
from ticketing.models import Role, User, Venue, VenueMembership

MOST_MEMBERS = 100


class TeamRefusal(StrEnum):
    """Why the team stayed as it was."""

    EMAIL_INVALID = "email_invalid"
    ALREADY_MEMBER = "already_member"
    NOT_MEMBER = "not_member"
    LAST_OWNER = "last_owner"
    TEAM_FULL = "team_full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person who acts for a venue. `has_been_here` is false until the first sign-in."""

    user_id: UUID
    email: str
    role: Role
    has_been_here: bool


def members(*, venue_id: UUID) -> tuple[Member, ...]:
    """The venue's members: owners first, then by address."""
    rows = VenueMembership.objects.filter(venue_id=venue_id).select_related("user")
    order = list(Role)
    return tuple(sorted(map(_member, rows), key=lambda member: (order.index(member.role), member.email)))


@transaction.atomic
def invite(*, venue_id: UUID, email: str, role: Role) -> Member | TeamRefusal:
    """Make the person at an address a member, and have them told by mail.

    They prove the address when they sign in, by the code that is mailed to it.
    """
    address = people.address_of(email)
    if address is None:
        return TeamRefusal.EMAIL_INVALID
    team = _locked(venue_id)
    if len(team) >= MOST_MEMBERS:
        return TeamRefusal.TEAM_FULL
    person = people.person_at(address)
    if any(membership.user_id == person.pk for membership in team):
        return TeamRefusal.ALREADY_MEMBER
    membership = VenueMembership.objects.create(venue_id=venue_id, user=person, role=role)
    invitation.enqueue(membership)
    return _member(membership)


@transaction.atomic
def change_role(*, venue_id: UUID, user_id: UUID, role: Role) -> Member | TeamRefusal:
    """Give a member another role. The last owner stays one."""
    team = _locked(venue_id)
    if refusal := _if_left_without(team, user_id, still_owner=role == Role.OWNER):
        return refusal
    membership = next(m for m in team if m.user_id == user_id)
    membership.role = role
    membership.save(update_fields=["role"])
    standing.lessened(user_id)
    return _member(membership)


@transaction.atomic
def remove(*, venue_id: UUID, user_id: UUID) -> Member | TeamRefusal:
    """End a membership: the member that was. Phones that the person paired go on; they are the venue's."""
    team = _locked(venue_id)
    if refusal := _if_left_without(team, user_id, still_owner=False):
        return refusal
    membership = next(m for m in team if m.user_id == user_id)
    was = _member(membership)
    membership.delete()
    standing.lessened(user_id)
    return was


def _locked(venue_id: UUID) -> list[VenueMembership]:
    """The whole team, held until the transaction ends: of two owners who remove each other, one stays.

    The venue's row is held too, or two first members could be invited twice; not FOR UPDATE, which every sale would
    wait for.
    """
    Venue.objects.select_for_update(no_key=True).get(pk=venue_id)
    return list(VenueMembership.objects.filter(venue_id=venue_id).select_related("user"))


def _if_left_without(team: list[VenueMembership], user_id: UUID, *, still_owner: bool) -> TeamRefusal | None:
    if all(membership.user_id != user_id for membership in team):
        return TeamRefusal.NOT_MEMBER
    owners = {membership.user_id for membership in team if membership.role == Role.OWNER}
    return TeamRefusal.LAST_OWNER if owners == {user_id} and not still_owner else None


def _member(membership: VenueMembership) -> Member:
    user: User = membership.user
    return Member(
        user_id=user.pk,
        email=user.email,
        role=Role(membership.role),
        has_been_here=user.last_login is not None,
    )
