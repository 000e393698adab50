"""Terms change while a show sells: more or fewer tickets, another price, a limit per fan; never below what is gone."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from tests import folding
from tests.factories import NOW, a_hold, a_paid_order, a_show, seats_of
from tests.money import Money, money_at
from tests.race import together
from tests.stripe_simulator import StripeSimulator
from ticketing import events, inventory, log, sales
from ticketing.domain_events import AllocationChanged, ReleaseReason
from ticketing.events import NewTicketType, TermsRefusal
from ticketing.models import Event, Order, OrderStatus, TicketType, Venue
from ticketing.sales import Held, SaleRefusal, SaleRefused

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
TWO = (
    NewTicketType(name="General admission", price=2_000, allocation=5),
    NewTicketType(name="VIP", price=5_000, allocation=2),
)


def change(
    event: Event, *, allocation: int, price: int = 2_000, kind: UUID | None = None
) -> TicketType | TermsRefusal:
    first = event.ticket_types.get(position=0).pk
    return events.change_terms(
        event_id=event.pk, ticket_type_id=kind or first, allocation=allocation, price=price, now=NOW
    )


def ask(event: Event, quantity: int = 1, *, email: str = "fan@example.org") -> Held | SaleRefused:
    return sales.place_hold(event_id=event.pk, seats=seats_of(event, quantity), email=email, now=NOW)


def test_a_price_that_stripe_does_not_charge_is_refused_and_its_seats_can_still_change() -> None:
    event = a_show(types=TWO)
    Venue.objects.filter(pk=event.venue_id).update(fee_fixed=0)

    refused = change(event, allocation=5, price=49)
    charged, free = change(event, allocation=5, price=50), change(event, allocation=5, price=0)
    TicketType.objects.filter(event=event).update(price=10)  # as it was before the fee was lowered
    fewer = change(event, allocation=4, price=10)

    assert refused == TermsRefusal.PRICE_TOO_LOW
    assert [type(kind) for kind in (charged, free, fewer)] == [TicketType, TicketType, TicketType]


def first_type(event: Event) -> TicketType:
    return event.ticket_types.get(position=0)


# --- more or fewer ------------------------------------------------------------------------------------------------


def test_more_tickets_sell_at_once_and_every_dashboard_is_told() -> None:
    event = a_show(types=TWO)
    a_paid_order(event, quantity=5)
    before = folding.fresh(event.pk)
    sold_out = ask(event)

    changed = change(event, allocation=6)

    assert sold_out == SaleRefused(code=SaleRefusal.NOT_ENOUGH_LEFT)
    assert isinstance(changed, TicketType)
    assert folding.after(before, event.pk) == folding.fresh(event.pk)
    [kind] = [kind for kind in folding.fresh(event.pk).sales.types if kind.name == "General admission"]
    assert kind.allocation == 6
    assert isinstance(ask(event), Held)


def test_the_change_is_one_entry_of_the_log() -> None:
    event = a_show(types=TWO)
    before = folding.fresh(event.pk).seq

    change(event, allocation=9, price=2_500)

    [entry] = log.read(event_id=event.pk, since=before, limit=10)
    assert isinstance(entry.happened, AllocationChanged)
    [terms] = entry.happened.types
    kind = first_type(event)
    assert (terms.ticket_type, terms.allocation, terms.price) == (str(kind.pk), 9, 2_500)
    assert (kind.allocation, kind.price) == (9, 2_500)


def test_fewer_tickets_down_to_what_is_held_and_sold_and_not_one_below() -> None:
    event = a_show(types=TWO)
    a_paid_order(event, quantity=2)
    a_hold(event)

    below, exact = change(event, allocation=2), change(event, allocation=3)

    assert below == TermsRefusal.BELOW_SOLD
    assert isinstance(exact, TicketType)
    assert ask(event) == SaleRefused(code=SaleRefusal.NOT_ENOUGH_LEFT)


def test_a_hold_that_ends_gives_room_to_shrink() -> None:
    event = a_show(types=TWO)
    held = a_hold(event, quantity=4)
    refused = change(event, allocation=1)

    sales.release(order_pk=held.pk, reason=ReleaseReason.ABANDONED, now=NOW)

    assert refused == TermsRefusal.BELOW_SOLD
    assert isinstance(change(event, allocation=0), TicketType)


def test_what_cannot_be_changed_is_refused_and_leaves_no_entry() -> None:
    event = a_show(types=TWO)
    Event.objects.filter(pk=event.pk).update(capacity=10)
    elsewhere = a_show(types=TWO).ticket_types.get(position=0).pk
    before = (log.head(event.pk), inventory.count(event.pk))

    refusals = [
        change(event, allocation=5),
        change(event, allocation=9),
        change(event, allocation=4, kind=elsewhere),
    ]

    assert refusals == [
        TermsRefusal.NOTHING_TO_CHANGE,
        TermsRefusal.BEYOND_CAPACITY,
        TermsRefusal.TYPE_UNKNOWN,
    ]
    assert (log.head(event.pk), inventory.count(event.pk)) == before
    assert isinstance(change(event, allocation=8), TicketType)


def test_below_all_code_the_database_refuses_an_allocation_below_what_is_gone() -> None:
    event = a_show(types=TWO)
    a_paid_order(event, quantity=2)
    a_hold(event)

    with pytest.raises(IntegrityError), transaction.atomic():
        TicketType.objects.filter(event=event, position=0).update(allocation=2)


# --- at Stripe ----------------------------------------------------------------------------------------------------


@pytest.fixture
def money(own_stripe_simulator: StripeSimulator) -> Money:
    return money_at(own_stripe_simulator, types=TWO)


def test_an_open_payment_page_keeps_the_price_that_it_was_begun_with(money: Money) -> None:
    early = money.buy(1)
    assert early is not None

    change(money.event, allocation=5, price=3_000)
    money.stripe.pay(str(early.stripe_session_id))
    money.come_to_rest()
    later = money.a_sale(1, email="later@example.org")

    early.refresh_from_db()
    assert (early.status, early.total, later.total) == (OrderStatus.PAID, 2_200, 3_200)
    money.check_at_rest()


def test_a_ticket_bought_at_the_old_price_is_refunded_at_the_old_price(money: Money) -> None:
    order = money.a_sale(2)
    change(money.event, allocation=5, price=9_900)

    back = money.refund(order, tickets=1)
    money.come_to_rest()

    assert back.total == 2_200
    money.check_at_rest()


def test_a_seat_that_is_refunded_can_be_taken_off_the_market(money: Money) -> None:
    order = money.a_sale(2)
    refused = change(money.event, allocation=1)

    money.refund(order, tickets=1)

    assert refused == TermsRefusal.BELOW_SOLD
    assert isinstance(change(money.event, allocation=1), TicketType)
    assert money.buy(1, email="next@example.org") is None
    money.come_to_rest()
    money.check_at_rest()


def test_a_late_payment_whose_seat_was_taken_off_the_market_goes_back_in_full(money: Money) -> None:
    late = money.buy(2)
    assert late is not None
    money.stripe.pay(str(late.stripe_session_id))
    sales.release(order_pk=late.pk, reason=ReleaseReason.EXPIRED, now=money.now)
    change(money.event, allocation=1)

    money.come_to_rest()

    late.refresh_from_db()
    assert (late.status, late.refunds.get().total) == (OrderStatus.REFUNDED, late.total)
    assert "venue" not in money.balances_there()
    money.check_at_rest()


# --- races --------------------------------------------------------------------------------------------------------


def test_shrinking_while_fans_buy_never_ends_below_what_they_have() -> None:
    event = a_show(types=(NewTicketType(name="GA", price=2_000, allocation=20),))
    buyers = [lambda number=number: ask(event, 2, email=f"fan{number}@example.org") for number in range(8)]
    owners = [lambda to=to: change(event, allocation=to) for to in (4, 8, 10, 12)]

    outcomes = together(*buyers, *owners)

    kind = first_type(event)
    held = sum(isinstance(outcome, Held) for outcome in outcomes)
    assert (kind.held, kind.held <= kind.allocation) == (2 * held, True)
    assert Order.objects.filter(status=OrderStatus.HELD).count() == held


def test_owners_of_two_types_at_once_stay_within_the_capacity() -> None:
    event = a_show(types=TWO)
    Event.objects.filter(pk=event.pk).update(capacity=9)
    vip = event.ticket_types.get(position=1).pk

    outcomes = together(
        lambda: change(event, allocation=7),
        lambda: change(event, allocation=4, price=5_000, kind=vip),
    )

    assert Counter(type(outcome) for outcome in outcomes) == {TicketType: 1, TermsRefusal: 1}
    assert sum(kind.allocation for kind in event.ticket_types.all()) == 9


# --- a limit per fan ----------------------------------------------------------------------------------------------


def test_a_limit_per_fan_counts_all_that_the_email_has_however_it_is_written(money: Money) -> None:
    events.set_fan_limit(event_id=money.event.pk, limit=3)
    money.a_sale(2)

    over = money.buy(2, email="FAN@Example.org")
    within = money.buy(1, email="FAN@Example.org")
    other = money.buy(2, email="other@example.org")

    assert (over, within is not None, other is not None) == (None, True, True)


def test_a_fan_who_gave_tickets_back_has_room_for_them_again(money: Money) -> None:
    events.set_fan_limit(event_id=money.event.pk, limit=2)
    order = money.a_sale(2)
    full = money.buy(1)

    money.refund(order, tickets=1)
    money.come_to_rest()

    assert (full, money.buy(1) is not None, money.buy(1)) == (None, True, None)
    events.set_fan_limit(event_id=money.event.pk, limit=None)
    assert money.buy(1) is not None
    money.check()
