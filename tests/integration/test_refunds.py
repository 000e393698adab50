"""Money back, by ticket: each cent from whom it belongs to, and each closed ticket red at every door."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from tests.integration.test_checkout import cut_off, point_to
from tests.money import Money, money_at
from tests.race import together
from tests.stripe_simulator import StripeSimulator
from ticketing import inventory, log, refunds
from ticketing.admission import TicketStatus
from ticketing.domain_events import RefundFailed, RefundMade, TicketsClosed, TicketsReopened
from ticketing.models import (
    ChargeMode,
    LedgerEntry,
    LedgerKind,
    Order,
    OrderStatus,
    Refund,
    RefundReason,
    RefundStatus,
)
from ticketing.refunds import RefundBegun, RefundRefusal

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
EVERY_ATTEMPT = 3  # the SDK asks again twice


@pytest.fixture
def money(own_stripe_simulator: StripeSimulator) -> Money:
    return money_at(own_stripe_simulator)


def statuses(order: Order) -> list[str]:
    return list(order.tickets.order_by("number").values_list("status", flat=True))


def named(order: Order) -> str:
    return Order.objects.get(pk=order.pk).status


def told(money: Money, kind: type) -> list[object]:
    """The log's entries of one kind."""
    entries = log.read(event_id=money.event.pk, since=0, limit=1_000)
    return [entry.happened for entry in entries if isinstance(entry.happened, kind)]


def split(refund: Refund) -> tuple[int, int, int]:
    return refund.base, refund.fee, refund.total


def venues_money(money: Money) -> int:
    return money.stripe.balance(str(money.venue.stripe_account_id))


# --- whose money it is -------------------------------------------------------------------------------------------


def test_a_whole_refund_gives_everybody_their_own_back(money: Money) -> None:
    order = money.a_sale(2)

    refund = money.refund(order)
    money.come_to_rest()

    assert (refund.status, split(refund)) == (RefundStatus.SUCCEEDED, (4_000, 400, 4_400))
    assert (named(order), statuses(order)) == (OrderStatus.REFUNDED, ["refunded", "refunded"])
    assert venues_money(money) == 0
    assert inventory.count(money.event.pk).sold == 0
    money.check_at_rest()


def test_a_fee_that_is_not_returned_stays_with_ngn_and_costs_the_venue_nothing(money: Money) -> None:
    order = money.a_sale(2)

    refund = money.refund(order, tickets=1, return_fee=False)
    money.come_to_rest()

    assert split(refund) == (2_000, 0, 2_000)
    assert venues_money(money) == 2_000
    assert (named(order), statuses(order)) == (OrderStatus.PARTIALLY_REFUNDED, ["refunded", "active"])
    money.check_at_rest()


def test_ticket_by_ticket_is_to_the_cent_what_all_at_once_is(money: Money) -> None:
    order = money.a_sale(3)
    for _ in range(3):
        money.refund(order, tickets=1)
    money.come_to_rest()

    assert named(order) == OrderStatus.REFUNDED
    assert venues_money(money) == 0
    money.check_at_rest()


def test_of_an_order_of_two_prices_each_ticket_costs_everybody_its_own(money: Money) -> None:
    """Stripe's proportion of the fee would be 63 cents for one of them, and 3.37 for the other."""
    order = money.a_sale(1, 1)

    refund = money.refund(order, tickets=1)

    assert split(refund) == (2_000, 200, 2_200)
    assert venues_money(money) == 5_050
    money.come_to_rest()
    money.check_at_rest()
    money.refund(order)
    assert venues_money(money) == 0
    money.come_to_rest()
    money.check_at_rest()


def test_of_a_direct_charge_the_venue_pays_the_fan_and_ngn_the_venue(
    own_stripe_simulator: StripeSimulator,
) -> None:
    money = money_at(own_stripe_simulator, charge_mode=ChargeMode.DIRECT)
    order = money.a_sale(1, 1)
    stripes = 94 + 178 - 30  # its fee on 94.50 in all is the venue's, and is not returned

    money.refund(order, tickets=1)
    money.refund(order)
    money.come_to_rest()

    assert named(order) == OrderStatus.REFUNDED
    fee = LedgerEntry.objects.get(kind=LedgerKind.STRIPE_FEE).stripe
    assert venues_money(money) == -fee
    assert fee > stripes - 50
    money.check_at_rest()


def test_a_free_ticket_is_given_back_without_stripe(money: Money, settings: Settings) -> None:
    kind = money.event.ticket_types.order_by("position")[0]
    type(kind).objects.filter(pk=kind.pk).update(price=0)
    order = money.buy(2)
    assert order is not None
    cut_off(settings)

    begun = money.ask_back(order, tickets=1)

    assert isinstance(begun, RefundBegun)
    assert (begun.refund.status, begun.refund.total) == (RefundStatus.SUCCEEDED, 0)
    assert inventory.count(money.event.pk).sold == 1
    money.check()


# --- the door ----------------------------------------------------------------------------------------------------


def test_the_door_is_told_at_once_before_stripe_is_even_asked(money: Money) -> None:
    order = money.a_sale(2)

    money.ask_back(order, tickets=1)

    [closed] = told(money, TicketsClosed)
    assert isinstance(closed, TicketsClosed)
    assert [ticket.status for ticket in closed.tickets] == [TicketStatus.REFUNDED]
    assert told(money, RefundMade) == []
    assert inventory.count(money.event.pk).sold == 2  # the seat is free when the money moves
    money.check()


def test_a_refund_that_stripe_refuses_opens_the_tickets_again(money: Money) -> None:
    order = money.a_sale(1)
    money.ask_back(order)
    money.dispute_at_stripe(order)  # its news has not come

    money.sweep()

    assert Refund.objects.get().status == RefundStatus.REFUSED
    assert (statuses(order), named(order)) == (["active"], OrderStatus.PAID)
    assert len(told(money, TicketsReopened)) == 1
    money.check()


def test_a_ticket_whose_refund_was_refused_while_a_dispute_was_open_does_not_enter(money: Money) -> None:
    order = money.a_sale(1)
    money.ask_back(order)
    money.dispute_at_stripe(order)
    money.stripe.deliver()

    money.sweep()

    assert (Refund.objects.get().status, statuses(order)) == (RefundStatus.REFUSED, ["void"])
    money.come_to_rest()
    money.check_at_rest()


def test_somebody_who_is_in_may_get_money_back_and_is_in_all_the_same(money: Money) -> None:
    order = money.a_sale(1)
    money.scan(order, money.a_phone())

    money.refund(order)

    ticket = order.tickets.get()
    assert (ticket.status, ticket.redeemed_at is not None) == (TicketStatus.REFUNDED, True)
    money.come_to_rest()
    money.check_at_rest()


# --- Stripe says no, or nothing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [1, EVERY_ATTEMPT])
def test_a_lost_answer_makes_no_second_refund(money: Money, answers: int) -> None:
    order = money.a_sale(1, 1)
    money.stripe.switch(lose_answers=answers)

    money.ask_back(order, tickets=1)
    money.come_to_rest()

    assert [refund.total for refund in Refund.objects.filter(status=RefundStatus.SUCCEEDED)] == [2_200]
    money.check_at_rest()


def test_what_stripe_was_not_asked_waits_and_is_asked_later(money: Money, settings: Settings) -> None:
    order = money.a_sale(1)
    there = cut_off(settings)
    waiting = money.refund(order)
    meanwhile = (waiting.status, waiting.attempts, bool(waiting.problem))

    point_to(settings, there)
    money.come_to_rest()

    assert meanwhile == (RefundStatus.REQUESTED, 1, True)
    assert Refund.objects.get().status == RefundStatus.SUCCEEDED
    money.check_at_rest()


def test_a_refund_that_the_bank_sends_back_stays_refunded_and_waits_for_a_person(money: Money) -> None:
    order = money.a_sale(2)
    refund = money.refund(order)
    money.stripe.control(f"refunds/{refund.stripe_refund_id}", outcome="failed")

    money.come_to_rest()

    refund.refresh_from_db()
    assert (refund.status, refund.problem != "") == (RefundStatus.FAILED, True)
    assert statuses(order) == ["refunded", "refunded"]
    assert len(told(money, RefundFailed)) == 1
    money.check_at_rest()


def test_a_slow_bank_keeps_nothing_waiting(money: Money) -> None:
    money.stripe.switch(pending_refunds=True)
    order = money.a_sale(1)

    refund = money.refund(order)

    assert (refund.status, inventory.count(money.event.pk).sold) == (RefundStatus.PENDING, 0)
    money.stripe.control(f"refunds/{refund.stripe_refund_id}", outcome="succeeded")
    money.come_to_rest()
    assert Refund.objects.get().status == RefundStatus.SUCCEEDED
    assert len(told(money, RefundMade)) == 1
    money.check_at_rest()


# --- what cannot be asked ----------------------------------------------------------------------------------------


def test_what_makes_no_sense_is_refused_by_name(money: Money) -> None:
    order, other = money.a_sale(1), money.a_sale(1)
    held = money.buy(1)
    assert held is not None

    def ask(whose: Order, of: Order) -> RefundBegun | RefundRefusal:
        return refunds.request(
            order_pk=whose.pk,
            ticket_ids=refunds.remaining_tickets(of),
            return_fee=True,
            reason=RefundReason.ASKED,
            by=None,
            now=money.now,
        )

    assert ask(held, order) == RefundRefusal.NOT_PAID
    assert ask(order, other) == RefundRefusal.TICKET_UNKNOWN
    assert ask(order, held) == RefundRefusal.NOTHING_CHOSEN
    assert Refund.objects.count() == 0


def test_two_at_once_refund_one_ticket_once(money: Money) -> None:
    order = money.a_sale(1)
    tickets = refunds.remaining_tickets(order)

    def ask() -> RefundBegun | RefundRefusal:
        return refunds.request(
            order_pk=order.pk,
            ticket_ids=tickets,
            return_fee=True,
            reason=RefundReason.ASKED,
            by=None,
            now=money.now,
        )

    outcomes = together(ask, ask, ask)

    assert sorted(isinstance(outcome, RefundBegun) for outcome in outcomes) == [False, False, True]
    assert RefundRefusal.NOT_PAID in outcomes or RefundRefusal.ALREADY_CLOSED in outcomes
    money.come_to_rest()
    money.check_at_rest()


def test_a_disputed_payment_is_not_refunded_but_an_inquiry_may_be(money: Money) -> None:
    disputed, asked_about = money.a_sale(1), money.a_sale(1)
    money.dispute_at_stripe(disputed)
    money.dispute_at_stripe(asked_about, kind="inquiry")
    money.come_to_rest()
    money.scan(asked_about, money.a_phone())

    assert money.ask_back(disputed) == RefundRefusal.NOTHING_CHOSEN  # its ticket is void
    assert isinstance(money.ask_back(asked_about), RefundBegun)
    money.come_to_rest()
    money.check_at_rest()
