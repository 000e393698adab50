"""What is on: the reads behind the public pages. Frozen values, no rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet

from ticketing.domain_events import EventStatus
from ticketing.models import Event, TicketType
from ticketing.money import Split

_PUBLIC = (EventStatus.ON_SALE, EventStatus.PAUSED, EventStatus.ENDED, EventStatus.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeOnSale:
    """A ticket type as a fan sees it: the price of one, with the fee told, how many are left, and how many of it one
    order can have: never more than one fan can."""

    id: UUID
    name: str
    split: Split
    left: int
    sold_out: bool
    per_order_limit: int
    sales_open_at: datetime | None
    sales_close_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """A show as a fan sees it; times in UTC, to be shown in `time_zone`. `per_fan_limit` None is no limit."""

    id: UUID
    slug: str
    title: str
    artists: tuple[str, ...]
    venue: str
    city: str
    time_zone: ZoneInfo
    doors_at: datetime
    starts_at: datetime
    ends_at: datetime
    status: EventStatus
    venue_ready: bool
    per_fan_limit: int | None
    sold_out: bool
    left: int
    currency: str
    types: tuple[TypeOnSale, ...]

    @property
    def cheapest(self) -> TypeOnSale | None:
        """The kind of ticket that costs the fan least among those that can be had now."""
        return min((kind for kind in self.types if kind.left > 0), key=lambda k: k.split.total, default=None)


def shows_on_sale(*, now: datetime, limit: int = 50) -> list[EventPage]:
    """The shows that are on sale and not over, soonest first."""
    events = _events().filter(status=EventStatus.ON_SALE, ends_at__gt=now).order_by("starts_at")
    return [_page(event) for event in events[:limit]]


def event_page(slug: str) -> EventPage | None:
    """A show by its address; None for unknown ones and drafts."""
    event = _events().filter(slug=slug, status__in=_PUBLIC).first()
    return None if event is None else _page(event)


def _events() -> QuerySet[Event]:
    kinds = Prefetch("ticket_types", queryset=TicketType.objects.order_by("position", "name"))
    return Event.objects.select_related("venue").prefetch_related(kinds, "artists")


def _page(event: Event) -> EventPage:
    kinds = list(event.ticket_types.all())
    allocation, sold = sum(k.allocation for k in kinds), sum(k.sold for k in kinds)
    return EventPage(
        id=event.pk,
        slug=event.slug,
        title=event.title,
        artists=tuple(artist.name for artist in event.artists.all()),
        venue=event.venue.name,
        city=event.venue.city,
        time_zone=ZoneInfo(event.venue.time_zone),
        doors_at=event.doors_at,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        status=EventStatus(event.status),
        venue_ready=event.venue.onboarding_complete,
        per_fan_limit=event.per_fan_limit,
        sold_out=sold >= allocation,
        left=sum(k.allocation - k.held - k.sold for k in kinds),
        currency=event.venue.currency,
        types=tuple(_on_sale(kind, event) for kind in kinds),
    )


def _on_sale(kind: TicketType, event: Event) -> TypeOnSale:
    return TypeOnSale(
        id=kind.pk,
        name=kind.name,
        split=kind.split(event.venue),
        left=kind.allocation - kind.held - kind.sold,
        sold_out=kind.sold >= kind.allocation,
        per_order_limit=min(kind.per_order_limit, event.per_fan_limit or kind.per_order_limit),
        sales_open_at=kind.sales_open_at,
        sales_close_at=kind.sales_close_at,
    )
