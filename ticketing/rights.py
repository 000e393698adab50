"""Who may do what, in one place. Every page and every topic asks here."""

from __future__ import annotations

from uuid import UUID

from ticketing.models import ArtistMembership, Event, Role, VenueMembership

SEES_SALES = (Role.OWNER, Role.MANAGER)
"""The roles that see a venue's sales."""


def may_see_venue(*, user_id: UUID, venue_id: UUID) -> bool:
    """Whether a person sees a venue's sales: its owners and managers do; door people see the door only."""
    return VenueMembership.objects.filter(user_id=user_id, venue_id=venue_id, role__in=SEES_SALES).exists()


def may_manage_team(*, user_id: UUID, venue_id: UUID) -> bool:
    """Whether a person decides who acts for a venue: its owners do."""
    return VenueMembership.objects.filter(user_id=user_id, venue_id=venue_id, role=Role.OWNER).exists()


def may_manage_money(*, user_id: UUID, venue_id: UUID) -> bool:
    """Whether a person connects a venue with Stripe, sets its money rules, or calls a show off: its owners do."""
    return VenueMembership.objects.filter(user_id=user_id, venue_id=venue_id, role=Role.OWNER).exists()


def may_refund(*, user_id: UUID, venue_id: UUID) -> bool:
    """Whether a person sends fans' money back and answers their banks: who sees the money does, managers too."""
    return may_see_venue(user_id=user_id, venue_id=venue_id)


def may_run_door(*, user_id: UUID, venue_id: UUID) -> bool:
    """Whether a person pairs and revokes a venue's door phones: every member does."""
    return VenueMembership.objects.filter(user_id=user_id, venue_id=venue_id).exists()


def may_see_artist(*, user_id: UUID, artist_id: UUID) -> bool:
    """Whether a person acts for an artist."""
    return ArtistMembership.objects.filter(user_id=user_id, artist_id=artist_id).exists()


def may_see_sales(*, user_id: UUID, event_id: UUID) -> bool:
    """Whether a person follows an event's sales."""
    venue_id = Event.objects.filter(pk=event_id).values_list("venue_id", flat=True).first()
    return venue_id is not None and may_see_venue(user_id=user_id, venue_id=venue_id)


def may_see_sell_through(*, user_id: UUID, event_id: UUID) -> bool:
    """Whether a person follows an event's sold-out bar: the members of its artists do."""
    return ArtistMembership.objects.filter(user_id=user_id, artist__events=event_id).exists()
