"""Selling: a hold becomes tickets or goes back; never a seat too many, whatever races."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from tests.factories import NOW, a_hold, a_paid_order, a_show, a_user, a_venue, seats_of
from tests.race import times, together
from ticketing import events, inventory, live_code, log, sales
from ticketing.domain_events import (
    AllocationThresholdReached,
    EventStatus,
    HoldPlaced,
    HoldReleased,
    Line,
    OrderPaid,
    PaidLine,
    ReleaseReason,
    SoldOut,
)
from ticketing.events import NewTicketType
from ticketing.inventory import NotEnoughLeft, Seats
from ticketing.models import Event, LogEntry, Order, OrderStatus, Ticket, TicketType, User, Venue
from ticketing.sales import Held, SaleRefusal, SaleRefused

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def a_small_show(allocation: int, *, per_order_limit: int = 8) -> Event:
    kind = NewTicketType(name="GA", price=2_000, allocation=allocation, per_order_limit=per_order_limit)
    return a_show(types=(kind,))


def buy(event: Event, quantity: int, *, email: str = "fan@example.org") -> Held | SaleRefused:
    return sales.place_hold(event_id=event.pk, seats=seats_of(event, quantity), email=email, now=NOW)


def numbers(event: Event) -> tuple[int, int]:
    """Held and sold."""
    count = inventory.count(event.pk)
    return count.held, count.sold


def told(event: Event) -> list[object]:
    return [entry.happened for entry in log.read(event_id=event.pk, since=0, limit=10_000)]


def kinds(event: Event) -> Counter[str]:
    return Counter(LogEntry.objects.filter(event=event).values_list("kind", flat=True))


def refused(event: Event, seats: tuple[Seats, ...], *, email: str = "fan@example.org") -> SaleRefusal:
    """The refusal; and nothing was held, written or logged for it."""
    before = (Order.objects.count(), LogEntry.objects.count(), User.objects.count())
    outcome = sales.place_hold(event_id=event.pk, seats=seats, email=email, now=NOW)
    assert isinstance(outcome, SaleRefused)
    assert (Order.objects.count(), LogEntry.objects.count(), User.objects.count()) == before
    assert inventory.count(event.pk).held == 0
    return outcome.code


# --- the life of a hold ------------------------------------------------------------------------------------------


def test_a_hold_claims_seats_and_fixes_the_split() -> None:
    event = a_show()

    order = a_hold(event, quantity=3, email=" Fan@Example.ORG ")

    assert (order.base, order.fee, order.total, order.currency) == (6_000, 600, 6_600, "USD")
    assert (order.status, order.purchaser.email) == (OrderStatus.HELD, "fan@example.org")
    assert order.hold_expires_at == NOW + sales.HOLD
    assert numbers(event) == (3, 0)
    assert isinstance(told(event)[-1], HoldPlaced)


def test_a_later_price_changes_no_order() -> None:
    event = a_show()
    order = a_hold(event)
    TicketType.objects.filter(event=event).update(price=9_900)

    sales.fulfil(order_pk=order.pk, payment_intent_id="pi_1", now=NOW)

    assert [paid.total for paid in told(event) if isinstance(paid, OrderPaid)] == [2_200]


def test_a_release_puts_the_seats_back_and_says_why_once() -> None:
    event = a_show()
    order = a_hold(event, quantity=2)
    line = Line(ticket_type=str(seats_of(event)[0].ticket_type_id), quantity=2)

    first = sales.release(order_pk=order.pk, reason=ReleaseReason.ABANDONED, now=NOW)
    again = sales.release(order_pk=order.pk, reason=ReleaseReason.EXPIRED, now=NOW)

    assert (first, again) == (True, False)
    assert numbers(event) == (0, 0)
    happened = [entry for entry in told(event) if isinstance(entry, HoldReleased)]
    assert [(h.reason, h.lines) for h in happened] == [(ReleaseReason.ABANDONED, (line,))]


def test_a_paid_hold_becomes_its_tickets_once() -> None:
    event = a_show()
    order = a_hold(event, quantity=3)

    first = sales.fulfil(order_pk=order.pk, payment_intent_id="pi_1", now=NOW)
    again = sales.fulfil(order_pk=order.pk, payment_intent_id="pi_2", now=NOW + timedelta(minutes=1))

    order.refresh_from_db()
    assert (first, again) == (True, False)
    assert (order.status, order.paid_at, order.stripe_payment_intent_id) == (OrderStatus.PAID, NOW, "pi_1")
    assert [ticket.number for ticket in order.tickets.order_by("number")] == [1, 2, 3]
    assert numbers(event) == (0, 3)
    assert kinds(event)["order_paid"] == 1


def test_each_ticket_has_the_near_end_of_its_own_live_code() -> None:
    event = a_show()
    order = a_paid_order(event, quantity=2)

    for ticket in order.tickets.all():
        seed = live_code.seed_of(
            user_secret=bytes(order.purchaser.secret), event_id=event.pk, ticket_id=ticket.pk, transfer_no=0
        )
        assert ticket.qr_hash == live_code.qr_hash_of(chain=event.chain, seed=seed)
        assert bytes(ticket.anchor).hex() == ticket.qr_hash[:32]


def test_a_sale_of_two_types_is_logged_with_the_split_of_each() -> None:
    types = (
        NewTicketType(name="GA", price=2_000, allocation=10),
        NewTicketType(name="VIP", price=5_000, allocation=10),
    )
    event = a_show(types=types)
    ga, vip = event.ticket_types.order_by("position")
    seats = (Seats(ticket_type_id=vip.pk, quantity=1), Seats(ticket_type_id=ga.pk, quantity=2))

    held = sales.place_hold(event_id=event.pk, seats=seats, email="fan@example.org", now=NOW)
    assert isinstance(held, Held)
    sales.fulfil(order_pk=held.order.pk, payment_intent_id="pi_1", now=NOW)

    [paid] = [happened for happened in told(event) if isinstance(happened, OrderPaid)]
    assert set(paid.lines) == {
        PaidLine(ticket_type=str(ga.pk), quantity=2, base=4_000, fee=400),
        PaidLine(ticket_type=str(vip.pk), quantity=1, base=5_000, fee=200),
    }
    assert (paid.base, paid.fee, paid.total) == (9_000, 600, 9_600)
    assert Counter(ticket.type_name for ticket in paid.tickets) == {"GA": 2, "VIP": 1}


def test_two_claims_on_one_type_are_one_line_of_the_order() -> None:
    event = a_small_show(10, per_order_limit=4)

    order_lines = sales.place_hold(
        event_id=event.pk, seats=(*seats_of(event, 1), *seats_of(event, 2)), email="fan@example.org", now=NOW
    )

    assert isinstance(order_lines, Held)
    assert [line.quantity for line in order_lines.order.lines.all()] == [3]
    assert numbers(event) == (3, 0)


def test_a_payment_after_the_release_takes_free_seats() -> None:
    event = a_small_show(1)
    order = a_hold(event)
    sales.release(order_pk=order.pk, reason=ReleaseReason.EXPIRED, now=NOW)

    assert sales.fulfil(order_pk=order.pk, payment_intent_id="pi_1", now=NOW)

    assert numbers(event) == (0, 1)
    assert [paid.from_hold for paid in told(event) if isinstance(paid, OrderPaid)] == [False]


def test_a_payment_after_its_seats_were_sold_again_changes_nothing() -> None:
    event = a_small_show(1)
    late = a_hold(event)
    sales.release(order_pk=late.pk, reason=ReleaseReason.EXPIRED, now=NOW)
    a_paid_order(event, email="other@example.org")
    before = told(event)

    with pytest.raises(NotEnoughLeft):
        sales.fulfil(order_pk=late.pk, payment_intent_id="pi_late", now=NOW)

    late.refresh_from_db()
    assert (late.status, late.paid_at, late.tickets.count()) == (OrderStatus.EXPIRED, None, 0)
    assert told(event) == before


# --- refusals ----------------------------------------------------------------------------------------------------


def test_an_unknown_show_sells_nothing() -> None:
    event = a_show()

    outcome = sales.place_hold(event_id=uuid4(), seats=seats_of(event), email="fan@example.org", now=NOW)

    assert outcome == SaleRefused(code=SaleRefusal.EVENT_UNKNOWN)


def test_a_draft_is_as_good_as_unknown() -> None:
    event = a_show(on_sale=False)

    assert refused(event, seats_of(event)) is SaleRefusal.EVENT_UNKNOWN


@pytest.mark.parametrize("status", [EventStatus.PAUSED, EventStatus.ENDED, EventStatus.CANCELLED])
def test_a_show_that_is_not_on_sale_sells_nothing(status: EventStatus) -> None:
    event = a_show()
    events.set_status(event_id=event.pk, status=status, now=NOW)

    assert refused(event, seats_of(event)) is SaleRefusal.NOT_ON_SALE


def test_a_show_that_is_over_sells_nothing() -> None:
    event = a_show(doors_at=NOW - timedelta(hours=5))

    assert refused(event, seats_of(event)) is SaleRefusal.NOT_ON_SALE


def test_a_venue_that_cannot_be_paid_sells_nothing() -> None:
    event = a_show(venue=a_venue(ready=False))

    assert refused(event, seats_of(event)) is SaleRefusal.VENUE_NOT_READY


def test_a_type_of_another_show_is_unknown() -> None:
    event, other = a_show(), a_show()

    assert refused(event, seats_of(other)) is SaleRefusal.TYPE_UNKNOWN


@pytest.mark.parametrize("column", ["sales_open_at", "sales_close_at"])
def test_a_type_outside_its_sales_window_is_not_on_sale(column: str) -> None:
    event = a_show()
    moment = NOW + timedelta(seconds=1 if column == "sales_open_at" else -1)
    TicketType.objects.filter(event=event).update(**{column: moment})

    assert refused(event, seats_of(event)) is SaleRefusal.TYPE_NOT_ON_SALE


@pytest.mark.parametrize("quantity", [0, -1])
def test_no_seats_are_no_order(quantity: int) -> None:
    event = a_show()

    assert refused(event, seats_of(event, quantity)) is SaleRefusal.NOTHING_CHOSEN
    assert refused(event, ()) is SaleRefusal.NOTHING_CHOSEN


@pytest.mark.parametrize("quantity", [9, 51, 10**12])
def test_more_than_one_order_may_have_is_refused(quantity: int) -> None:
    event = a_show()

    assert refused(event, seats_of(event, quantity)) is SaleRefusal.OVER_LIMIT


def test_the_limit_is_not_passed_by_asking_twice_in_one_order() -> None:
    event = a_small_show(100, per_order_limit=4)

    assert refused(event, (*seats_of(event, 3), *seats_of(event, 3))) is SaleRefusal.OVER_LIMIT


def test_more_than_is_left_is_refused_whole() -> None:
    event = a_small_show(5)
    a_paid_order(event, quantity=3)

    assert refused(event, seats_of(event, 3)) is SaleRefusal.NOT_ENOUGH_LEFT


def test_one_type_that_is_gone_refuses_the_other_too() -> None:
    types = (
        NewTicketType(name="GA", price=1, allocation=10),
        NewTicketType(name="VIP", price=1, allocation=1),
    )
    event = a_show(types=types)
    ga, vip = event.ticket_types.order_by("position")
    seats = (Seats(ticket_type_id=ga.pk, quantity=1), Seats(ticket_type_id=vip.pk, quantity=2))

    assert refused(event, seats) is SaleRefusal.NOT_ENOUGH_LEFT


@pytest.mark.parametrize(
    "email",
    [
        "",
        " ",
        "fan",
        "fan@",
        "@example.org",
        "fan@example",
        "fan@example.org\x00",
        "fan@exa\nmple.org",
        "a@b@example.org",
        f"{'x' * 60}@{'y' * 60}.{'z' * 60}.{'w' * 60}.example.org",
        "fan@\ud800.org",
    ],
    ids=ascii,
)
def test_an_email_that_cannot_be_one_is_refused(email: str) -> None:
    event = a_show()

    assert refused(event, seats_of(event), email=email) is SaleRefusal.EMAIL_INVALID


def test_seats_change_only_inside_a_transaction() -> None:
    event = a_show()

    with pytest.raises(RuntimeError, match="together with the order"):
        inventory.hold(seats_of(event))


@pytest.mark.parametrize(
    "change", [{"held": 101}, {"sold": 101}, {"held": 60, "sold": 41}, {"held": -1}, {"sold": -1}], ids=str
)
def test_below_all_code_the_database_refuses_a_seat_too_many_or_too_few(change: dict[str, int]) -> None:
    event = a_show()

    with pytest.raises(IntegrityError), transaction.atomic():
        TicketType.objects.filter(event=event).update(**change)


def test_below_all_code_the_database_refuses_a_split_that_does_not_add_up() -> None:
    order = a_hold(a_show())

    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(total=F("total") + 1)


# --- races -------------------------------------------------------------------------------------------------------


def test_sixteen_fans_and_five_seats_sell_five_seats() -> None:
    event = a_small_show(5)
    fans = iter(range(16))

    outcomes = times(16, lambda: buy(event, 1, email=f"fan{next(fans)}@example.org"))

    assert Counter(type(outcome) for outcome in outcomes) == {Held: 5, SaleRefused: 11}
    assert {o.code for o in outcomes if isinstance(o, SaleRefused)} == {SaleRefusal.NOT_ENOUGH_LEFT}
    assert numbers(event) == (5, 0)
    assert kinds(event)["hold_placed"] == 5


def test_one_new_fan_buying_sixteen_times_at_once_is_one_person() -> None:
    event = a_small_show(100)

    outcomes = times(16, lambda: buy(event, 1, email="new@example.org"))

    assert {type(outcome) for outcome in outcomes} == {Held}
    assert User.objects.filter(email="new@example.org").count() == 1
    assert numbers(event) == (16, 0)


def test_orders_of_two_types_in_either_order_do_not_wait_for_each_other() -> None:
    types = (
        NewTicketType(name="GA", price=1, allocation=50),
        NewTicketType(name="VIP", price=1, allocation=50),
    )
    event = a_show(types=types)
    forth = tuple(Seats(ticket_type_id=kind.pk, quantity=1) for kind in event.ticket_types.all())

    def hold(seats: tuple[Seats, ...]) -> Held | SaleRefused:
        return sales.place_hold(event_id=event.pk, seats=seats, email=f"{uuid4()}@example.org", now=NOW)

    outcomes = together(*[lambda: hold(forth), lambda: hold(forth[::-1])] * 6)

    assert {type(outcome) for outcome in outcomes} == {Held}
    assert numbers(event) == (24, 0)


def test_eight_webhooks_for_one_payment_issue_its_tickets_once() -> None:
    event = a_show()
    order = a_hold(event, quantity=4)

    outcomes = times(8, lambda: sales.fulfil(order_pk=order.pk, payment_intent_id="pi_1", now=NOW))

    assert sorted(outcomes) == [False] * 7 + [True]
    assert Ticket.objects.filter(order=order).count() == 4
    assert numbers(event) == (0, 4)
    assert kinds(event)["order_paid"] == 1


def test_a_payment_and_an_expiry_at_once_leave_one_truth() -> None:
    event = a_small_show(8)
    orders = [a_hold(event) for _ in range(8)]

    together(
        *[
            work
            for order in orders
            for work in (
                lambda pk=order.pk: sales.fulfil(order_pk=pk, payment_intent_id=None, now=NOW),
                lambda pk=order.pk: sales.release(order_pk=pk, reason=ReleaseReason.EXPIRED, now=NOW),
            )
        ]
    )

    assert {order.status for order in Order.objects.filter(event=event)} == {OrderStatus.PAID}
    assert numbers(event) == (0, 8)
    assert Ticket.objects.filter(event=event).count() == 8


def test_late_payments_racing_for_the_last_seat_sell_it_once() -> None:
    event = a_small_show(1)
    late = []
    for number in range(6):
        order = a_hold(event, email=f"fan{number}@example.org")
        sales.release(order_pk=order.pk, reason=ReleaseReason.EXPIRED, now=NOW)
        late.append(order)

    def pay(order: Order) -> bool:
        try:
            return sales.fulfil(order_pk=order.pk, payment_intent_id=None, now=NOW)
        except NotEnoughLeft:
            return False

    outcomes = together(*[lambda order=order: pay(order) for order in late])

    assert sorted(outcomes) == [False] * 5 + [True]
    assert numbers(event) == (0, 1)


def test_the_threshold_and_the_selling_out_are_logged_once_whatever_races() -> None:
    event = a_small_show(20)
    orders = [a_hold(event, email=f"fan{number}@example.org") for number in range(20)]

    together(
        *[lambda pk=order.pk: sales.fulfil(order_pk=pk, payment_intent_id=None, now=NOW) for order in orders]
    )

    event.refresh_from_db()
    milestones = [h for h in told(event) if isinstance(h, AllocationThresholdReached | SoldOut)]
    assert [type(happened) for happened in milestones] == [AllocationThresholdReached, SoldOut]
    assert (event.threshold_reached_at, event.sold_out_at) == (NOW, NOW)


def test_the_threshold_is_told_right_after_the_sale_that_reached_it() -> None:
    event = a_small_show(10)
    for _ in range(9):
        a_paid_order(event)

    assert told(event)[-1] == AllocationThresholdReached(percent=90, left=1, at=1_795_377_600_000)


def test_one_sale_may_reach_the_threshold_and_sell_out_at_once() -> None:
    event = a_small_show(4)

    a_paid_order(event, quantity=4)

    assert [type(happened) for happened in told(event)[-2:]] == [AllocationThresholdReached, SoldOut]


def test_a_show_paused_and_resumed_while_it_sells_stops_nobody_half_way() -> None:
    event = a_small_show(60)
    orders = [a_hold(event, email=f"fan{number}@example.org") for number in range(54)]
    waiting = iter(orders)

    def sell() -> None:
        for order in [next(waiting) for _ in range(9)]:
            sales.fulfil(order_pk=order.pk, payment_intent_id=None, now=NOW)

    def toggle() -> None:
        for status in [EventStatus.PAUSED, EventStatus.ON_SALE] * 8:
            events.set_status(event_id=event.pk, status=status, now=NOW)

    together(*[sell] * 6, toggle, toggle)

    assert numbers(event) == (0, 54)
    assert kinds(event)["allocation_threshold_reached"] == 1


def test_a_show_in_a_currency_that_we_do_not_sell_in_is_refused() -> None:
    event = a_show()
    Venue.objects.filter(pk=event.venue_id).update(currency="XAU")

    assert refused(event, seats_of(event)) is SaleRefusal.CURRENCY_UNSUPPORTED


def test_a_new_fan_has_no_password_to_sign_in_with() -> None:
    order = a_hold(a_show(), email="new@example.org")

    assert not order.purchaser.has_usable_password()


def test_a_fan_who_is_known_keeps_all_that_is_known() -> None:
    fan = a_user(email="known@example.org")

    order = a_hold(a_show(), email="KNOWN@example.org")

    assert order.purchaser_id == fan.pk
