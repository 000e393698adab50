"""A show that is called off: everybody gets everything back, however often the work is cut short."""

from __future__ import annotations

import pytest

from tests.money import Money, money_at
from tests.stripe_simulator import StripeSimulator
from ticketing import cancellation, checkout, events
from ticketing.cancellation import Problem, ProblemKind, Progress
from ticketing.domain_events import EventStatus
from ticketing.events import NewTicketType
from ticketing.inventory import Seats
from ticketing.models import Event, Order, OrderStatus, Refund, RefundReason, RefundStatus, Ticket
from ticketing.payments import gateway
from ticketing.sales import SaleRefusal, SaleRefused

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
TYPES = (
    NewTicketType(name="General admission", price=2_000, allocation=30),
    NewTicketType(name="Guest list", price=0, allocation=10),
)


@pytest.fixture
def money(own_stripe_simulator: StripeSimulator) -> Money:
    return money_at(own_stripe_simulator, types=TYPES)


def call_off(money: Money) -> bool:
    return events.cancel(event_id=money.event.pk, now=money.now)


def progress(money: Money) -> Progress:
    return cancellation.progress(money.event.pk)


def fan_has_all_back(order: Order) -> bool:
    return (
        sum(order.refunds.exclude(status=RefundStatus.REFUSED).values_list("total", flat=True)) == order.total
    )


def test_everybody_gets_everything_back_the_fee_too(money: Money) -> None:
    whole, part, mixed = money.a_sale(2), money.a_sale(3, email="b@example.org"), money.a_sale(1, 2)
    money.refund(part, tickets=1)
    money.scan(mixed, money.a_phone())
    money.venue.refunds_return_fee = False  # the policy is for fans who change their mind
    money.venue.save()

    assert call_off(money)
    money.come_to_rest()

    assert all(fan_has_all_back(order) for order in (whole, part, mixed))
    assert set(Ticket.objects.values_list("status", flat=True)) == {"refunded"}
    assert set(Order.objects.values_list("status", flat=True)) == {OrderStatus.REFUNDED}
    assert progress(money) == Progress(orders=3, refunded=3, under_way=0, needs_person=0)
    assert "venue" not in money.balances_there()
    money.check_at_rest()


def test_a_show_is_called_off_once_and_for_good(money: Money) -> None:
    assert call_off(money)
    again = call_off(money)
    back = events.set_status(event_id=money.event.pk, status=EventStatus.ON_SALE, now=money.now)

    assert (again, back) == (False, False)
    assert Event.objects.get(pk=money.event.pk).cancelled_at is not None


def test_nothing_more_is_sold(money: Money) -> None:
    call_off(money)
    seats = (Seats(ticket_type_id=money.event.ticket_types.get(position=0).pk, quantity=1),)

    refused = checkout.begin(event_id=money.event.pk, seats=seats, email="late@example.org", now=money.now)

    assert refused == SaleRefused(code=SaleRefusal.NOT_ON_SALE)


def test_the_work_goes_on_where_it_was_cut_short(money: Money) -> None:
    orders = [money.a_sale(1, email=f"fan{number}@example.org") for number in range(4)]
    call_off(money)

    begun = [cancellation.sweep(now=money.now, limit=1) for _ in range(2)]
    half = progress(money)
    money.come_to_rest()

    assert begun == [1, 1]
    assert half == Progress(orders=4, refunded=0, under_way=2, needs_person=0)
    assert progress(money) == Progress(orders=4, refunded=4, under_way=0, needs_person=0)
    assert all(order.refunds.count() == 1 for order in orders)
    assert cancellation.sweep(now=money.now) == 0
    money.check_at_rest()


def test_stripes_silence_only_delays(money: Money) -> None:
    money.a_sale(2)
    call_off(money)
    cancellation.sweep(now=money.now)

    money.stripe.switch(refuse_requests=3)  # a call and its two retries
    money.sweep()
    waiting = progress(money)
    money.stripe.switch(refuse_requests=0)
    money.come_to_rest()

    assert waiting == Progress(orders=1, refunded=0, under_way=1, needs_person=0)
    assert progress(money).refunded == 1
    money.check_at_rest()


def test_an_answer_that_was_lost_refunds_nobody_twice(money: Money) -> None:
    order = money.a_sale(2)
    call_off(money)
    cancellation.sweep(now=money.now)

    money.stripe.switch(lose_answers=3)
    money.sweep()
    money.stripe.switch(lose_answers=0)
    money.come_to_rest()

    assert money.charge_of(order)["amount_refunded"] == order.total
    assert (order.refunds.count(), fan_has_all_back(order)) == (1, True)
    money.check_at_rest()


def test_an_open_payment_page_is_ended(money: Money) -> None:
    order = money.buy(2)
    assert order is not None
    call_off(money)

    money.come_to_rest()

    order.refresh_from_db()
    assert order.status == OrderStatus.EXPIRED
    assert gateway.retrieve_session(order).status == "expired"
    assert progress(money) == Progress(orders=0, refunded=0, under_way=0, needs_person=0)
    money.check_at_rest()


def test_a_payment_that_is_told_after_the_end_goes_back_by_itself(money: Money) -> None:
    order = money.buy(2)
    assert order is not None
    money.stripe.pay(str(order.stripe_session_id))
    call_off(money)

    money.come_to_rest()

    order.refresh_from_db()
    assert (order.status, order.tickets.count()) == (OrderStatus.REFUNDED, 0)
    assert (order.refunds.get().reason, fan_has_all_back(order)) == (RefundReason.LATE_PAYMENT, True)
    money.check_at_rest()


def test_a_slow_payment_of_a_cancelled_show_is_asked_about_once_and_not_at_every_round(money: Money) -> None:
    slow, open_ = money.buy(1), money.buy(1, email="b@example.org")
    assert slow is not None
    assert open_ is not None
    money.stripe.pay(str(slow.stripe_session_id), outcome="async_ok")
    call_off(money)

    cancellation.sweep(now=money.now, limit=1)
    cancellation.sweep(now=money.now, limit=1)

    slow.refresh_from_db()
    open_.refresh_from_db()
    assert (slow.status, open_.status) == (OrderStatus.HELD, OrderStatus.EXPIRED)
    assert slow.payment_under_way_at is not None
    assert not checkout.awake_holds(now=money.now).exists()


def test_a_disputed_order_waits_for_the_bank_and_the_others_do_not(money: Money) -> None:
    disputed, other = money.a_sale(2), money.a_sale(1, email="b@example.org")
    money.scan(disputed, money.a_phone())
    dispute = money.dispute_at_stripe(disputed)
    money.come_to_rest()
    call_off(money)
    money.come_to_rest()

    problem = Problem(order_id=disputed.order_id, kind=ProblemKind.DISPUTED, told="")
    assert cancellation.problems(money.event.pk) == [problem]
    assert (progress(money).is_stuck, fan_has_all_back(other)) == (True, True)

    money.resolve(dispute, "won")
    money.come_to_rest()

    [held_back] = cancellation.problems(money.event.pk)
    assert (held_back.kind, disputed.refunds.exists()) == (ProblemKind.CHARGED_BACK, False)
    assert progress(money) == Progress(orders=2, refunded=1, under_way=0, needs_person=1)
    money.check_at_rest()


def test_a_dispute_that_is_lost_has_given_the_fan_the_money_already(money: Money) -> None:
    order = money.a_sale(2)
    money.scan(order, money.a_phone())
    money.resolve(money.dispute_at_stripe(order), "lost")
    call_off(money)

    money.come_to_rest()

    assert progress(money) == Progress(orders=1, refunded=1, under_way=0, needs_person=0)
    assert not Refund.objects.exists()
    money.check_at_rest()


def test_money_that_the_fans_bank_sends_back_is_shown_to_a_person(money: Money) -> None:
    order = money.a_sale(1)
    money.stripe.switch(pending_refunds=True)
    call_off(money)
    money.come_to_rest()
    refund = order.refunds.get()

    money.stripe.control(f"refunds/{refund.stripe_refund_id}", outcome="failed")
    money.come_to_rest()

    [problem] = cancellation.problems(money.event.pk)
    assert (problem.order_id, problem.kind) == (order.order_id, ProblemKind.RETURNED)
    assert "pay the fan another way" in problem.told
    assert progress(money) == Progress(orders=1, refunded=0, under_way=0, needs_person=1)
    assert progress(money).is_stuck
    money.check_at_rest()
