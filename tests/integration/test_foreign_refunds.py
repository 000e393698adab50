"""Refunds that were made in Stripe's own dashboard, and payments that came too late: money that moved without us."""

from __future__ import annotations

import pytest

from tests.money import Money, money_at
from tests.race import times
from tests.stripe_simulator import StripeSimulator
from ticketing import foreign_refunds, inventory, refunds
from ticketing.models import (
    ChargeMode,
    InboxState,
    Order,
    OrderStatus,
    Refund,
    RefundReason,
    RefundStatus,
    StripeEvent,
)
from ticketing.refunds import RefundBegun, RefundRefusal

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def money(own_stripe_simulator: StripeSimulator) -> Money:
    return money_at(own_stripe_simulator)


def statuses(order: Order) -> list[str]:
    return list(order.tickets.order_by("number").values_list("status", flat=True))


def test_a_whole_refund_in_the_dashboard_closes_every_ticket(money: Money) -> None:
    order = money.a_sale(2, 1)

    money.refund_at_stripe(order)
    money.come_to_rest()

    refund = Refund.objects.get()
    assert (refund.reason, refund.status) == (RefundReason.STRIPE_DASHBOARD, RefundStatus.SUCCEEDED)
    assert (refund.base, refund.fee) == (order.base, order.fee)
    assert statuses(order) == ["refunded"] * 3
    assert inventory.count(money.event.pk).sold == 0
    money.check_at_rest()


@pytest.mark.parametrize("amount", [1, 333, 2_200])
def test_a_part_waits_for_a_person_who_says_which_tickets_it_was_for(money: Money, amount: int) -> None:
    order = money.a_sale(2, 1)

    money.refund_at_stripe(order, amount)
    money.come_to_rest()

    refund = Refund.objects.get()
    assert (refund.status, refund.total, refund.problem != "") == (RefundStatus.UNALLOCATED, amount, True)
    assert statuses(order) == ["active"] * 3
    money.check_at_rest()
    tickets = refunds.remaining_tickets(order)[:1]
    begun = foreign_refunds.allocate(refund_pk=refund.pk, ticket_ids=tickets, now=money.now)
    assert isinstance(begun, RefundBegun)
    assert sorted(statuses(order)) == ["active", "active", "refunded"]
    assert inventory.count(money.event.pk).sold == 2
    money.check_at_rest()


def test_a_part_is_said_once_whoever_says_it(money: Money) -> None:
    order = money.a_sale(2)
    money.refund_at_stripe(order, 2_200)
    money.come_to_rest()
    refund, tickets = Refund.objects.get(), refunds.remaining_tickets(order)[:1]

    outcomes = times(
        3, lambda: foreign_refunds.allocate(refund_pk=refund.pk, ticket_ids=tickets, now=money.now)
    )

    assert sorted(isinstance(outcome, RefundBegun) for outcome in outcomes) == [False, False, True]
    assert RefundRefusal.ORDER_UNKNOWN in outcomes
    money.check_at_rest()


def test_parts_that_make_up_the_whole_close_what_is_left_and_ask_nobody(money: Money) -> None:
    order = money.a_sale(2)
    money.refund_at_stripe(order, 1_000)
    money.come_to_rest()

    money.refund_at_stripe(order, 3_400)
    money.come_to_rest()

    assert set(Refund.objects.values_list("status", flat=True)) == {RefundStatus.SUCCEEDED}
    assert Order.objects.get(pk=order.pk).status == OrderStatus.REFUNDED
    money.check_at_rest()


@pytest.mark.parametrize("flags", [(False, False), (True, False), (True, True)])
def test_who_paid_for_it_is_booked_as_it_was(money: Money, flags: tuple[bool, bool]) -> None:
    order = money.a_sale(2, 1)

    money.refund_at_stripe(order, 1_237, reverse_transfer=flags[0], refund_application_fee=flags[1])
    money.come_to_rest()

    money.check_at_rest()


def test_many_odd_parts_are_to_the_cent_what_stripe_made_of_them(money: Money) -> None:
    order = money.a_sale(2, 1)
    for amount in (1, 99, 101, 333, 1_250):
        money.refund_at_stripe(order, amount)
    money.come_to_rest()

    assert Refund.objects.count() == 5
    money.check_at_rest()


def test_after_a_part_is_gone_our_own_refund_asks_for_no_more_than_is_left(money: Money) -> None:
    order = money.a_sale(2)
    money.refund_at_stripe(order, 1_000)
    money.come_to_rest()

    refund = money.refund(order)
    money.come_to_rest()

    assert (refund.status, refund.total) == (RefundStatus.SUCCEEDED, 3_400)
    money.check_at_rest()


def test_when_the_dashboard_was_faster_than_our_own_refund_the_tickets_are_closed_once(money: Money) -> None:
    order = money.a_sale(2)
    money.ask_back(order)
    money.refund_at_stripe(order)

    money.come_to_rest()

    ours, theirs = (Refund.objects.get(reason=r) for r in (RefundReason.ASKED, RefundReason.STRIPE_DASHBOARD))
    assert (ours.status, theirs.status) == (RefundStatus.REFUSED, RefundStatus.SUCCEEDED)
    assert statuses(order) == ["refunded", "refunded"]
    assert inventory.count(money.event.pk).sold == 0
    money.check_at_rest()


def test_a_refund_whose_payment_has_not_been_told_yet_tells_of_the_payment_too(money: Money) -> None:
    order = money.buy(2)
    assert order is not None
    money.stripe.pay(str(order.stripe_session_id))
    refund_id = money.refund_at_stripe(order)

    money.stripe.deliver(money.stripe.event_about(refund_id, "refund.created")["id"])

    assert Order.objects.get(pk=order.pk).status == OrderStatus.REFUNDED
    money.come_to_rest()
    money.check_at_rest()


def test_of_a_direct_charge_it_comes_by_the_other_endpoint(own_stripe_simulator: StripeSimulator) -> None:
    money = money_at(own_stripe_simulator, charge_mode=ChargeMode.DIRECT)
    order = money.a_sale(2, 1)
    money.refund_at_stripe(order, 1_237)
    money.come_to_rest()
    money.check_at_rest()

    money.refund_at_stripe(order)
    money.come_to_rest()

    assert Order.objects.get(pk=order.pk).status == OrderStatus.REFUNDED
    money.check_at_rest()


def test_a_payment_of_somebody_elses_business_is_none_of_ours(money: Money) -> None:
    order = money.a_sale(1)
    refund_id = money.refund_at_stripe(order)
    Order.objects.filter(pk=order.pk).update(stripe_payment_intent_id="pi_another", stripe_session_id="cs_x")

    money.stripe.deliver(money.stripe.event_about(refund_id, "refund.created")["id"])

    assert StripeEvent.objects.get(type="refund.created").state == InboxState.QUARANTINED
    assert Refund.objects.count() == 0


def test_a_payment_after_its_seats_were_sold_again_goes_back_in_full_by_itself(money: Money) -> None:
    late = money.buy(0, 2)
    assert late is not None
    money.stripe.expire(str(late.stripe_session_id))
    money.come_to_rest()
    money.a_sale(0, 4)

    money.stripe.pay(str(late.stripe_session_id), outcome="late")
    money.come_to_rest()

    refund = Refund.objects.get()
    assert (refund.reason, refund.status) == (RefundReason.LATE_PAYMENT, RefundStatus.SUCCEEDED)
    assert refund.total == late.total
    late.refresh_from_db()
    assert (late.status, late.tickets.count()) == (OrderStatus.REFUNDED, 0)
    money.check_at_rest()


@pytest.mark.parametrize("answers", [0, 1, 4])
def test_when_the_dashboard_gave_more_of_the_fee_back_than_is_ours_to_return_the_rest_goes_back(
    money: Money, answers: int
) -> None:
    """Of an order of two prices; the last of its tickets is refunded before anybody has told us of the dashboard."""
    order = money.a_sale(1, 1)
    money.refund(order, tickets=1)
    money.refund_at_stripe(order, 2_000)  # with it go 117 cents of the 200 that are left of the fee
    left = order.total - 2_200 - 2_000
    begun = money.ask_back(order)
    assert isinstance(begun, RefundBegun)
    Refund.objects.filter(pk=begun.refund.pk).update(base=left - 200, fee=200, total=left)
    money.stripe.switch(lose_answers=answers)

    refunds.send(refund_pk=begun.refund.pk, now=money.now)
    money.come_to_rest()

    begun.refund.refresh_from_db()
    assert (begun.refund.status, begun.refund.fee < 200) == (RefundStatus.SUCCEEDED, True)
    money.check_at_rest()
