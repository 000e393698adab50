"""From the click to Stripe's page and back, against the real SDK and the simulator in its own process."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest
from pytest_django.fixtures import Settings

from tests.factories import a_connected_venue, a_hold, a_show, a_venue, seats_of
from tests.race import times
from tests.servers import free_port
from tests.stripe_simulator import StripeSimulator
from ticketing import checkout, inventory, log, sales, wallet
from ticketing.checkout import Abandoned, CheckoutStarted, Payment
from ticketing.clock import utc_now
from ticketing.domain_events import HoldReleased, OrderPaid, ReleaseReason
from ticketing.events import NewTicketType
from ticketing.models import Event, Order, OrderStatus, Venue
from ticketing.payments import gateway, onboarding
from ticketing.sales import SaleRefusal, SaleRefused

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
EVERY_ATTEMPT = 3  # the SDK asks again twice
_numbers = count(1)


@dataclass(frozen=True)
class Shop:
    """A connected venue's show, on sale at the real present, which Stripe's clock shares."""

    stripe: StripeSimulator
    venue: Venue
    event: Event

    def begin(self, quantity: int = 1) -> CheckoutStarted | SaleRefused:
        email = f"fan{next(_numbers)}@example.org"
        return checkout.begin(
            event_id=self.event.pk, seats=seats_of(self.event, quantity), email=email, now=utc_now()
        )

    def started(self, quantity: int = 1) -> Order:
        """An order whose payment page is open."""
        outcome = self.begin(quantity)
        assert isinstance(outcome, CheckoutStarted), outcome
        return Order.objects.get(token=outcome.order_token)

    def only_order(self) -> Order:
        return Order.objects.get(event=self.event)

    def seats(self) -> tuple[int, int]:
        """Held and sold."""
        seats = inventory.count(self.event.pk)
        return seats.held, seats.sold

    def released(self) -> list[ReleaseReason]:
        entries = log.read(event_id=self.event.pk, since=0, limit=1_000)
        return [e.happened.reason for e in entries if isinstance(e.happened, HoldReleased)]

    def sessions(self) -> list[dict[str, Any]]:
        return self.stripe.sessions_of(self.event)

    def statuses(self) -> list[str]:
        return [session["status"] for session in self.sessions()]


@pytest.fixture
def shop(stripe_simulator: StripeSimulator) -> Shop:
    return a_shop(stripe_simulator)


def a_shop(stripe: StripeSimulator) -> Shop:
    venue = a_connected_venue(stripe)
    return Shop(stripe, venue, a_show(venue=venue, doors_at=utc_now()))


def after_the_hold() -> datetime:
    return utc_now() + sales.HOLD + timedelta(seconds=1)


def cut_off(settings: Settings) -> str:
    """Nobody listens where Stripe was; where it was."""
    before: str = settings.ENV.stripe_api_base
    point_to(settings, f"http://127.0.0.1:{free_port()}")
    return before


def point_to(settings: Settings, url: str) -> None:
    settings.ENV = msgspec.structs.replace(settings.ENV, stripe_api_base=url)
    gateway.client.cache_clear()


# --- a sale ------------------------------------------------------------------------------------------------------


def test_a_sale_brings_twenty_to_the_venue_and_two_to_ngn_at_the_moment_of_sale(shop: Shop) -> None:
    order = shop.started()
    [session] = shop.sessions()

    shop.stripe.pay(session["id"])
    answers = shop.stripe.deliver()

    order.refresh_from_db()
    assert (order.base, order.fee, order.total) == (2_000, 200, 2_200)
    assert (session["amount_total"], session["currency"]) == (2_200, "usd")
    assert shop.stripe.balance(str(shop.venue.stripe_account_id)) == 2_000
    assert {answer.split(":")[0] for answer in answers} == {"delivered"}
    assert (order.status, order.tickets.count()) == (OrderStatus.PAID, 1)
    assert order.stripe_payment_intent_id
    assert shop.seats() == (0, 1)


def test_the_payment_page_shows_each_ticket_and_the_fee_and_leads_back_to_the_order(shop: Shop) -> None:
    order = shop.started(quantity=3)

    [session] = shop.sessions()

    assert (session["amount_total"], session["metadata"]["order"]) == (6_600, str(order.pk))
    assert (order.stripe_session_id, order.stripe_session_url) == (session["id"], session["url"])
    assert session["success_url"].endswith(f"/o/{order.token}/")
    assert session["expires_at"] == int(order.session_expires_at.timestamp())


def test_a_declined_card_changes_nothing_and_the_next_one_pays(shop: Shop) -> None:
    order = shop.started()
    shop.stripe.pay(str(order.stripe_session_id), outcome="decline")
    shop.stripe.deliver()
    declined = Order.objects.get(pk=order.pk).status

    shop.stripe.pay(str(order.stripe_session_id))
    shop.stripe.deliver()

    assert (declined, Order.objects.get(pk=order.pk).status) == (OrderStatus.HELD, OrderStatus.PAID)


def test_a_free_order_never_touches_stripe(shop: Shop, settings: Settings) -> None:
    cut_off(settings)
    free = a_show(
        venue=shop.venue, doors_at=utc_now(), types=(NewTicketType(name="Guest", price=0, allocation=5),)
    )

    outcome = checkout.begin(
        event_id=free.pk, seats=seats_of(free, 2), email="guest@example.org", now=utc_now()
    )

    order = Order.objects.get(event=free)
    assert outcome == CheckoutStarted(order_token=order.token, url=None)
    assert (order.status, order.total, order.tickets.count()) == (OrderStatus.PAID, 0, 2)
    assert order.stripe_payment_intent_id is None


def test_a_refused_hold_opens_no_payment_page(shop: Shop) -> None:
    outcome = shop.begin(quantity=9)

    assert outcome == SaleRefused(code=SaleRefusal.OVER_LIMIT)
    assert shop.sessions() == []


def test_a_session_asked_for_again_is_the_same_session(shop: Shop) -> None:
    order = shop.started()

    again = checkout.open_session(order.pk)

    assert again.id == order.stripe_session_id
    assert len(shop.sessions()) == 1


# --- Stripe says no, or nothing ----------------------------------------------------------------------------------


def test_when_stripe_refuses_the_session_the_seats_are_free_at_once(
    stripe_simulator: StripeSimulator,
) -> None:
    event = a_show(venue=a_venue(), doors_at=utc_now())  # its account is unknown there
    outcome = checkout.begin(event_id=event.pk, seats=seats_of(event), email="fan@example.org", now=utc_now())

    assert outcome == SaleRefused(code=SaleRefusal.PAYMENT_REFUSED)
    assert Order.objects.get().status == OrderStatus.EXPIRED
    assert inventory.count(event.pk).held == 0


@pytest.mark.parametrize("requests", [1, 2])
def test_a_short_failure_of_stripe_goes_unnoticed(shop: Shop, requests: int) -> None:
    shop.stripe.switch(refuse_requests=requests)

    shop.started()

    assert shop.statuses() == ["open"]


@pytest.mark.parametrize("answers", [1, 2])
def test_an_answer_lost_once_or_twice_makes_no_second_session(shop: Shop, answers: int) -> None:
    shop.stripe.switch(lose_answers=answers)

    shop.started()

    assert shop.statuses() == ["open"]


def test_while_stripe_is_away_the_hold_stays_and_a_later_sweep_heals(shop: Shop, settings: Settings) -> None:
    stripe = cut_off(settings)
    outcome = shop.begin()
    swept_too_early = checkout.sweep_holds(now=after_the_hold())
    seats_meanwhile = shop.seats()

    point_to(settings, stripe)
    swept = checkout.sweep_holds(now=after_the_hold())

    assert outcome == SaleRefused(code=SaleRefusal.PAYMENT_UNAVAILABLE)
    assert (swept_too_early, seats_meanwhile) == (0, (1, 0))
    assert (swept, shop.seats()) == (1, (0, 0))
    assert "open" not in shop.statuses()


def test_a_session_whose_answer_was_lost_is_found_and_ended_by_the_sweep(shop: Shop) -> None:
    shop.stripe.switch(lose_answers=EVERY_ATTEMPT)
    outcome = shop.begin()
    made = shop.statuses()

    swept = checkout.sweep_holds(now=after_the_hold())

    assert outcome == SaleRefused(code=SaleRefusal.PAYMENT_UNAVAILABLE)
    assert made == ["open"]
    assert (swept, shop.statuses()) == (1, ["expired"])
    assert shop.only_order().stripe_session_id == shop.sessions()[0]["id"]
    assert shop.released() == [ReleaseReason.EXPIRED]


def test_a_session_whose_answer_was_lost_and_whose_payment_came_sells_its_seats(shop: Shop) -> None:
    shop.stripe.switch(lose_answers=EVERY_ATTEMPT)
    shop.begin()
    [session] = shop.sessions()

    shop.stripe.pay(session["id"])
    shop.stripe.deliver()

    order = shop.only_order()
    assert (order.status, order.stripe_session_id) == (OrderStatus.PAID, session["id"])


def test_a_key_that_is_not_let_in_proves_nothing_so_the_hold_stays(shop: Shop, settings: Settings) -> None:
    shop.stripe.switch(lose_answers=EVERY_ATTEMPT)
    shop.begin()
    right = settings.ENV
    settings.ENV = msgspec.structs.replace(right, stripe_api_key="sk_test_somebody_elses")
    gateway.client.cache_clear()

    swept = checkout.sweep_holds(now=after_the_hold())

    assert (swept, shop.seats(), shop.released()) == (0, (1, 0), [])
    settings.ENV = right
    gateway.client.cache_clear()
    assert checkout.sweep_holds(now=after_the_hold()) == 1


def test_an_order_worded_otherwise_since_its_lost_session_is_not_taken_for_one_without(shop: Shop) -> None:
    shop.stripe.switch(lose_answers=EVERY_ATTEMPT)
    shop.begin()
    Event.objects.filter(pk=shop.event.pk).update(title="The Midnight Owls, and guests")

    swept = checkout.sweep_holds(now=after_the_hold())

    assert (swept, shop.seats(), shop.statuses()) == (0, (1, 0), ["open"])


# --- the hold ends -----------------------------------------------------------------------------------------------


def test_a_hold_whose_time_is_not_up_is_left_alone(shop: Shop) -> None:
    shop.started()

    assert checkout.sweep_holds(now=utc_now() + sales.HOLD - timedelta(seconds=30)) == 0
    assert (shop.seats(), shop.statuses()) == ((1, 0), ["open"])


def test_a_hold_whose_time_is_up_ends_at_stripe_first_and_then_here(shop: Shop) -> None:
    shop.started(quantity=2)

    swept = checkout.sweep_holds(now=after_the_hold())
    again = checkout.sweep_holds(now=after_the_hold())

    assert (swept, again) == (1, 0)
    assert (shop.seats(), shop.statuses()) == ((0, 0), ["expired"])
    assert shop.released() == [ReleaseReason.EXPIRED]


def test_a_hold_that_was_paid_in_the_last_second_is_sold_and_not_released(shop: Shop) -> None:
    order = shop.started()
    shop.stripe.pay(str(order.stripe_session_id))  # and its webhook is still on its way

    swept = checkout.sweep_holds(now=after_the_hold())
    late_webhook = shop.stripe.deliver()

    order.refresh_from_db()
    assert swept == 1
    assert (order.status, order.tickets.count(), shop.seats()) == (OrderStatus.PAID, 1, (0, 1))
    assert {answer.split(":")[0] for answer in late_webhook} == {"delivered"}
    assert shop.released() == []


def test_stripe_away_at_the_end_of_a_hold_leaves_it_held(shop: Shop, settings: Settings) -> None:
    shop.started()
    cut_off(settings)

    assert checkout.sweep_holds(now=after_the_hold()) == 0
    assert shop.seats() == (1, 0)


def test_a_session_that_ends_by_itself_releases_its_seats_by_webhook(
    own_stripe_simulator: StripeSimulator,
) -> None:
    shop = a_shop(own_stripe_simulator)
    order = shop.started()

    shop.stripe.control("clock", advance_s=sales.SESSION.total_seconds() + 60)
    shop.stripe.deliver()

    order.refresh_from_db()
    assert (order.status, shop.seats()) == (OrderStatus.EXPIRED, (0, 0))
    assert shop.released() == [ReleaseReason.EXPIRED]


def test_one_hold_that_needs_a_person_does_not_keep_the_others_from_ending(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    lost = a_hold(shop.event, now=utc_now() - timedelta(minutes=5))
    Order.objects.filter(pk=lost.pk).update(stripe_session_id="cs_test_nobody_knows")
    shop.started()

    with caplog.at_level(logging.ERROR):
        swept = checkout.sweep_holds(now=after_the_hold())

    assert swept == 1
    assert Order.objects.get(pk=lost.pk).status == OrderStatus.HELD
    assert f"the hold of order {lost.pk} needs a person" in caplog.text


def test_a_paid_session_of_another_amount_is_left_to_a_person(shop: Shop) -> None:
    order = shop.started()
    shop.stripe.pay(str(order.stripe_session_id))
    Order.objects.filter(pk=order.pk).update(base=1_000, total=1_200)

    swept = checkout.sweep_holds(now=after_the_hold())

    assert (swept, shop.seats()) == (0, (1, 0))
    assert Order.objects.get(pk=order.pk).status == OrderStatus.HELD


def test_many_sweeps_at_once_release_each_hold_once(shop: Shop) -> None:
    for _ in range(3):
        shop.started()

    times(4, lambda: checkout.sweep_holds(now=after_the_hold()))

    assert (shop.seats(), len(shop.released())) == ((0, 0), 3)


# --- the fan turns back ------------------------------------------------------------------------------------------


def give_up(order: Order) -> Abandoned:
    return checkout.abandon(order_token=order.token, now=utc_now())


def test_a_fan_who_turns_back_frees_the_seats_with_stripes_word(shop: Shop) -> None:
    order = shop.started()

    outcomes = (give_up(order), give_up(order))

    assert outcomes == (Abandoned.RELEASED, Abandoned.RELEASED)
    assert (shop.seats(), shop.statuses()) == ((0, 0), ["expired"])
    assert shop.released() == [ReleaseReason.ABANDONED]
    assert wallet.why_released(order.token) == ReleaseReason.ABANDONED


def test_a_fan_who_paid_and_then_turns_back_keeps_the_tickets(shop: Shop) -> None:
    order = shop.started()
    shop.stripe.pay(str(order.stripe_session_id))

    outcomes = (give_up(order), give_up(order))

    order.refresh_from_db()
    assert outcomes == (Abandoned.ALREADY_PAID, Abandoned.ALREADY_PAID)
    assert (order.status, order.tickets.count()) == (OrderStatus.PAID, 1)
    assert wallet.why_released(order.token) is None


def test_turning_back_while_stripe_is_away_leaves_the_hold(shop: Shop, settings: Settings) -> None:
    order = shop.started()
    cut_off(settings)

    assert give_up(order) == Abandoned.UNAVAILABLE
    assert shop.seats() == (1, 0)


def test_turning_back_from_what_a_person_must_look_at_leaves_the_hold(shop: Shop) -> None:
    order = shop.started()
    shop.stripe.pay(str(order.stripe_session_id))
    Order.objects.filter(pk=order.pk).update(base=1_000, total=1_200)

    assert give_up(order) == Abandoned.UNAVAILABLE
    assert shop.seats() == (1, 0)


def test_turning_back_from_an_order_that_does_not_exist_is_nothing(shop: Shop) -> None:
    assert checkout.abandon(order_token="nobody's", now=utc_now()) == Abandoned.RELEASED
    assert shop.released() == []


# --- a payment that takes days -----------------------------------------------------------------------------------


@pytest.fixture
def own_shop(own_stripe_simulator: StripeSimulator) -> Shop:
    """At a Stripe whose clock may be advanced to the end of the payment."""
    return a_shop(own_stripe_simulator)


def paid_slowly(shop: Shop, *, outcome: str = "async_ok") -> Order:
    """An order whose session is complete and not paid yet, as its webhook has told."""
    order = shop.started()
    shop.stripe.pay(str(order.stripe_session_id), outcome=outcome)
    shop.stripe.deliver()
    return order


def test_a_payment_under_way_cannot_be_withdrawn_and_its_seats_stay_held(own_shop: Shop) -> None:
    order = paid_slowly(own_shop)

    assert give_up(order) == Abandoned.PAYMENT_UNDER_WAY
    assert (own_shop.seats(), own_shop.released()) == ((1, 0), [])


def test_the_sweep_rests_from_a_payment_under_way_and_finds_it_when_its_webhook_was_lost(
    own_shop: Shop,
) -> None:
    order = paid_slowly(own_shop)
    ended = order.session_expires_at
    first = checkout.sweep_holds(now=after_the_hold())
    own_shop.stripe.control("clock", advance_s=3_600)  # the bank has paid, and nobody is told

    resting = [checkout.sweep_holds(now=now) for now in (after_the_hold(), ended - timedelta(seconds=1))]
    at_last = checkout.sweep_holds(now=ended)

    assert (first, resting, at_last) == (0, [0, 0], 1)
    assert Order.objects.get(pk=order.pk).status == OrderStatus.PAID


def test_every_process_knows_since_when_a_payment_is_under_way(own_shop: Shop) -> None:
    order = paid_slowly(own_shop)
    checkout.sweep_holds(now=after_the_hold())
    since = Order.objects.get(pk=order.pk).payment_under_way_at

    checkout.sweep_holds(now=order.session_expires_at + timedelta(minutes=5))

    order.refresh_from_db()
    assert (order.status, order.payment_under_way_at) == (OrderStatus.HELD, since)
    assert since is not None
    assert order.look_again_at == order.session_expires_at + timedelta(minutes=6)
    assert not checkout.awake_holds(now=order.session_expires_at).exists()


def test_a_fan_who_turns_back_from_a_payment_under_way_spares_the_sweep_the_question(own_shop: Shop) -> None:
    order = paid_slowly(own_shop)

    give_up(order)

    order.refresh_from_db()
    assert order.payment_under_way_at is not None
    assert not checkout.awake_holds(now=after_the_hold()).exists()


def test_payments_under_way_do_not_stand_in_front_of_holds_that_can_end(own_shop: Shop) -> None:
    paid_slowly(own_shop)
    checkout.sweep_holds(now=after_the_hold())
    own_shop.started()

    assert checkout.sweep_holds(now=after_the_hold(), limit=1) == 1
    assert own_shop.seats() == (1, 0)


def test_a_slow_payment_that_arrives_sells_its_seats(own_shop: Shop) -> None:
    order = paid_slowly(own_shop)
    checkout.sweep_holds(now=after_the_hold())

    the_bank_decides(own_shop)

    order.refresh_from_db()
    assert (order.status, order.tickets.count(), own_shop.seats()) == (OrderStatus.PAID, 1, (0, 1))


def test_a_slow_payment_that_fails_frees_its_seats_and_says_why(own_shop: Shop) -> None:
    order = paid_slowly(own_shop, outcome="async_fail")

    the_bank_decides(own_shop)

    order.refresh_from_db()
    assert (order.status, own_shop.seats()) == (OrderStatus.EXPIRED, (0, 0))
    assert wallet.why_released(order.token) == ReleaseReason.PAYMENT_FAILED


def test_where_a_payment_is_can_be_asked_and_changes_nothing(own_shop: Shop, settings: Settings) -> None:
    order = own_shop.started()
    opened = checkout.payment_of(order_token=order.token)
    own_shop.stripe.pay(str(order.stripe_session_id))
    paid = checkout.payment_of(order_token=order.token)
    slow = checkout.payment_of(order_token=paid_slowly_elsewhere(own_shop).token)
    cut_off(settings)

    unknown = checkout.payment_of(order_token=order.token)

    assert (opened, paid, slow, unknown) == (Payment.OPEN, Payment.PAID, Payment.UNDER_WAY, Payment.UNKNOWN)
    assert checkout.payment_of(order_token="nobody's") == Payment.UNKNOWN
    assert own_shop.seats() == (2, 0)


def paid_slowly_elsewhere(shop: Shop) -> Order:
    """The same, before any webhook has come."""
    order = shop.started()
    shop.stripe.pay(str(order.stripe_session_id), outcome="async_ok")
    return order


def the_bank_decides(shop: Shop) -> None:
    shop.stripe.control("clock", advance_s=3_600)
    shop.stripe.deliver()


# --- the venue's account -----------------------------------------------------------------------------------------


def test_a_venue_that_may_not_be_paid_any_more_sells_nothing_more(shop: Shop) -> None:
    shop.stripe.deliver()
    shop.stripe.control(f"accounts/{shop.venue.stripe_account_id}", action="restrict")
    answers = shop.stripe.deliver()
    restricted = shop.begin()

    shop.stripe.control(f"accounts/{shop.venue.stripe_account_id}", action="complete")
    shop.stripe.deliver()
    restored = shop.begin()

    assert {answer.split(":")[0] for answer in answers} == {"delivered"}
    assert restricted == SaleRefused(code=SaleRefusal.VENUE_NOT_READY)
    assert isinstance(restored, CheckoutStarted)


def test_what_is_paid_already_is_fulfilled_after_the_venue_lost_its_account(shop: Shop) -> None:
    order = shop.started()
    shop.stripe.pay(str(order.stripe_session_id))
    Venue.objects.update(onboarding_complete=False)

    shop.stripe.deliver()

    assert Order.objects.get(pk=order.pk).status == OrderStatus.PAID


def test_onboarding_is_complete_only_when_stripe_says_so(stripe_simulator: StripeSimulator) -> None:
    venue = a_venue(ready=False)
    Venue.objects.filter(pk=venue.pk).update(stripe_account_id=None)
    venue.refresh_from_db()
    before = onboarding.refresh(venue=venue)

    link = onboarding.begin(venue=venue, email="owner@example.org")
    begun = onboarding.refresh(venue=venue)
    account = venue.stripe_account_id
    onboarding.begin(venue=venue, email="owner@example.org")

    assert (before, begun) == (False, False)
    assert link.startswith(stripe_simulator.url)
    assert venue.stripe_account_id == account


def test_every_sale_is_in_the_log_as_it_was_paid(shop: Shop) -> None:
    for quantity in (1, 2):
        order = shop.started(quantity)
        shop.stripe.pay(str(order.stripe_session_id))
    shop.stripe.deliver()

    entries = log.read(event_id=shop.event.pk, since=0, limit=100)
    paid = [e.happened for e in entries if isinstance(e.happened, OrderPaid)]
    assert sorted(p.total for p in paid) == [2_200, 4_400]
    assert shop.stripe.balance(str(shop.venue.stripe_account_id)) == sum(p.base for p in paid)
