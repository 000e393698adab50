"""Shows: made, published, paused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from ticketing import log, money
from ticketing.clock import millis
from ticketing.domain_events import AllocationChanged, EventStatus, EventStatusChanged, TypeTerms
from ticketing.models import Artist, Event, TicketType, Venue


class EventRefusal(StrEnum):
    """Why a show was not made, or not put on sale."""

    NO_TICKETS = "no_tickets"
    BEYOND_CAPACITY = "beyond_capacity"
    TIMES_OUT_OF_ORDER = "times_out_of_order"
    DOOR_WINDOW_TOO_LONG = "door_window_too_long"
    PRICE_TOO_LOW = "price_too_low"


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
    if any(_too_low(kind.price, venue) for kind in ticket_types):
        return EventRefusal.PRICE_TOO_LOW
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


class TermsRefusal(StrEnum):
    """Why a ticket type stayed as it was."""

    TYPE_UNKNOWN = "type_unknown"
    BELOW_SOLD = "below_sold"
    BEYOND_CAPACITY = "beyond_capacity"
    NOTHING_TO_CHANGE = "nothing_to_change"
    PRICE_TOO_LOW = "price_too_low"


@transaction.atomic
def change_terms(
    *, event_id: UUID, ticket_type_id: UUID, allocation: int, price: int, now: datetime
) -> TicketType | TermsRefusal:
    """Give NGN more or fewer tickets to sell, or another price; live, and never below what is held and sold.

    Open sessions keep the price that they were begun with.
    """
    locked = TicketType.objects.select_for_update(no_key=True).filter(event_id=event_id).order_by("pk")
    kinds = {kind.pk: kind for kind in locked}
    kind = kinds.get(ticket_type_id)
    if kind is None:
        return TermsRefusal.TYPE_UNKNOWN
    if (kind.allocation, kind.price) == (allocation, price):
        return TermsRefusal.NOTHING_TO_CHANGE
    if allocation < kind.held + kind.sold:
        return TermsRefusal.BELOW_SOLD
    event = Event.objects.select_related("venue").get(pk=event_id)
    if sum(k.allocation for k in kinds.values()) - kind.allocation + allocation > event.capacity:
        return TermsRefusal.BEYOND_CAPACITY
    if price != kind.price and _too_low(price, event.venue):
        return TermsRefusal.PRICE_TOO_LOW
    kind.allocation, kind.price = allocation, price
    kind.save(update_fields=["allocation", "price"])
    terms = TypeTerms(ticket_type=str(kind.pk), allocation=allocation, price=price)
    log.append(event_id=event_id, happened=AllocationChanged(types=(terms,), at=millis(now)), now=now)
    return kind


def _too_low(price: int, venue: Venue) -> bool:
    """Whether Stripe would refuse to charge for one ticket: what the owner sets would fail at every checkout."""
    return money.too_small(money.split_of(price=price, currency=venue.currency, policy=venue.fee_policy))


def set_fan_limit(*, event_id: UUID, limit: int | None) -> None:
    """How many tickets one email may have of a show, from the next sale on; None lifts the limit."""
    Event.objects.filter(pk=event_id).update(per_fan_limit=limit)


@transaction.atomic
def cancel(*, event_id: UUID, now: datetime) -> bool:
    """Call a show off: nothing more is sold, and the worker refunds everybody (`ticketing.cancellation`)."""
    changed = set_status(event_id=event_id, status=EventStatus.CANCELLED, now=now)
    if changed:
        Event.objects.filter(pk=event_id).update(cancelled_at=now)
    return changed


@transaction.atomic
def set_status(*, event_id: UUID, status: EventStatus, now: datetime) -> bool:
    """Put a show on sale, pause it, end it; False if that is what it was already, or if it was called off."""
    # The log first, then the event's row: so does a sale that reaches a milestone. The other way round, and with
    # FOR UPDATE on a row that every sale refers to, the two would wait for each other.
    log.take(event_id)
    event = Event.objects.get(pk=event_id)
    if event.status in (status, EventStatus.CANCELLED):
        return False
    event.status = status
    event.save(update_fields=["status"])
    log.append(event_id=event.pk, happened=EventStatusChanged(status=status, at=millis(now)), now=now)
    return True
