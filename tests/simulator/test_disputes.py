"""Inquiries and chargebacks."""

from typing import Any

import pytest
import stripe

from tests.simulator.harness import World, acting_for

FEE = 1500


def test_a_chargeback_debits_the_platform_and_leaves_the_venue_alone(world: World) -> None:
    venue = world.venue()
    charge = world.sold(venue.id)

    world.control(f"charges/{charge.id}/dispute")

    dispute = world.v1.disputes.list({"charge": charge.id}).data[0]
    assert (dispute.status, dispute.amount, dispute.is_charge_refundable) == ("needs_response", 2200, False)
    assert dispute.payment_intent == charge.payment_intent
    assert [(each.amount, each.fee) for each in dispute.balance_transactions] == [(-2200, FEE)]
    assert (world.total(venue.id), world.total()) == (2000, 106 - 2200 - FEE)
    assert world.v1.charges.retrieve(charge.id).disputed is True
    assert world.told("charge.dispute") == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


def test_a_dispute_of_a_direct_charge_debits_the_venue(world: World) -> None:
    venue = world.venue()
    theirs = acting_for(venue.id)
    charge = world.sold(at=venue.id)

    world.control(f"charges/{charge.id}/dispute")

    assert (world.total(venue.id), world.total()) == (2000 - 2200 - FEE, 106)
    assert len(world.v1.disputes.list({}, theirs).data) == 1
    assert world.v1.disputes.list().data == []
    assert {event.account for event in world.settled() if event.type.startswith("charge.dispute")} == {
        venue.id
    }


def test_an_inquiry_moves_nothing_and_ends_when_the_charge_is_refunded(world: World) -> None:
    charge = world.sold(world.venue().id)

    inquiry = world.control(f"charges/{charge.id}/dispute", kind="inquiry")
    assert (inquiry["status"], inquiry["is_charge_refundable"], world.total()) == (
        "warning_needs_response",
        True,
        106,
    )
    world.v1.refunds.create({"charge": charge.id, "reverse_transfer": True, "refund_application_fee": True})

    assert world.v1.disputes.retrieve(inquiry["id"]).status == "warning_closed"
    assert sorted(world.told("charge.dispute")) == ["charge.dispute.closed", "charge.dispute.created"]


def test_an_inquiry_can_become_a_chargeback(world: World) -> None:
    charge = world.sold(world.venue().id)
    inquiry = world.control(f"charges/{charge.id}/dispute", kind="inquiry")

    world.control(f"disputes/{inquiry['id']}/resolve", outcome="escalate")

    assert world.v1.disputes.retrieve(inquiry["id"]).status == "needs_response"
    assert world.total() == 106 - 2200 - FEE


def test_evidence_wins_the_money_back_but_not_the_fee(world: World) -> None:
    charge = world.sold(world.venue().id)
    dispute = world.control(f"charges/{charge.id}/dispute")

    staged = world.v1.disputes.update(
        dispute["id"], {"evidence": {"access_activity_log": "21:04:17 Door B"}, "submit": False}
    )
    sent = world.v1.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": "see the log"}})
    world.control(f"disputes/{dispute['id']}/resolve", outcome="won")

    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    assert sent.evidence.access_activity_log == "21:04:17 Door B"
    assert world.v1.disputes.retrieve(dispute["id"]).status == "won"
    assert world.total() == 106 - FEE
    told = world.told("charge.dispute")
    assert told.index("charge.dispute.funds_reinstated") < told.index("charge.dispute.closed")


@pytest.mark.parametrize("by_merchant", [True, False])
def test_a_lost_dispute_stays_lost(world: World, by_merchant: bool) -> None:
    charge = world.sold(world.venue().id)
    dispute = world.control(f"charges/{charge.id}/dispute")["id"]

    if by_merchant:
        world.v1.disputes.close(dispute)
    else:
        world.control(f"disputes/{dispute}/resolve", outcome="lost")

    assert world.v1.disputes.retrieve(dispute).status == "lost"
    assert world.total() == 106 - 2200 - FEE
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        world.v1.disputes.close(dispute)


def test_a_disputed_charge_is_neither_refunded_nor_disputed_again(world: World) -> None:
    charge = world.sold(world.venue().id)
    world.control(f"charges/{charge.id}/dispute")

    with pytest.raises(stripe.InvalidRequestError, match="charged back") as refusal:
        world.v1.refunds.create({"charge": charge.id})

    assert refusal.value.code == "charge_disputed"
    assert world.refused_control(f"charges/{charge.id}/dispute").status == 400


def test_unknown_evidence_is_refused(world: World) -> None:
    charge = world.sold()
    dispute = world.control(f"charges/{charge.id}/dispute")["id"]
    asked: Any = {"evidence": {"gut_feeling": "yes"}}

    with pytest.raises(stripe.InvalidRequestError, match="evidence\\[gut_feeling\\]"):
        world.v1.disputes.update(dispute, asked)


def test_a_charge_whose_dispute_was_won_is_refunded_no_more(world: World) -> None:
    charge = world.sold(world.venue().id)
    dispute = world.control(f"charges/{charge.id}/dispute")
    world.control(f"disputes/{dispute['id']}/resolve", outcome="won")

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        world.v1.refunds.create({"charge": charge.id})

    assert refusal.value.code == "charge_disputed"
    assert world.v1.disputes.retrieve(dispute["id"]).is_charge_refundable is False


def test_a_payment_can_be_made_that_is_disputed_a_little_later(world: World) -> None:
    session = world.session(world.venue().id)

    world.pay(session.id, "pay_then_dispute")
    before = world.v1.disputes.list().data
    world.control("clock", advance_s=11)

    assert before == []
    assert len(world.v1.disputes.list().data) == 1


def test_an_inquiry_escalates_to_what_has_not_been_refunded_since(world: World) -> None:
    charge = world.sold(world.venue().id)
    dispute = world.control(f"charges/{charge.id}/dispute", kind="inquiry")
    world.refund(charge, amount=700)

    escalated = world.control(f"disputes/{dispute['id']}/resolve", outcome="escalate")

    assert (dispute["amount"], escalated["amount"]) == (2_200, 1_500)
    assert world.state["ledger_sum"] == 0
