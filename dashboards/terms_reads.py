"""A show's tickets as its venue sets them: prices with the fee told, seats, limits. Frozen values, no rights."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ticketing.models import Event, TicketType, Venue
from ticketing.money import FeePolicy, Split


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTerms:
    """One kind of ticket. `room` is the most that its allocation can be: the house holds no more."""

    id: UUID
    name: str
    split: Split
    allocation: int
    held: int
    sold: int
    room: int

    @property
    def taken(self) -> int:
        """What is sold or being paid for: the least that the allocation can be."""
        return self.held + self.sold


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowTerms:
    """A show's tickets, with the fee rule that the venue has. `per_fan_limit` None is no limit."""

    capacity: int
    per_fan_limit: int | None
    policy: FeePolicy
    types: tuple[TypeTerms, ...]


def of_show(event_id: UUID) -> ShowTerms:
    """The terms of a show as of now."""
    event = Event.objects.select_related("venue").get(pk=event_id)
    kinds = list(event.ticket_types.all())
    given = sum(kind.allocation for kind in kinds)
    return ShowTerms(
        capacity=event.capacity,
        per_fan_limit=event.per_fan_limit,
        policy=event.venue.fee_policy,
        types=tuple(_type(kind, event.venue, event.capacity - given + kind.allocation) for kind in kinds),
    )


def _type(kind: TicketType, venue: Venue, room: int) -> TypeTerms:
    return TypeTerms(
        id=kind.pk,
        name=kind.name,
        split=kind.split(venue),
        allocation=kind.allocation,
        held=kind.held,
        sold=kind.sold,
        room=room,
    )
