"""What NGN adds to a price: shown before paying, rounded once per ticket, and the same figure everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tests.factories import a_venue
from tests.money import Money, money_at
from tests.stripe_simulator import StripeSimulator
from ticketing import sales
from ticketing.events import NewTicketType
from ticketing.inventory import Seats
from ticketing.models import Order, PlatformFees, Venue
from ticketing.sales import SaleRefusal, SaleRefused

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
ODD = (NewTicketType(name="General admission", price=1_015, allocation=20),)


def own_fee(money: Money, **fields: int | None) -> None:
    Venue.objects.filter(pk=money.venue.pk).update(**fields)


def the_default(**fields: int | None) -> None:
    PlatformFees.objects.update_or_create(pk=1, defaults=fields)


def a_held_order(money: Money, quantity: int = 1) -> Order:
    order = money.buy(quantity)
    assert order is not None
    return order


def at_stripe(money: Money, order: Order) -> dict[str, Any]:
    """The order's session with its lines, as the fan is shown it."""
    path = f"checkout/sessions/{order.stripe_session_id}"
    session: dict[str, Any] = money.stripe.ask("GET", path)
    return session | {"lines": money.stripe.ask("GET", f"{path}/line_items")["data"]}


def split(order: Order) -> tuple[int, int, int]:
    return order.base, order.fee, order.total


@pytest.mark.parametrize(
    ("default", "own", "fee"),
    [
        ({}, {}, 200),
        ({"fixed": 100, "basis_points": 500}, {}, 151),
        ({"fixed": 100, "basis_points": 500}, {"fee_fixed": 0}, 51),
        ({"fixed": 100, "basis_points": 500}, {"fee_basis_points": 0}, 100),
        ({"fixed": 0, "basis_points": 500}, {"fee_minimum": 75}, 75),
        ({"fixed": 100, "basis_points": 500, "maximum": 120}, {}, 120),
        ({"fixed": 100, "basis_points": 500, "maximum": 120}, {"fee_maximum": 140}, 140),
        ({"fixed": 0, "basis_points": 500, "minimum": 90}, {"fee_minimum": 0}, 51),
        ({"fixed": 100}, {"fee_fixed": 0, "fee_basis_points": 0}, 0),
    ],
)
def test_the_fee_is_the_platforms_but_for_each_field_that_a_venue_has_of_its_own(
    own_stripe_simulator: StripeSimulator, default: dict[str, int], own: dict[str, int], fee: int
) -> None:
    money = money_at(own_stripe_simulator, types=ODD)
    the_default(**default)
    own_fee(money, **own)

    order = money.a_sale(2)

    assert split(order) == (2_030, 2 * fee, 2_030 + 2 * fee)
    assert (money.charge_of(order)["application_fee_amount"] or 0) == 2 * fee
    money.check_at_rest()


def test_the_fan_sees_base_fee_and_total_before_paying(own_stripe_simulator: StripeSimulator) -> None:
    money = money_at(own_stripe_simulator)

    session = at_stripe(money, a_held_order(money, 3))

    lines = [(line["description"], line["quantity"], line["amount_total"]) for line in session["lines"]]
    assert lines == [("The Midnight Owls – General admission", 3, 6_000), ("Service fee", 3, 600)]
    assert (session["amount_total"], session["currency"]) == (6_600, "usd")


@pytest.mark.parametrize(("basis_points", "fee"), [(290, 29), (345, 35), (350, 36)])
def test_a_fee_is_rounded_once_per_ticket_so_that_each_refund_is_exact(
    own_stripe_simulator: StripeSimulator, basis_points: int, fee: int
) -> None:
    money = money_at(own_stripe_simulator, types=ODD)
    own_fee(money, fee_fixed=0, fee_basis_points=basis_points)

    order = money.a_sale(3)
    assert split(order) == (3_045, 3 * fee, 3_045 + 3 * fee)

    for left in (2, 1, 0):
        back = money.refund(order, tickets=1)
        money.come_to_rest()
        assert (back.base, back.fee) == (1_015, fee)
        assert money.balances_here().get("venue", 0) == left * 1_015
        money.check_at_rest()


@pytest.mark.parametrize(
    ("currency", "price", "own", "expected"),
    [
        ("JPY", 2_500, {"fee_fixed": 0, "fee_basis_points": 333}, (5_000, 166, 5_166)),
        ("JPY", 1_500, {"fee_fixed": 100}, (3_000, 200, 3_200)),
        ("EUR", 1_999, {"fee_fixed": 49, "fee_basis_points": 250}, (3_998, 198, 4_196)),
        ("GBP", 999, {"fee_fixed": 0, "fee_basis_points": 1_000, "fee_maximum": 80}, (1_998, 160, 2_158)),
    ],
)
def test_other_currencies_sell_in_their_own_minor_units(
    own_stripe_simulator: StripeSimulator,
    currency: str,
    price: int,
    own: dict[str, int],
    expected: tuple[int, int, int],
) -> None:
    kind = NewTicketType(name="General admission", price=price, allocation=10)
    money = money_at(own_stripe_simulator, types=(kind,), currency=currency)
    own_fee(money, **own)

    order = money.a_sale(2)

    charge = money.charge_of(order)
    assert (charge["amount"], charge["currency"]) == (expected[2], currency.lower())
    assert (split(order), order.currency) == (expected, currency)
    money.refund(order, tickets=1)
    money.come_to_rest()
    money.check_at_rest()


def test_a_free_ticket_carries_no_fee_and_never_touches_stripe(own_stripe_simulator: StripeSimulator) -> None:
    free = NewTicketType(name="Guest list", price=0, allocation=5)
    money = money_at(own_stripe_simulator, types=(free,))
    the_default(fixed=500, minimum=500)

    order = a_held_order(money, 2)

    assert (split(order), order.status, order.tickets.count()) == ((0, 0, 0), "paid", 2)
    assert money.stripe.sessions_of(money.event) == []


def test_a_free_ticket_beside_a_paid_one_costs_nothing(own_stripe_simulator: StripeSimulator) -> None:
    free = NewTicketType(name="Child", price=0, allocation=5)
    money = money_at(own_stripe_simulator, types=(*ODD, free))

    order = money.a_sale(1, 2)

    assert (split(order), order.tickets.count()) == ((1_015, 200, 1_215), 3)
    money.check_at_rest()


def test_a_later_fee_changes_no_order(own_stripe_simulator: StripeSimulator) -> None:
    money = money_at(own_stripe_simulator)
    order = a_held_order(money)

    own_fee(money, fee_fixed=900)
    money.stripe.pay(str(order.stripe_session_id))
    money.come_to_rest()

    order.refresh_from_db()
    assert (split(order), order.status) == ((2_000, 200, 2_200), "paid")
    money.check_at_rest()


def test_a_currency_that_we_do_not_sell_in_is_refused_by_name(own_stripe_simulator: StripeSimulator) -> None:
    venue = a_venue(currency="KWD")
    with pytest.raises(ValidationError, match="KWD"):
        venue.full_clean()

    money = money_at(own_stripe_simulator)
    Venue.objects.filter(pk=money.venue.pk).update(currency="KWD")
    seats = (Seats(ticket_type_id=money.event.ticket_types.get(position=0).pk, quantity=1),)

    refused = sales.place_hold(event_id=money.event.pk, seats=seats, email="fan@example.org", now=money.now)

    assert refused == SaleRefused(code=SaleRefusal.CURRENCY_UNSUPPORTED)
    assert not Order.objects.exists()


def test_below_all_code_the_platforms_fee_is_one_row_with_its_limits_in_order() -> None:
    the_default()
    with pytest.raises(IntegrityError), transaction.atomic():
        PlatformFees.objects.create(pk=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        PlatformFees.objects.update(minimum=300, maximum=200)
