"""Refunds to the cent (facts, table 1.3), refusals, and failures."""

from typing import Any

import pytest
import stripe

from tests.simulator.harness import World, acting_for

BOTH = {"reverse_transfer": True, "refund_application_fee": True}


@pytest.mark.parametrize(("asked", "fan", "venue_has", "platform_has"), [
    ({}, 2200, 2000, 106 - 2200),
    ({"reverse_transfer": True}, 2200, -200, 106),
    (BOTH, 2200, 0, -94),
    ({"amount": 2000, "reverse_transfer": True}, 2000, 0, 106),
    ({"amount": 1100, **BOTH}, 1100, 1000, 6),
])  # fmt: skip
def test_each_way_of_refunding_moves_exactly_what_the_table_says(
    world: World, asked: dict[str, Any], fan: int, venue_has: int, platform_has: int
) -> None:
    venue = world.venue()
    charge = world.sold(venue.id)

    refund = world.refund(charge, **asked)

    assert (refund.status, refund.amount) == ("succeeded", fan)
    assert (world.total(venue.id), world.total()) == (venue_has, platform_has)
    assert world.total("outside:customers") == fan - 2200
    assert world.state["ledger_sum"] == 0


def test_a_fixed_transfer_is_reversed_in_proportion(world: World) -> None:
    venue = world.venue()
    data = {"transfer_data": {"destination": venue.id, "amount": 2000}}
    charge = world.sold(payment_intent_data=data)

    world.v1.refunds.create({"charge": charge.id, "amount": 2000, "reverse_transfer": True})

    assert world.total(venue.id) == 2000 - 1818


def test_odd_partial_refunds_add_up_to_exactly_everything(world: World) -> None:
    venue = world.venue()
    charge = world.sold(venue.id)

    for amount in (1, 333, 777, 1089):
        world.refund(charge, amount=amount, **BOTH)

    again = world.v1.charges.retrieve(charge.id)
    fee = world.v1.application_fees.retrieve(str(charge.application_fee))
    transfer = world.v1.transfers.retrieve(str(charge.transfer))
    assert (again.refunded, again.amount_refunded) == (True, 2200)
    assert (fee.refunded, fee.amount_refunded, len(fee.refunds.data)) == (True, 200, 4 - 1)
    assert (transfer.reversed, transfer.amount_reversed) == (True, 2200)
    assert (world.total(venue.id), world.total()) == (0, -94)


def test_a_refund_names_what_it_took_back(world: World) -> None:
    venue = world.venue()
    charge = world.sold(venue.id)
    asked: Any = {"payment_intent": str(charge.payment_intent), "metadata": {"refund": "r1"}, **BOTH}

    refund = world.v1.refunds.create(asked)

    reversal = world.v1.transfers.reversals.retrieve(str(charge.transfer), str(refund.transfer_reversal))
    assert (reversal.amount, reversal.source_refund) == (2200, refund.id)
    back = world.v1.application_fees.refunds.list(str(charge.application_fee)).data
    assert [each.amount for each in back] == [200]
    assert refund.metadata is not None
    assert refund.metadata["refund"] == "r1"
    assert {
        "refund.created", "charge.refunded", "transfer.reversed", "application_fee.refunded",
    } <= {event.type for event in world.settled()}  # fmt: skip


@pytest.mark.parametrize(("asked", "code", "said"), [
    ({"amount": 2201}, None, "greater than unrefunded amount"),
    ({"amount": 0}, "parameter_invalid_integer", "Invalid integer"),
    ({"refund_application_fee": True}, None, "must also reverse the transfer"),
    ({"origin": "customer_balance"}, "simulator_unsupported", "does not simulate"),
    ({"reason": "boredom"}, None, "reason"),
])  # fmt: skip
def test_a_refund_that_makes_no_sense_is_refused_and_nothing_moves(
    world: World, asked: dict[str, Any], code: str | None, said: str
) -> None:
    venue = world.venue()
    charge = world.sold(venue.id)

    with pytest.raises(stripe.InvalidRequestError, match=said) as refusal:
        world.refund(charge, **asked)

    assert refusal.value.code == code
    assert (world.total(venue.id), world.total()) == (2000, 106)


def test_a_charge_is_refunded_once(world: World) -> None:
    charge = world.sold(world.venue().id)
    world.v1.refunds.create({"charge": charge.id})

    with pytest.raises(stripe.InvalidRequestError, match="already been refunded") as refusal:
        world.v1.refunds.create({"charge": charge.id})

    assert refusal.value.code == "charge_already_refunded"


def test_without_transfer_or_fee_there_is_nothing_to_take_back(world: World) -> None:
    charge = world.sold()

    with pytest.raises(stripe.InvalidRequestError, match="no transfer"):
        world.v1.refunds.create({"charge": charge.id, "reverse_transfer": True})
    with pytest.raises(stripe.InvalidRequestError, match="no application fee"):
        world.v1.refunds.create({"charge": charge.id, "refund_application_fee": True})


def test_a_direct_charge_is_refunded_by_the_venue_with_or_without_the_fee(world: World) -> None:
    venue = world.venue()
    theirs = acting_for(venue.id)
    charge = world.sold(at=venue.id)

    with pytest.raises(stripe.InvalidRequestError, match="No such charge"):
        world.v1.refunds.create({"charge": charge.id})
    world.v1.refunds.create({"charge": charge.id, "refund_application_fee": True}, theirs)

    assert (world.total(venue.id), world.total()) == (0, -94)


def test_a_slow_refund_is_pending_until_the_bank_has_answered(world: World) -> None:
    charge = world.sold(world.venue().id)
    world.control("switches", pending_refunds=True)

    refund = world.v1.refunds.create({"charge": charge.id})
    world.control(f"refunds/{refund.id}", outcome="succeeded")

    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert world.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert "refund.updated" in [event.type for event in world.settled()]


def test_a_failed_refund_brings_the_money_back_to_the_platform(world: World) -> None:
    charge = world.sold(world.venue().id)
    refund = world.v1.refunds.create({"charge": charge.id})

    world.control(f"refunds/{refund.id}", outcome="failed")

    failed = world.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert failed.status == "failed"
    assert isinstance(failed.failure_balance_transaction, stripe.BalanceTransaction)
    assert failed.failure_balance_transaction.amount == 2200
    assert world.total() == 106
    assert "refund.failed" in [event.type for event in world.settled()]
    assert world.refused_control(f"refunds/{refund.id}", outcome="failed").status == 400


def test_a_transfer_can_be_reversed_by_hand_with_its_share_of_the_fee(world: World) -> None:
    venue = world.venue()
    charge = world.sold(venue.id)

    world.v1.transfers.reversals.create(
        str(charge.transfer), {"amount": 1100, "refund_application_fee": True}
    )

    assert (world.total(venue.id), world.total()) == (1000, 106 + 1100 - 100)
    with pytest.raises(stripe.InvalidRequestError, match="left to reverse"):
        world.v1.transfers.reversals.create(str(charge.transfer), {"amount": 1101})


def test_an_application_fee_can_be_given_back_alone_but_not_twice(world: World) -> None:
    venue = world.venue()
    charge = world.sold(venue.id)

    world.v1.application_fees.refunds.create(str(charge.application_fee), {"amount": 50})
    world.v1.application_fees.refunds.create(str(charge.application_fee))

    assert (world.total(venue.id), world.total()) == (2200, -94)
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        world.v1.application_fees.refunds.create(str(charge.application_fee))


def test_a_bare_transfer_pays_a_venue_back(world: World) -> None:
    venue = world.venue()

    transfer = world.v1.transfers.create(
        {"amount": 2000, "currency": "usd", "destination": venue.id, "description": "dispute won"}
    )

    assert transfer.description == "dispute won"
    assert (world.total(venue.id), world.total()) == (2000, -2000)
