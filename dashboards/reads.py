"""What the members' pages read: frozen values, no rows, no rights (the views ask `ticketing.rights`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ticketing.domain_events import EventStatus
from ticketing.models import (
    Artist,
    ArtistMembership,
    ChargeMode,
    Event,
    TicketType,
    Venue,
    VenueMembership,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A venue or an artist whose page a person may open."""

    kind: str
    name: str
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeNumbers:
    """One kind of ticket: `price` in minor units of the show's currency, and its seats."""

    id: UUID
    name: str
    price: int
    allocation: int
    held: int
    sold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowNumbers:
    """A show with its seats at this moment; times in UTC, to be shown in `time_zone`."""

    id: UUID
    slug: str
    title: str
    artists: tuple[str, ...]
    venue: str
    city: str
    time_zone: ZoneInfo
    currency: str
    doors_at: datetime
    starts_at: datetime
    status: EventStatus
    sold_out: bool
    types: tuple[TypeNumbers, ...]

    @property
    def allocation(self) -> int:
        """NGN's block over all kinds."""
        return sum(kind.allocation for kind in self.types)

    @property
    def held(self) -> int:
        """Seats that somebody is paying for."""
        return sum(kind.held for kind in self.types)

    @property
    def sold(self) -> int:
        """Seats that are paid for."""
        return sum(kind.sold for kind in self.types)

    @property
    def left(self) -> int:
        """Seats that can be bought now."""
        return self.allocation - self.held - self.sold

    @property
    def full(self) -> bool:
        """Whether the last one is gone at this moment, on a show that is on sale: a refund brings seats back."""
        return self.status == EventStatus.ON_SALE and 0 < self.allocation <= self.sold

    @property
    def percent(self) -> int:
        """Whole percent sold: 100 only when the last one is, 0 only when none is (lib/bar.ts says the same)."""
        if not self.allocation or not self.sold:
            return 0
        share = self.sold * 100 // self.allocation
        return 100 if self.sold >= self.allocation else min(99, max(1, share))


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueHome:
    """A venue and its shows, the next one first."""

    id: UUID
    slug: str
    name: str
    city: str
    ready: bool
    shows: tuple[ShowNumbers, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueShow:
    """One show as its venue's page tells it. `direct` when fans pay on the venue's own account with Stripe."""

    venue_id: UUID
    venue_slug: str
    show: ShowNumbers
    direct: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtistHome:
    """An artist and the published shows."""

    id: UUID
    name: str
    shows: tuple[ShowNumbers, ...]


def places_of(user_id: UUID) -> tuple[Place, ...]:
    """Where a person belongs: venues first, each by name."""
    venues = VenueMembership.objects.filter(user_id=user_id).select_related("venue").order_by("venue__name")
    artists = (
        ArtistMembership.objects.filter(user_id=user_id).select_related("artist").order_by("artist__name")
    )
    return (
        *(Place(kind="venue", name=m.venue.name, slug=m.venue.slug) for m in venues),
        *(Place(kind="artist", name=m.artist.name, slug=m.artist.slug) for m in artists),
    )


def venue_home(slug: str) -> VenueHome | None:
    """A venue with all its shows, drafts too; None for an unknown one."""
    venue = Venue.objects.filter(slug=slug).first()
    if venue is None:
        return None
    shows = _shows(Event.objects.filter(venue=venue))
    return VenueHome(
        id=venue.pk,
        slug=venue.slug,
        name=venue.name,
        city=venue.city,
        ready=venue.onboarding_complete,
        shows=shows,
    )


def venue_show(venue_slug: str, event_slug: str) -> VenueShow | None:
    """One show of one venue; None unless both belong together."""
    found = _shows(Event.objects.filter(venue__slug=venue_slug, slug=event_slug))
    venue = Venue.objects.filter(slug=venue_slug).first()
    if not found or venue is None:
        return None
    direct = venue.charge_mode == ChargeMode.DIRECT
    return VenueShow(venue_id=venue.pk, venue_slug=venue_slug, show=found[0], direct=direct)


def artist_home(slug: str) -> ArtistHome | None:
    """An artist with the shows that are public; None for an unknown one."""
    artist = Artist.objects.filter(slug=slug).first()
    if artist is None:
        return None
    published = Event.objects.filter(artists=artist).exclude(status=EventStatus.DRAFT)
    return ArtistHome(id=artist.pk, name=artist.name, shows=_shows(published))


def _shows(events: QuerySet[Event]) -> tuple[ShowNumbers, ...]:
    rows = events.select_related("venue").prefetch_related("ticket_types", "artists").order_by("starts_at")
    return tuple(_numbers(event) for event in rows)


def _numbers(event: Event) -> ShowNumbers:
    return ShowNumbers(
        id=event.pk,
        slug=event.slug,
        title=event.title,
        artists=tuple(artist.name for artist in event.artists.all()),
        venue=event.venue.name,
        city=event.venue.city,
        time_zone=ZoneInfo(event.venue.time_zone),
        currency=event.venue.currency,
        doors_at=event.doors_at,
        starts_at=event.starts_at,
        status=EventStatus(event.status),
        sold_out=event.sold_out_at is not None,
        types=tuple(_type(kind) for kind in event.ticket_types.all()),
    )


def _type(kind: TicketType) -> TypeNumbers:
    return TypeNumbers(
        id=kind.pk,
        name=kind.name,
        price=kind.price,
        allocation=kind.allocation,
        held=kind.held,
        sold=kind.sold,
    )
