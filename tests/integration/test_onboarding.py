"""A venue and its account with Stripe: it sells exactly while Stripe would pay it, and it can turn both ways."""

from __future__ import annotations

import pytest

from dashboards import stripe_words
from tests.factories import a_connected_venue, a_show, a_venue
from tests.money import Money, money_at
from tests.stripe_simulator import StripeSimulator
from ticketing import checkout
from ticketing.checkout import CheckoutStarted
from ticketing.clock import utc_now
from ticketing.inventory import Seats
from ticketing.models import ChargeMode, Event, StripeEvent, Venue
from ticketing.payments import gateway, onboarding
from ticketing.sales import SaleRefusal, SaleRefused

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
NOT_READY = SaleRefused(code=SaleRefusal.VENUE_NOT_READY)


def a_new_venue() -> Venue:
    venue = a_venue(ready=False)
    Venue.objects.filter(pk=venue.pk).update(stripe_account_id=None)
    venue.refresh_from_db()
    return venue


def asked(event: Event, *, email: str = "fan@example.org") -> CheckoutStarted | SaleRefused:
    seats = (Seats(ticket_type_id=event.ticket_types.get().pk, quantity=1),)
    return checkout.begin(event_id=event.pk, seats=seats, email=email, now=utc_now())


def at_stripe(stripe: StripeSimulator, venue: Venue, action: str) -> Venue:
    """Something becomes of the account, and we are told."""
    stripe.control(f"accounts/{venue.stripe_account_id}", action=action)
    stripe.deliver()
    venue.refresh_from_db()
    return venue


def account_events(stripe: StripeSimulator, venue: Venue) -> list[str]:
    """What Stripe told of the account, oldest first; the connected account's own events are not the platform's."""
    path = "events?limit=100&type=account.updated"
    found = stripe.ask("GET", path, account=str(venue.stripe_account_id))["data"]
    return [str(event["id"]) for event in reversed(found)]


# --- connecting ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(ChargeMode))
def test_a_venue_connects_once_and_may_resume_as_often_as_it_likes(
    stripe_simulator: StripeSimulator, mode: ChargeMode
) -> None:
    venue = a_new_venue()

    links = [
        onboarding.begin(venue=venue, email="owner@example.org", charge_mode=given) for given in (mode, None)
    ]

    venue.refresh_from_db()
    account = stripe_simulator.ask("GET", f"accounts/{venue.stripe_account_id}")
    dashboard = {ChargeMode.DESTINATION: "express", ChargeMode.DIRECT: "full"}[mode]
    assert (account["controller"]["stripe_dashboard"]["type"], venue.charge_mode) == (dashboard, mode)
    assert account["metadata"] == {"venue": str(venue.pk)}
    assert len(set(links)) == 2
    assert all(link.startswith(f"{stripe_simulator.url}/setup/") for link in links)


def test_what_is_missing_is_told_in_words_from_the_first_moment(stripe_simulator: StripeSimulator) -> None:
    venue = a_new_venue()

    onboarding.begin(venue=venue, email="owner@example.org")

    venue.refresh_from_db()
    words = stripe_words.needs(venue.requirements_due)
    assert not venue.onboarding_complete
    assert "a bank account for your payouts" in words
    assert "your yes to Stripe's terms" in words
    assert not [word for word in words if "." in word or "_" in word], words


def test_a_connected_venue_cannot_change_how_it_is_charged(stripe_simulator: StripeSimulator) -> None:
    venue = a_connected_venue(stripe_simulator)

    with pytest.raises(onboarding.AlreadyConnected):
        onboarding.begin(venue=venue, email="owner@example.org", charge_mode=ChargeMode.DIRECT)

    venue.refresh_from_db()
    assert venue.charge_mode == ChargeMode.DESTINATION


# --- following the account ----------------------------------------------------------------------------------------


def test_a_venue_sells_exactly_while_stripe_would_pay_it(stripe_simulator: StripeSimulator) -> None:
    venue = a_new_venue()
    event = a_show(venue=venue, doors_at=utc_now())
    onboarding.begin(venue=venue, email="owner@example.org")
    before = asked(event)

    at_stripe(stripe_simulator, venue, "complete")
    ready = (venue.requirements_due, asked(event, email="a@example.org"))
    at_stripe(stripe_simulator, venue, "restrict")
    stopped = asked(event, email="b@example.org")
    missing, why = stripe_words.needs(venue.requirements_due), stripe_words.disabled(venue.disabled_reason)
    at_stripe(stripe_simulator, venue, "complete")

    assert (before, stopped) == (NOT_READY, NOT_READY)
    assert ready[0] == []
    assert isinstance(ready[1], CheckoutStarted)
    assert missing == ["the company's proof of identity: a picture of a document"]
    assert "has stopped payments" in why
    assert isinstance(asked(event, email="c@example.org"), CheckoutStarted)


def test_an_account_that_stripe_rejects_sells_nothing_and_says_so(stripe_simulator: StripeSimulator) -> None:
    venue = a_connected_venue(stripe_simulator)

    at_stripe(stripe_simulator, venue, "reject")

    assert asked(a_show(venue=venue, doors_at=utc_now())) == NOT_READY
    assert stripe_words.disabled(venue.disabled_reason).startswith("Stripe closed the account")


def test_news_of_an_account_in_the_wrong_order_comes_to_its_present_state(
    stripe_simulator: StripeSimulator,
) -> None:
    venue = a_connected_venue(stripe_simulator)
    stripe_simulator.deliver()
    for action in ("restrict", "complete", "restrict"):
        stripe_simulator.control(f"accounts/{venue.stripe_account_id}", action=action)
    told = account_events(stripe_simulator, venue)

    stripe_simulator.deliver(told[-2], told[-1], told[-3])

    venue.refresh_from_db()
    assert not venue.onboarding_complete


def test_another_venues_account_changes_nothing_here(stripe_simulator: StripeSimulator) -> None:
    mine, other = a_connected_venue(stripe_simulator), a_connected_venue(stripe_simulator)

    at_stripe(stripe_simulator, other, "restrict")

    mine.refresh_from_db()
    assert (mine.onboarding_complete, other.onboarding_complete) == (True, False)


# --- taking leave -------------------------------------------------------------------------------------------------


def test_a_venue_that_disconnects_sells_nothing_more_and_its_tickets_stay_good(
    own_stripe_simulator: StripeSimulator,
) -> None:
    money = money_at(own_stripe_simulator)
    order = money.a_sale(2)

    venue = at_stripe(money.stripe, money.venue, "deauthorize")

    assert venue.deauthorised_at is not None
    assert money.buy(1, email="late@example.org") is None
    money.scan(order, money.a_phone())
    assert sorted(order.tickets.values_list("status", flat=True)) == ["active", "redeemed"]
    money.check()


def test_an_answer_from_before_the_leave_does_not_connect_again(stripe_simulator: StripeSimulator) -> None:
    venue = a_connected_venue(stripe_simulator)
    asked_before = gateway.retrieve_account(str(venue.stripe_account_id))

    at_stripe(stripe_simulator, venue, "deauthorize")
    onboarding.apply(asked_before)

    venue.refresh_from_db()
    assert asked_before.complete
    assert (venue.onboarding_complete, onboarding.refresh(venue=venue)) == (False, False)
    assert stripe_words.disabled(venue.disabled_reason) == "You disconnected NGN at Stripe."


def test_a_venue_that_comes_back_gets_a_new_account_and_may_choose_again(
    stripe_simulator: StripeSimulator,
) -> None:
    venue = a_connected_venue(stripe_simulator)
    former = venue.stripe_account_id
    at_stripe(stripe_simulator, venue, "deauthorize")

    onboarding.begin(venue=venue, email="owner@example.org", charge_mode=ChargeMode.DIRECT)
    at_stripe(stripe_simulator, venue, "complete")

    assert venue.stripe_account_id != former
    assert (venue.charge_mode, venue.deauthorised_at, venue.onboarding_complete) == ("direct", None, True)
    assert isinstance(asked(a_show(venue=venue, doors_at=utc_now())), CheckoutStarted)


# --- a venue that charges by itself -------------------------------------------------------------------------------


@pytest.fixture
def direct(own_stripe_simulator: StripeSimulator) -> Money:
    return money_at(own_stripe_simulator, charge_mode=ChargeMode.DIRECT)


def test_a_direct_sale_and_its_refund_are_told_at_the_connect_endpoint(direct: Money) -> None:
    order = direct.a_sale(2)
    direct.refund(order, tickets=1)
    direct.come_to_rest()

    told = dict(StripeEvent.objects.values_list("type", "account"))
    assert told["checkout.session.completed"] == told["refund.created"] == direct.venue.stripe_account_id
    assert direct.charge_of(order)["application_fee_amount"] == order.fee
    assert sorted(order.tickets.values_list("status", flat=True)) == ["active", "refunded"]
    direct.check_at_rest()


def test_a_direct_order_is_not_paid_by_word_of_another_account(direct: Money) -> None:
    order = direct.buy(1)
    assert order is not None
    direct.stripe.pay(str(order.stripe_session_id))
    StripeEvent.objects.all().delete()
    Venue.objects.filter(pk=direct.venue.pk).update(stripe_account_id="acct_moved")
    type(order).objects.filter(pk=order.pk).update(stripe_account_id="acct_another")

    direct.stripe.deliver()

    stored = StripeEvent.objects.get(type="checkout.session.completed")
    order.refresh_from_db()
    assert (stored.state, "account is" in stored.problem) == ("quarantined", True)
    assert (order.status, order.tickets.count()) == ("held", 0)


def test_an_order_keeps_the_way_in_which_it_was_charged(own_stripe_simulator: StripeSimulator) -> None:
    money = money_at(own_stripe_simulator)
    order = money.a_sale(1)

    Venue.objects.filter(pk=money.venue.pk).update(charge_mode=ChargeMode.DIRECT)
    money.refund(order)
    money.come_to_rest()

    order.refresh_from_db()
    assert (order.charge_mode, order.status) == (ChargeMode.DESTINATION, "refunded")
    money.check_at_rest()
