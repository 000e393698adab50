"""Shows: made, published, paused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from ticketing import log
from ticketing.clock import millis
from ticketing.domain_events import EventStatus, EventStatusChanged
from ticketing.models import Artist, Event, TicketType, Venue


class EventRefusal(StrEnum):
    """Why a show was not made, or not put on sale."""

    NO_TICKETS = "no_tickets"
    BEYOND_CAPACITY = "beyond_capacity"
    TIMES_OUT_OF_ORDER = "times_out_of_order"
    DOOR_WINDOW_TOO_LONG = "door_window_too_long"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicketType:
    """A kind of ticket to sell: `price` is the venue's, in minor units."""

    name: str
    price: int
    allocation: int
    per_order_limit: int = 8


@transaction.atomic
def create(
    *,
    venue: Venue,
    artists: tuple[Artist, ...],
    title: str,
    slug: str,
    doors_at: datetime,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int,
    ticket_types: tuple[NewTicketType, ...],
) -> Event | EventRefusal:
    """Make a show, as a draft, and begin its log."""
    if not ticket_types:
        return EventRefusal.NO_TICKETS
    if sum(kind.allocation for kind in ticket_types) > capacity:
        return EventRefusal.BEYOND_CAPACITY
    if not doors_at <= starts_at < ends_at:
        return EventRefusal.TIMES_OUT_OF_ORDER
    event = Event(
        venue=venue,
        title=title,
        slug=slug,
        doors_at=doors_at,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
    )
    try:
        _ = event.chain
    except ValueError:
        return EventRefusal.DOOR_WINDOW_TOO_LONG
    event.save()
    event.artists.set(artists)
    for position, kind in enumerate(ticket_types):
        TicketType.objects.create(
            event=event,
            name=kind.name,
            price=kind.price,
            allocation=kind.allocation,
            per_order_limit=kind.per_order_limit,
            position=position,
        )
    log.open_for(event.pk)
    return event


@transaction.atomic
def set_status(*, event_id: UUID, status: EventStatus, now: datetime) -> bool:
    """Put a show on sale, pause it, end it; False if that is what it was already."""
    # The log first, then the event's row: so does a sale that reaches a milestone. The other way round, and with
    # FOR UPDATE on a row that every sale refers to, the two would wait for each other.
    log.take(event_id)
    event = Event.objects.get(pk=event_id)
    if event.status == status:
        return False
    event.status = status
    event.save(update_fields=["status"])
    log.append(event_id=event.pk, happened=EventStatusChanged(status=status, at=millis(now)), now=now)
    return True
