"""The ledger: each movement once, what it did to each party, and a database that refuses what does not balance."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from tests.factories import NOW, a_paid_order, a_show
from tests.money import PARTIES, Money, money_at
from tests.stripe_simulator import StripeSimulator
from ticketing.events import NewTicketType
from ticketing.models import ChargeMode, LedgerEntry, LedgerKind, Order
from ticketing.payments import ledger
from ticketing.payments.ledger import Movement

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Rows = dict[str, tuple[int, ...]]
STRIPES = 94
"""Stripe's fee on 22.00 at the simulator's rates: 2.9 % and 30 cents."""


@pytest.fixture
def money(own_stripe_simulator: StripeSimulator) -> Money:
    return money_at(own_stripe_simulator)


def rows_of(order: Order) -> Rows:
    """By kind: what the fan, the venue, the platform and Stripe got."""
    return {row.kind: tuple(getattr(row, name) for name in PARTIES) for row in order.ledger_entries.all()}


# --- what each movement does, beside Stripe's own balances --------------------------------------------------------


def test_a_sale_splits_at_once_and_stripes_fee_is_the_platforms(money: Money) -> None:
    order = money.a_sale(1)

    assert rows_of(order) == {
        "charge": (-2_200, 2_000, 200, 0),
        "stripe_fee": (0, 0, -STRIPES, STRIPES),
    }
    assert money.balances_there() == {
        "fan": -2_200,
        "venue": 2_000,
        "platform": 200 - STRIPES,
        "stripe": STRIPES,
    }
    money.check_at_rest()


def test_of_a_direct_charge_stripes_fee_is_the_venues(own_stripe_simulator: StripeSimulator) -> None:
    money = money_at(own_stripe_simulator, charge_mode=ChargeMode.DIRECT)

    order = money.a_sale(1)

    assert rows_of(order) == {
        "charge": (-2_200, 2_000, 200, 0),
        "stripe_fee": (0, -STRIPES, 0, STRIPES),
    }
    money.check_at_rest()


@pytest.mark.parametrize(
    ("return_fee", "movement"), [(True, (2_200, -2_000, -200, 0)), (False, (2_000, -2_000, 0, 0))]
)
@pytest.mark.parametrize("mode", list(ChargeMode))
def test_a_refund_takes_from_each_what_was_theirs(
    own_stripe_simulator: StripeSimulator, mode: ChargeMode, return_fee: bool, movement: tuple[int, ...]
) -> None:
    money = money_at(own_stripe_simulator, charge_mode=mode)
    order = money.a_sale(2)

    money.refund(order, tickets=1, return_fee=return_fee)
    money.come_to_rest()

    assert rows_of(order)["refund"] == movement
    money.check_at_rest()


def test_a_refund_that_comes_back_rests_where_the_charge_is(money: Money) -> None:
    order = money.a_sale(1)
    money.stripe.switch(pending_refunds=True)
    refund = money.refund(order)

    money.stripe.control(f"refunds/{refund.stripe_refund_id}", outcome="failed")
    money.come_to_rest()

    rows = rows_of(order)
    assert (rows["refund"], rows["refund_failed"]) == ((2_200, -2_000, -200, 0), (-2_200, 0, 2_200, 0))
    money.check_at_rest()


def test_a_dispute_and_its_end_are_booked_step_by_step(money: Money) -> None:
    order = money.a_sale(1)
    dispute = money.dispute_at_stripe(order)
    money.come_to_rest()
    opened = rows_of(order)

    money.resolve(dispute, "won")
    money.come_to_rest()

    assert {kind: opened[kind] for kind in ("dispute", "dispute_fee", "dispute_reversal")} == {
        "dispute": (2_200, 0, -2_200, 0),
        "dispute_fee": (0, 0, -1_500, 1_500),
        "dispute_reversal": (0, -2_000, 2_000, 0),
    }
    rows = rows_of(order)
    assert (rows["dispute_won"], rows["dispute_repaid"]) == ((-2_200, 0, 2_200, 0), (0, 2_000, -2_000, 0))
    money.check_at_rest()


def test_two_types_at_different_fees_are_refunded_each_with_its_own(money: Money) -> None:
    order = money.a_sale(1, 1)
    vip = order.tickets.get(ticket_type__position=1)

    money.refund(order, tickets=1)
    money.come_to_rest()

    vip.refresh_from_db()
    back = order.refunds.get()
    assert (back.base, back.fee) in ((2_000, 200), (5_050, 200))
    assert rows_of(order)["refund"] == (back.total, -back.base, -back.fee, 0)
    money.check_at_rest()


def test_a_free_order_moves_nothing(own_stripe_simulator: StripeSimulator) -> None:
    free = NewTicketType(name="Guest list", price=0, allocation=5)
    money = money_at(own_stripe_simulator, types=(free,))

    order = money.buy(2)

    assert order is not None
    assert (order.stripe_session_id, rows_of(order), money.balances_there()) == (None, {}, {})


def test_an_order_adds_up_over_its_whole_life(money: Money) -> None:
    order = money.a_sale(2)
    money.refund(order, tickets=1)
    money.come_to_rest()

    balance = ledger.balance_of(order)

    assert (balance.fan, balance.venue) == (-2_200, 2_000)
    assert ledger.balance_of(order, kind=LedgerKind.REFUND) == Movement(
        fan=2_200, venue=-2_000, platform=-200
    )


# --- what cannot be written ---------------------------------------------------------------------------------------


def test_a_movement_that_does_not_sum_to_zero_cannot_be_thought() -> None:
    with pytest.raises(ValueError, match="sums to zero"):
        Movement(fan=-100, venue=99)


def test_the_same_movement_is_booked_once() -> None:
    order = a_paid_order(a_show())
    wish = {"order": order, "kind": LedgerKind.REFUND, "stripe_id": "re_1", "at": NOW}

    first = ledger.book(**wish, movement=Movement(fan=100, venue=-100))  # type: ignore[arg-type]
    again = ledger.book(**wish, movement=Movement(fan=900, venue=-900))  # type: ignore[arg-type]

    assert (first, again) == (True, False)
    assert ledger.balance_of(order, kind=LedgerKind.REFUND).fan == 100


@pytest.mark.parametrize("changed", [{"fan": 1}, {"venue": -1}, {"platform": 5, "stripe": -4}])
def test_below_all_code_the_database_refuses_a_row_that_does_not_balance(changed: dict[str, int]) -> None:
    order = a_paid_order(a_show())
    row = {"fan": 0, "venue": 0, "platform": 0, "stripe": 0, **changed}

    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(
            order=order, kind=LedgerKind.REFUND, stripe_id="re_1", currency="USD", at=NOW, **row
        )


def test_below_all_code_the_database_refuses_an_edit_that_unbalances_a_row() -> None:
    order = a_paid_order(a_show())
    assert rows_of(order)["charge"] == (-2_200, 2_000, 200, 0)

    with pytest.raises(IntegrityError), transaction.atomic():
        order.ledger_entries.update(venue=2_001)


def test_below_all_code_the_database_refuses_the_same_movement_twice() -> None:
    order = a_paid_order(a_show())
    row = order.ledger_entries.get(kind=LedgerKind.CHARGE)

    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(
            order=order, kind=row.kind, stripe_id=row.stripe_id, currency="USD", at=NOW
        )
