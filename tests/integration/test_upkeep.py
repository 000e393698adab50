"""What Stripe told and nobody heard: fetched; what failed: tried again; what does not fit: kept for a person."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from tests.integration.test_checkout import cut_off, point_to
from tests.money import Money, money_at
from tests.stripe_simulator import StripeSimulator
from ticketing.models import ChargeMode, InboxState, Order, OrderStatus, StripeEvent, Venue
from ticketing.payments import upkeep, webhooks

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def money(own_stripe_simulator: StripeSimulator) -> Money:
    return money_at(own_stripe_simulator)


def a_payment(money: Money) -> Order:
    """Paid at Stripe; nobody has been told."""
    order = money.buy(1)
    assert order is not None
    money.stripe.pay(str(order.stripe_session_id))
    return order


def lose_all(money: Money) -> None:
    money.stripe.switch(drop=1.0)
    money.stripe.deliver()
    money.stripe.switch(drop=0.0)


def status_of(order: Order) -> str:
    return Order.objects.get(pk=order.pk).status


def reprocessed(*arguments: str) -> str:
    said = StringIO()
    call_command("reprocess_webhooks", *arguments, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize("mode", [ChargeMode.DESTINATION, ChargeMode.DIRECT])
def test_a_payment_whose_webhook_was_lost_is_found(own_stripe_simulator: StripeSimulator, mode: str) -> None:
    money = money_at(own_stripe_simulator, charge_mode=ChargeMode(mode))
    order = a_payment(money)
    lose_all(money)
    before = status_of(order)

    found = upkeep.fetch_missed_events(now=money.now)
    again = upkeep.fetch_missed_events(now=money.now)

    assert (before, status_of(order)) == (OrderStatus.HELD, OrderStatus.PAID)
    assert (found > 0, again) == (True, 0)
    money.come_to_rest()
    money.check_at_rest()


def test_a_venue_whose_restriction_was_never_told_sells_nothing_more_after_the_look(money: Money) -> None:
    money.stripe.control(f"accounts/{money.venue.stripe_account_id}", action="restrict")
    lose_all(money)

    upkeep.fetch_missed_events(now=money.now)

    assert not Venue.objects.get(pk=money.venue.pk).onboarding_complete


def test_an_account_that_lets_nobody_in_keeps_no_other_events_from_us(money: Money) -> None:
    order = a_payment(money)
    Venue.objects.create(
        name="Gone", slug="a-gone", city="X", time_zone="UTC", currency="USD", stripe_account_id="acct_0_gone"
    )
    lose_all(money)

    upkeep.fetch_missed_events(now=money.now)

    assert status_of(order) == OrderStatus.PAID


def test_a_charge_gets_its_objects_and_stripes_fee_once(money: Money) -> None:
    order = a_payment(money)
    money.stripe.deliver()

    done = [upkeep.complete_orders(now=money.now + timedelta(seconds=3)) for _ in range(2)]

    order.refresh_from_db()
    assert done == [1, 0]
    assert order.stripe_charge_id
    assert order.stripe_transfer_id
    assert order.stripe_application_fee_id
    money.check_at_rest()


def a_failure(money: Money, settings: Settings) -> StripeEvent:
    """An event that was stored while Stripe could not be asked about it."""
    order = money.a_sale(1)
    money.refund_at_stripe(order)
    there = cut_off(settings)
    money.stripe.deliver()
    point_to(settings, there)
    return StripeEvent.objects.get(type="refund.created")


def test_what_failed_is_processed_again_by_command(money: Money, settings: Settings) -> None:
    failed = a_failure(money, settings)

    said = reprocessed()

    assert failed.state == InboxState.FAILED
    assert said == f"{failed.pk}: processed\n"
    money.come_to_rest()
    money.check_at_rest()


def test_what_failed_is_processed_again_by_the_worker(money: Money, settings: Settings) -> None:
    failed = a_failure(money, settings)

    call_command("worker", "--once")
    too_early = StripeEvent.objects.get(pk=failed.pk).state
    StripeEvent.objects.filter(pk=failed.pk).update(received_at=money.now - timedelta(minutes=1))
    call_command("worker", "--once")

    assert (too_early, StripeEvent.objects.get(pk=failed.pk).state) == (
        InboxState.FAILED,
        InboxState.PROCESSED,
    )
    money.come_to_rest()
    money.check_at_rest()


def test_what_does_not_fit_is_kept_and_tried_again_only_when_a_person_says_so(money: Money) -> None:
    order = a_payment(money)
    Order.objects.filter(pk=order.pk).update(base=1_000, total=1_200)
    money.stripe.deliver()
    kept = StripeEvent.objects.get(type="checkout.session.completed")

    said_nothing = reprocessed()
    webhooks.sweep(now=money.now + timedelta(days=1))
    Order.objects.filter(pk=order.pk).update(
        base=2_000, total=2_200
    )  # somebody has found out and put it right
    said = reprocessed("--quarantined")

    assert (kept.state, "amount" in kept.problem) == (InboxState.QUARANTINED, True)
    assert said_nothing == ""
    assert f"{kept.pk}: processed" in said
    assert status_of(order) == OrderStatus.PAID
