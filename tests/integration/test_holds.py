"""Placing a hold: true as a whole or not at all, and judged at the moment when the seats are claimed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from tests.factories import NOW, a_hold, a_paid_order, a_show, a_user, seats_of
from tests.race import times
from ticketing import events, inventory, log, offers, sales
from ticketing.clock import millis
from ticketing.domain_events import EventStatus, HoldPlaced, Line, ReleaseReason
from ticketing.events import NewTicketType
from ticketing.inventory import Seats
from ticketing.log import Announcement
from ticketing.models import Event, LogEntry, Order, OrderLine, PlatformFees, TicketType, User, Venue
from ticketing.offers import Offer
from ticketing.sales import Held, SaleRefusal, SaleRefused

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def ask(event: Event, quantity: int = 1, *, email: str = "fan@example.org") -> Held | SaleRefused:
    return sales.place_hold(event_id=event.pk, seats=seats_of(event, quantity), email=email, now=NOW)


def offer_of(event: Event) -> Offer:
    offer = offers.read(event.pk)
    assert offer is not None
    return offer


# --- what is written ---------------------------------------------------------------------------------------------


def test_the_order_in_hand_is_the_order_in_the_database() -> None:
    event = a_show()

    order = a_hold(event, quantity=2, email="new@example.org")

    stored = Order.objects.get(pk=order.pk)
    columns = [field.attname for field in Order._meta.concrete_fields]
    assert {name: getattr(order, name) for name in columns} == {
        name: getattr(stored, name) for name in columns
    }
    order.stripe_session_url = "https://example.org"
    order.save(update_fields=["stripe_session_url"])


def test_a_new_fan_is_as_the_user_manager_makes_one() -> None:
    made = a_hold(a_show(), email="new@example.org").purchaser
    usual = a_user()

    differing = {"id", "email", "password", "secret", "created_at"}
    columns = {field.attname for field in User._meta.concrete_fields} - differing
    assert {name: getattr(made, name) for name in columns} == {name: getattr(usual, name) for name in columns}
    assert (len(made.secret), made.has_usable_password()) == (32, False)
    assert bytes(made.secret) != bytes(usual.secret)


def test_the_entry_tells_of_the_hold_and_is_called_out_once(announced: list[Announcement]) -> None:
    event = a_show()
    before = log.head(event.pk)
    assert before is not None
    announced.clear()

    order = a_hold(event, quantity=3)

    line = Line(ticket_type=str(seats_of(event)[0].ticket_type_id), quantity=3)
    [entry] = log.read(event_id=event.pk, since=before.seq, limit=10)
    assert entry.happened == HoldPlaced(order=str(order.pk), lines=(line,), at=millis(NOW))
    row = LogEntry.objects.get(event=event, seq=before.seq + 1)
    assert (row.kind, row.appended_at) == ("hold_placed", NOW)
    assert announced == [Announcement(event_id=event.pk, seq=before.seq + 1, body=row.body)]


def test_a_hold_inside_a_transaction_is_called_out_when_that_commits(announced: list[Announcement]) -> None:
    event = a_show()
    announced.clear()

    with transaction.atomic():
        a_hold(event)
        early = list(announced)

    assert (early, len(announced)) == ([], 1)


def test_a_hold_inside_a_transaction_that_fails_was_never_there(announced: list[Announcement]) -> None:
    event = a_show()
    announced.clear()

    with transaction.atomic():
        a_hold(event, email="new@example.org")
        transaction.set_rollback(True)

    assert (announced, Order.objects.count(), inventory.count(event.pk).held) == ([], 0, 0)
    assert not User.objects.filter(email="new@example.org").exists()


def test_an_order_of_three_types_has_a_line_for_each() -> None:
    kinds = tuple(
        NewTicketType(name=name, price=price, allocation=9) for name, price in (("A", 1), ("B", 20), ("C", 0))
    )
    event = a_show(types=kinds)
    seats = tuple(
        Seats(ticket_type_id=kind.pk, quantity=n) for n, kind in enumerate(event.ticket_types.all(), 1)
    )

    held = sales.place_hold(event_id=event.pk, seats=seats, email="fan@example.org", now=NOW)

    assert isinstance(held, Held)
    lines = OrderLine.objects.filter(order=held.order).order_by("quantity")
    assert [(line.quantity, line.unit_base, line.unit_fee) for line in lines] == [
        (1, 1, 200),
        (2, 20, 200),
        (3, 0, 0),
    ]
    assert held.order.total == 1 + 200 + 2 * (20 + 200)


def test_an_order_remembers_how_and_to_whom_the_venue_was_paid() -> None:
    event = a_show()
    Venue.objects.filter(pk=event.venue_id).update(stripe_account_id="acct_then", charge_mode="direct")
    order = a_hold(event)
    Venue.objects.filter(pk=event.venue_id).update(stripe_account_id="acct_now", charge_mode="destination")

    order.refresh_from_db()
    assert (order.stripe_account_id, order.charge_mode) == ("acct_then", "direct")


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"fee_fixed": 0},
        {"fee_fixed": 35, "fee_basis_points": 290},
        {"fee_minimum": 500},
        {"fee_basis_points": 10_000, "fee_maximum": 700},
        {"fee_minimum": 900, "fee_maximum": 300},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "platform", [None, {"fixed": 120, "basis_points": 150, "minimum": 130, "maximum": 400}], ids=str
)
def test_the_fee_is_the_venues_own_word_or_the_platforms(
    own: dict[str, int], platform: dict[str, int] | None
) -> None:
    event = a_show()
    Venue.objects.filter(pk=event.venue_id).update(**{"fee_fixed": None, "fee_basis_points": None, **own})
    if platform:
        PlatformFees.objects.update_or_create(pk=1, defaults=platform)
    venue, kind = Venue.objects.get(pk=event.venue_id), event.ticket_types.get()

    assert offer_of(event).types[kind.pk].split == kind.split(venue)


# --- what is judged at the moment of the claim -------------------------------------------------------------------


def pause(event: Event) -> None:
    events.set_status(event_id=event.pk, status=EventStatus.PAUSED, now=NOW)


def the_venue_stops(event: Event) -> None:
    Venue.objects.filter(pk=event.venue_id).update(onboarding_complete=False)


def sales_close(event: Event) -> None:
    TicketType.objects.filter(event=event).update(sales_close_at=NOW - timedelta(seconds=1))


def sales_open_later(event: Event) -> None:
    TicketType.objects.filter(event=event).update(sales_open_at=NOW + timedelta(seconds=1))


def the_limit_falls(event: Event) -> None:
    TicketType.objects.filter(event=event).update(per_order_limit=1)


def the_show_ends(event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(
        doors_at=NOW - timedelta(hours=3), starts_at=NOW - timedelta(hours=2), ends_at=NOW
    )


def others_buy_it_out(event: Event) -> None:
    TicketType.objects.filter(event=event).update(held=99)


@pytest.mark.parametrize(
    ("happens", "refusal"),
    [
        (pause, SaleRefusal.NOT_ON_SALE),
        (the_venue_stops, SaleRefusal.VENUE_NOT_READY),
        (sales_close, SaleRefusal.TYPE_NOT_ON_SALE),
        (sales_open_later, SaleRefusal.TYPE_NOT_ON_SALE),
        (the_limit_falls, SaleRefusal.OVER_LIMIT),
        (the_show_ends, SaleRefusal.NOT_ON_SALE),
        (others_buy_it_out, SaleRefusal.NOT_ENOUGH_LEFT),
    ],
)
def test_what_happens_between_the_look_and_the_claim_still_refuses(
    happens: Callable[[Event], None], refusal: SaleRefusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = a_show()
    read, seen = offers.read, iter([offer_of(event)])
    monkeypatch.setattr(offers, "read", lambda event_id: next(seen, None) or read(event_id))
    happens(event)
    before = (inventory.count(event.pk).held, LogEntry.objects.filter(event=event).count())

    outcome = ask(event, 2, email="new@example.org")

    assert outcome == SaleRefused(code=refusal)
    assert (inventory.count(event.pk).held, LogEntry.objects.filter(event=event).count()) == before
    assert (Order.objects.count(), User.objects.filter(email="new@example.org").count()) == (0, 0)


def test_the_last_seat_goes_and_the_one_after_it_does_not() -> None:
    event = a_show(types=(NewTicketType(name="GA", price=1, allocation=3),))

    outcomes = [type(ask(event)) for _ in range(4)]

    assert outcomes == [Held, Held, Held, SaleRefused]


# --- one email's limit -------------------------------------------------------------------------------------------


def a_show_with_a_limit(limit: int) -> Event:
    event = a_show()
    Event.objects.filter(pk=event.pk).update(per_fan_limit=limit)
    return event


def test_one_email_gets_no_more_than_its_limit_in_however_many_orders() -> None:
    event = a_show_with_a_limit(4)
    a_paid_order(event, quantity=2)
    a_hold(event, quantity=1)

    assert ask(event, 2) == SaleRefused(code=SaleRefusal.OVER_FAN_LIMIT)
    assert isinstance(ask(event, 1, email=" FAN@example.org"), Held)
    assert ask(event, 1) == SaleRefused(code=SaleRefusal.OVER_FAN_LIMIT)
    assert isinstance(ask(event, 4, email="other@example.org"), Held)


def test_what_a_fan_let_go_counts_no_more() -> None:
    event = a_show_with_a_limit(2)
    order = a_hold(event, quantity=2)
    refused = ask(event)
    sales.release(order_pk=order.pk, reason=ReleaseReason.ABANDONED, now=NOW)

    assert refused == SaleRefused(code=SaleRefusal.OVER_FAN_LIMIT)
    assert isinstance(ask(event, 2), Held)


def test_eight_holds_of_one_fan_at_once_stay_within_the_limit() -> None:
    event = a_show_with_a_limit(3)

    outcomes = times(8, lambda: ask(event, email="new@example.org"))

    assert Counter(type(outcome) for outcome in outcomes) == {Held: 3, SaleRefused: 5}
    assert inventory.count(event.pk).held == 3
