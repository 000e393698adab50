"""The demo's people and shows, made through the same services as anybody's. Asked again, it finds what is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from ticketing import events, pairing
from ticketing.domain_events import EventStatus
from ticketing.models import Artist, ArtistMembership, Event, Role, User, Venue, VenueMembership
from ticketing.payments import onboarding

PASSWORD = "owls-at-the-crocodile"  # the demo's people are made up, and refused on any machine but one's own
PRICE, BALCONY_PRICE, FEE = 2_000, 3_500, 200


class NotADemo(Exception):
    """The demo is for the simulator, on one's own machine: everybody knows its people's passwords."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """All that a newcomer needs to look around."""

    owner: User
    artist_member: User
    fan: User
    staff: User
    venue: Venue
    artist: Artist
    event: Event
    pairing_code: str


def ensure(*, now: datetime) -> Demo:
    """Make the demo, or find it; a show that is over or sold out is followed by a new one."""
    if not settings.ENV.stripe_api_base or settings.ENV.live_money or not settings.ENV.on_ones_own_machine:
        raise NotADemo(NotADemo.__doc__)
    owner, artist_member, fan = (
        _person("owner", "Robin Venue"),
        _person("artist", "Nyx Owl"),
        _person("fan", "Sam Fan"),
    )
    venue, artist = _venue(owner), _artist(artist_member)
    tonight = _tonight(venue, artist, now)
    _next_week(venue, artist, now)
    code = pairing.new_code(event_id=tonight.pk, by=owner, now=now).code
    return Demo(
        owner=owner,
        artist_member=artist_member,
        fan=fan,
        staff=_staff(),
        venue=venue,
        artist=artist,
        event=tonight,
        pairing_code=code,
    )


def connect(*, venue: Venue) -> str | None:
    """The link with which the venue's owner connects it to (simulated) Stripe; None once it is connected."""
    if onboarding.refresh(venue=venue):
        return None
    return onboarding.begin(venue=venue, email="owner@example.org")


def _person(who: str, name: str) -> User:
    email = f"{who}@example.org"
    found = User.objects.filter(email=email).first()
    if found is None:
        return User.objects.create_user(email, PASSWORD, name=name)
    if not found.has_usable_password() or not found.check_password(PASSWORD):
        found.set_password(PASSWORD)
        found.save(update_fields=["password"])
    return found


def _staff() -> User:
    """NGN's own, with every right; the staff site has them set up a second factor at their first visit."""
    person = _person("staff", "Kim of NGN")
    if not (person.is_staff and person.is_superuser):
        person.is_staff = person.is_superuser = True
        person.save(update_fields=["is_staff", "is_superuser"])
    return person


def _venue(owner: User) -> Venue:
    venue, _ = Venue.objects.get_or_create(
        slug="the-crocodile",
        defaults={
            "name": "The Crocodile",
            "city": "Seattle",
            "time_zone": "America/Los_Angeles",
            "currency": "USD",
            "fee_fixed": FEE,
        },
    )
    VenueMembership.objects.get_or_create(venue=venue, user=owner, defaults={"role": Role.OWNER})
    return venue


def _artist(member: User) -> Artist:
    artist, _ = Artist.objects.get_or_create(slug="the-midnight-owls", defaults={"name": "The Midnight Owls"})
    ArtistMembership.objects.get_or_create(artist=artist, user=member, defaults={"role": Role.OWNER})
    return artist


def _tonight(venue: Venue, artist: Artist, now: datetime) -> Event:
    """A show whose doors have just opened, so that its live codes run."""
    running = Event.objects.filter(
        venue=venue, doors_at__lte=now, ends_at__gt=now + timedelta(hours=1), sold_out_at=None
    )
    doors_at = now.replace(second=0, microsecond=0) - timedelta(minutes=15)
    return running.first() or _show(
        venue,
        artist,
        title="The Midnight Owls: Nocturne",
        slug=f"midnight-owls-{doors_at:%Y-%m-%d-%H%M}",
        doors_at=doors_at,
        now=now,
    )


def _next_week(venue: Venue, artist: Artist, now: datetime) -> None:
    """A show to come, so that a wallet can be seen counting down."""
    if not Event.objects.filter(venue=venue, doors_at__gt=now).exists():
        doors_at = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=7)
        _show(
            venue,
            artist,
            title="The Midnight Owls: Acoustic",
            slug=f"midnight-owls-acoustic-{doors_at:%Y-%m-%d}",
            doors_at=doors_at,
            now=now,
        )


def _show(venue: Venue, artist: Artist, *, title: str, slug: str, doors_at: datetime, now: datetime) -> Event:
    event = events.create(
        venue=venue,
        artists=(artist,),
        title=title,
        slug=slug,
        doors_at=doors_at,
        starts_at=doors_at + timedelta(hours=1),
        ends_at=doors_at + timedelta(hours=6),
        capacity=500,
        ticket_types=(
            events.NewTicketType(name="General admission", price=PRICE, allocation=300),
            events.NewTicketType(name="Balcony", price=BALCONY_PRICE, allocation=100),
        ),
    )
    match event:
        case events.EventRefusal():
            raise NotADemo(f"the demo's own show was refused: {event}")
        case Event():
            events.set_status(event_id=event.pk, status=EventStatus.ON_SALE, now=now)
            return event
