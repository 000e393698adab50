"""Disputes: who has not entered stays out while the bank has the money, and each cent is where it belongs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.money import Money, facts_of, money_at
from tests.stripe_simulator import StripeSimulator
from ticketing import disputes
from ticketing.admission import TicketStatus
from ticketing.models import ChargeMode, Dispute, LedgerEntry, Order, Refund, RefundStatus
from ticketing.payments import gateway
from ticketing.refunds import RefundRefusal

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
DISPUTE_FEE = 1_500


@pytest.fixture
def money(own_stripe_simulator: StripeSimulator) -> Money:
    return money_at(own_stripe_simulator)


def statuses_of(order: Order) -> list[str]:
    return sorted(order.tickets.values_list("status", flat=True))


def venue_of(money: Money) -> int:
    """What the venue has at Stripe, in cents."""
    return money.stripe.balance(str(money.venue.stripe_account_id))


def test_an_inquiry_only_flags(money: Money) -> None:
    order = money.a_sale(2)
    head = len(facts_of(money.event))

    inquiry = money.dispute_at_stripe(order, kind="inquiry")
    money.come_to_rest()

    told = [text for text in facts_of(money.event)[head:] if '"tickets_changed"' in text]
    assert (statuses_of(order), told) == (["active", "active"], [])
    assert (venue_of(money), Dispute.objects.get().status) == (4_000, "warning_needs_response")
    money.check_at_rest()

    money.resolve(inquiry, "won")
    money.come_to_rest()

    assert Dispute.objects.get().status == "warning_closed"
    assert not LedgerEntry.objects.filter(kind__startswith="dispute").exists()
    money.check_at_rest()


def test_a_dispute_turns_every_door_red_in_the_webhooks_own_transaction(money: Money) -> None:
    order = money.a_sale(2)
    head = len(facts_of(money.event))

    money.dispute_at_stripe(order)
    money.stripe.deliver()

    [red] = [text for text in facts_of(money.event)[head:] if '"tickets_changed"' in text]
    assert red.count('"void"') == 2
    money.check()


def test_who_has_entered_has_entered_and_the_rest_stays_out(money: Money) -> None:
    order = money.a_sale(3)
    money.scan(order, money.a_phone())

    money.dispute_at_stripe(order)
    money.come_to_rest()

    assert statuses_of(order) == ["redeemed", "void", "void"]
    assert money.event.ticket_types.get(position=0).sold == 3
    assert venue_of(money) == 0
    money.check_at_rest()


def test_a_dispute_that_is_won_undoes_all_but_stripes_fee(money: Money) -> None:
    order = money.a_sale(2)
    before = money.balances_there()
    dispute = money.dispute_at_stripe(order)
    money.come_to_rest()

    money.resolve(dispute, "won")
    money.come_to_rest()

    after = money.balances_there()
    assert statuses_of(order) == ["active", "active"]
    assert {party: after[party] - before[party] for party in after} == {
        "fan": 0,
        "venue": 0,
        "platform": -DISPUTE_FEE,
        "stripe": DISPUTE_FEE,
    }
    money.check_at_rest()


def test_a_dispute_that_is_lost_puts_the_seats_of_who_stayed_out_on_sale_again(money: Money) -> None:
    order = money.a_sale(3)
    money.scan(order, money.a_phone())
    dispute = money.dispute_at_stripe(order)
    money.come_to_rest()

    money.resolve(dispute, "lost")
    money.come_to_rest()

    assert money.event.ticket_types.get(position=0).sold == 1
    assert statuses_of(order) == ["redeemed", "void", "void"]
    assert not {"fan", "venue"} & set(money.balances_there())
    money.check_at_rest()


def test_an_inquiry_that_escalates_is_a_dispute(money: Money) -> None:
    order = money.a_sale(1)
    inquiry = money.dispute_at_stripe(order, kind="inquiry")
    money.come_to_rest()

    money.resolve(inquiry, "escalate")
    money.come_to_rest()

    assert (statuses_of(order), venue_of(money)) == (["void"], 0)
    money.check_at_rest()


def test_an_answer_from_before_the_inquiry_became_a_dispute_takes_nothing_back(money: Money) -> None:
    """Two webhooks at once: one asked first, and is late with what it was told."""
    order = money.a_sale(1)
    inquiry = money.dispute_at_stripe(order, kind="inquiry")
    overtaken = gateway.retrieve_dispute(inquiry, account="")
    money.resolve(inquiry, "escalate")
    money.come_to_rest()

    assert not disputes.settle(order=order, told=overtaken, now=money.now)

    assert (Dispute.objects.get().status, statuses_of(order)) == ("needs_response", ["void"])
    money.check_at_rest()


def test_a_dispute_of_a_part_takes_that_part_of_the_venues_share(money: Money) -> None:
    order = money.a_sale(2)

    money.dispute_at_stripe(order, amount=1_001)
    money.come_to_rest()

    assert venue_of(money) == 4_000 - 4_000 * 1_001 // 4_400
    money.check_at_rest()


def test_a_direct_charge_is_disputed_at_the_venue(own_stripe_simulator: StripeSimulator) -> None:
    money = money_at(own_stripe_simulator, charge_mode=ChargeMode.DIRECT)
    order = money.a_sale(2)
    before = venue_of(money)
    dispute = money.dispute_at_stripe(order)
    money.come_to_rest()

    assert before - venue_of(money) == order.total + DISPUTE_FEE
    assert (statuses_of(order), Dispute.objects.get().reversal_id) == (["void", "void"], "")
    money.check_at_rest()

    money.resolve(dispute, "won")
    money.come_to_rest()

    assert before - venue_of(money) == DISPUTE_FEE
    assert statuses_of(order) == ["active", "active"]
    money.check_at_rest()


def test_the_end_may_be_told_before_the_beginning(money: Money) -> None:
    order = money.a_sale(2)
    dispute = money.dispute_at_stripe(order)
    money.resolve(dispute, "lost")
    told = [e["id"] for e in money.stripe.events("charge.dispute.created", "charge.dispute.closed")]

    money.stripe.deliver(*reversed(told))
    money.come_to_rest()

    assert statuses_of(order) == ["void", "void"]
    assert money.event.ticket_types.get(position=0).sold == 0
    money.check_at_rest()


def test_a_verdict_told_twice_gives_the_seats_back_once(money: Money) -> None:
    order, _other = money.a_sale(2), money.a_sale(2, email="other@example.org")
    money.resolve(money.dispute_at_stripe(order), "lost")
    money.come_to_rest()

    money.stripe.redeliver(money.stripe.events("charge.dispute.closed")[0]["id"])
    money.come_to_rest()

    assert money.event.ticket_types.get(position=0).sold == 2
    money.check_at_rest()


def test_what_the_bank_has_taken_is_not_refunded_too(money: Money) -> None:
    order = money.a_sale(2)
    money.scan(order, money.a_phone())
    money.dispute_at_stripe(order)
    money.come_to_rest()

    assert money.ask_back(order) == RefundRefusal.DISPUTED
    assert statuses_of(order) == ["redeemed", "void"]


def test_after_a_dispute_was_won_stripes_word_is_that_nothing_is_refunded_and_nothing_is_asked(
    money: Money,
) -> None:
    order = money.a_sale(2)
    money.resolve(money.dispute_at_stripe(order), "won")
    money.come_to_rest()

    assert money.ask_back(order) == RefundRefusal.CHARGED_BACK
    assert (statuses_of(order), Refund.objects.exists()) == (["active", "active"], False)
    money.check_at_rest()


def test_a_refund_is_asked_for_when_stripes_word_is_that_it_can_be_made(money: Money) -> None:
    order = money.a_sale(2)
    money.resolve(money.dispute_at_stripe(order), "won")
    money.come_to_rest()
    Dispute.objects.update(charge_refundable=True)  # as Stripe may say of a dispute that was won

    asked = money.refund(order)
    money.come_to_rest()

    assert (asked.status, "charged back" in asked.problem) == (RefundStatus.REFUSED, True)
    assert statuses_of(order) == ["active", "active"]
    money.check_at_rest()


def test_an_inquiry_leaves_the_payment_refundable_as_stripe_says(money: Money) -> None:
    order = money.a_sale(1)
    money.dispute_at_stripe(order, kind="inquiry")
    money.come_to_rest()

    assert Dispute.objects.get().charge_refundable
    assert money.refund(order).status == RefundStatus.SUCCEEDED


def test_a_reversal_whose_answer_was_lost_is_made_once(money: Money) -> None:
    order = money.a_sale(2)
    money.dispute_at_stripe(order)
    money.stripe.deliver()
    money.sweep()  # the objects behind the sale are known before the answer is lost
    Dispute.objects.update(reversal_id="asked")
    LedgerEntry.objects.filter(kind="dispute_reversal").delete()

    money.come_to_rest()

    assert venue_of(money) == 0
    money.check_at_rest()


def test_stripes_silence_only_delays_the_venues_share(money: Money) -> None:
    order = money.a_sale(1)
    money.dispute_at_stripe(order)
    money.stripe.deliver()

    money.stripe.switch(refuse_requests=3)  # a call and its two retries
    silent = disputes.sweep(now=money.now)
    kept = venue_of(money)
    money.stripe.switch(refuse_requests=0)
    money.come_to_rest()

    assert (silent, kept, venue_of(money)) == (0, 2_000, 0)
    money.check_at_rest()


def test_the_scan_log_is_the_evidence_and_is_sent_once(money: Money) -> None:
    order = money.a_sale(2)
    unused = disputes.access_log(order)
    money.scan(order, money.a_phone())
    told = money.dispute_at_stripe(order)
    money.come_to_rest()
    dispute = Dispute.objects.get()

    first = disputes.submit_evidence(dispute=dispute, now=money.now)
    dispute.refresh_from_db()
    again = disputes.submit_evidence(dispute=dispute, now=money.now + timedelta(hours=1))
    money.come_to_rest()

    evidence = money.stripe.ask("GET", f"disputes/{told}")["evidence"]
    assert unused == "No ticket of this order has been shown at the door."
    assert (first, again) == (True, False)
    assert "Door A: ticket 1 of order" in evidence["access_activity_log"]
    assert "1 of them entered the venue" in evidence["product_description"]
    assert evidence["customer_email_address"] == "fan@example.org"
    dispute.refresh_from_db()
    assert (dispute.status, TicketStatus.VOID in statuses_of(order)) == ("under_review", True)
    money.check_at_rest()
