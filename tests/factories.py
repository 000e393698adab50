"""What tests begin with, made through the real services."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from tests.stripe_simulator import StripeSimulator
from ticketing import events, live_code, pairing, sales, wallet
from ticketing.clock import millis
from ticketing.domain_events import EventStatus
from ticketing.events import NewTicketType
from ticketing.inventory import Seats
from ticketing.models import (
    Artist,
    ArtistMembership,
    ChargeMode,
    Device,
    Event,
    Order,
    Role,
    User,
    Venue,
    VenueMembership,
)
from ticketing.payments import onboarding
from ticketing.sales import Held
from ticketing.scans import Decision, ScanFact, UndoFact

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
"""A moment in the middle of `a_show`'s door window."""
_numbers = count(1)


def a_user(*, email: str = "") -> User:
    """A person with an email of their own."""
    return User.objects.create_user(email or f"user{next(_numbers)}@example.org")


def a_venue(*, owner: User | None = None, currency: str = "USD", ready: bool = True) -> Venue:
    """A venue that may sell, unless told otherwise."""
    number = next(_numbers)
    venue = Venue.objects.create(
        name=f"Venue {number}",
        slug=f"venue-{number}",
        city="Seattle",
        time_zone="America/Los_Angeles",
        currency=currency,
        stripe_account_id=f"acct_test_{number}",
        onboarding_complete=ready,
    )
    if owner is not None:
        VenueMembership.objects.create(venue=venue, user=owner, role=Role.OWNER)
    return venue


def a_show(
    *,
    venue: Venue | None = None,
    artists: tuple[Artist, ...] = (),
    types: tuple[NewTicketType, ...] = (
        NewTicketType(name="General admission", price=2_000, allocation=100),
    ),
    doors_at: datetime = NOW - timedelta(minutes=15),
    on_sale: bool = True,
) -> Event:
    """A show that is on sale, with its doors just open at `NOW`."""
    event = events.create(
        venue=venue or a_venue(),
        artists=artists,
        title="The Midnight Owls",
        slug=f"show-{next(_numbers)}",
        doors_at=doors_at,
        starts_at=doors_at + timedelta(hours=1),
        ends_at=doors_at + timedelta(hours=5),
        capacity=10_000,
        ticket_types=types,
    )
    assert isinstance(event, Event)
    if on_sale:
        events.set_status(event_id=event.pk, status=EventStatus.ON_SALE, now=NOW)
        event.refresh_from_db()
    return event


def seats_of(event: Event, quantity: int = 1) -> tuple[Seats, ...]:
    """So many seats of the show's first ticket type."""
    kind = event.ticket_types.order_by("position")[0]
    return (Seats(ticket_type_id=kind.pk, quantity=quantity),)


def a_hold(event: Event, *, quantity: int = 1, email: str = "fan@example.org", now: datetime = NOW) -> Order:
    """An order that holds seats."""
    outcome = sales.place_hold(event_id=event.pk, seats=seats_of(event, quantity), email=email, now=now)
    assert isinstance(outcome, Held), outcome
    return outcome.order


def a_paid_order(
    event: Event, *, quantity: int = 1, email: str = "fan@example.org", now: datetime = NOW
) -> Order:
    """An order with its tickets."""
    order = a_hold(event, quantity=quantity, email=email, now=now)
    assert sales.fulfil(order_pk=order.pk, payment_intent_id=f"pi_test_{next(_numbers)}", now=now)
    order.refresh_from_db()
    return order


def a_device(event: Event, *, name: str = "Door A", now: datetime = NOW) -> tuple[Device, str]:
    """A paired phone, and its token."""
    code = pairing.new_code(event_id=event.pk, by=a_user(), now=now).code
    paired = pairing.pair(code=code, name=name, now=now)
    assert isinstance(paired, pairing.Paired), paired
    return paired.device, paired.token


def codes_of(order: Order, *, at: datetime = NOW) -> list[str]:
    """What the order's wallet shows at a moment: one code a ticket."""
    page = wallet.order_page(order.token)
    assert page is not None
    step = live_code.step_at(window_starts_ms=page.window_starts_ms, at_ms=millis(at))
    return [live_code.code_at(chain=page.chain, seed=ticket.seed, step=step) for ticket in page.tickets]


def a_scan(
    code: str,
    *,
    at: datetime = NOW,
    decision: Decision = Decision.ASKED,
    scan_id: str = "",
    device_seq: int = 1,
    admits: int = 1,
) -> ScanFact:
    """A scan as a phone would tell it."""
    return ScanFact(
        scan_id=scan_id or uuid7(),
        device_seq=device_seq,
        code=code,
        scanned_at=millis(at),
        clock_offset_ms=0,
        decision=decision,
        admits=admits,
    )


def an_undo(
    scan_id: str, *, at: datetime = NOW, undo_id: str = "", device_seq: int = 1, clock_offset_ms: int = 0
) -> UndoFact:
    """An undo as a phone would tell it."""
    return UndoFact(
        undo_id=undo_id or uuid7(),
        scan_id=scan_id,
        device_seq=device_seq,
        undone_at=millis(at),
        clock_offset_ms=clock_offset_ms,
    )


def uuid7() -> str:
    """A fresh UUIDv7, as the phones make them."""
    head = (time.time_ns() // 1_000_000).to_bytes(6, "big") + next(_numbers).to_bytes(10, "big")
    number = int.from_bytes(head, "big") & ~(0xF << 76) & ~(0x3 << 62) | 7 << 76 | 2 << 62
    return str(UUID(int=number))


def an_artist(*, member: User | None = None) -> Artist:
    """An artist, for whom somebody may act."""
    number = next(_numbers)
    artist = Artist.objects.create(name=f"Artist {number}", slug=f"artist-{number}")
    if member is not None:
        ArtistMembership.objects.create(artist=artist, user=member, role=Role.OWNER)
    return artist


def a_member(venue: Venue, role: Role) -> User:
    """Somebody who acts for a venue in a role."""
    user = a_user()
    VenueMembership.objects.create(venue=venue, user=user, role=role)
    return user


def a_connected_venue(
    simulator: StripeSimulator,
    *,
    owner: User | None = None,
    currency: str = "USD",
    charge_mode: ChargeMode = ChargeMode.DESTINATION,
) -> Venue:
    """A venue that went through Stripe's onboarding, as an owner does."""
    venue = a_venue(owner=owner, currency=currency, ready=False)
    Venue.objects.filter(pk=venue.pk).update(stripe_account_id=None)
    venue.refresh_from_db()
    onboarding.begin(venue=venue, email="owner@example.org", charge_mode=charge_mode)
    simulator.control(f"accounts/{venue.stripe_account_id}", action="complete")
    assert onboarding.refresh(venue=venue)
    return venue
