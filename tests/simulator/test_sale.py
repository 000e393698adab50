"""The split at the moment of sale, to the cent (facts, table 1.1)."""

import pytest
import stripe

from tests.simulator.harness import World, acting_for, line


def test_a_destination_charge_gives_the_venue_its_price_and_the_platform_its_fee_less_stripes(
    world: World,
) -> None:
    venue = world.venue()

    charge = world.sold(venue.id)

    assert charge.amount == 2200
    assert world.total(venue.id) == 2000
    assert world.total() == 200 - 94
    assert world.total("outside:customers") == -2200
    assert world.total("outside:stripe") == 94
    assert world.state["ledger_sum"] == 0


def test_every_object_of_a_destination_charge_points_to_the_others(world: World) -> None:
    venue = world.venue()

    charge = world.sold(venue.id)

    transfer = world.v1.transfers.retrieve(str(charge.transfer))
    fee = world.v1.application_fees.retrieve(str(charge.application_fee))
    payment = world.v1.charges.retrieve(str(transfer.destination_payment), {}, acting_for(venue.id))
    assert (transfer.amount, transfer.destination, transfer.source_transaction) == (2200, venue.id, charge.id)
    assert (fee.amount, fee.account, fee.charge, fee.originating_transaction) == (
        200,
        venue.id,
        payment.id,
        charge.id,
    )
    assert (payment.amount, payment.application_fee_amount, payment.source_transfer) == (
        2200,
        200,
        transfer.id,
    )
    assert charge.metadata["order"] == "A1"


def test_the_balance_transactions_of_a_sale_explain_both_balances(world: World) -> None:
    venue = world.venue()

    world.sold(venue.id)

    ours = [
        (each.type, each.amount, each.fee, each.net) for each in world.v1.balance_transactions.list().data
    ]
    theirs = world.v1.balance_transactions.list({}, acting_for(venue.id)).data
    assert sorted(ours) == [
        ("application_fee", 200, 0, 200),
        ("charge", 2200, 94, 2106),
        ("transfer", -2200, 0, -2200),
    ]
    assert [(each.type, each.amount, each.fee, each.net) for each in theirs] == [("payment", 2200, 200, 2000)]
    assert [(detail.type, detail.amount) for detail in theirs[0].fee_details] == [("application_fee", 200)]


def test_a_fixed_transfer_amount_gives_the_same_split_without_an_application_fee(world: World) -> None:
    venue = world.venue()
    data = {"transfer_data": {"destination": venue.id, "amount": 2000}}

    charge = world.sold(payment_intent_data=data)

    assert charge.application_fee is None
    assert (world.total(venue.id), world.total()) == (2000, 200 - 94)


@pytest.mark.parametrize(("payer", "dashboard", "venue_nets", "platform_nets"), [
    ("account", "full", 2200 - 94 - 200, 200),
    ("application", "express", 2000, 200 - 94),
])  # fmt: skip
def test_a_direct_charge_lives_on_the_venue_and_the_payer_bears_stripes_fee(
    world: World, payer: str, dashboard: str, venue_nets: int, platform_nets: int
) -> None:
    venue = world.venue(payer=payer, dashboard=dashboard)

    charge = world.sold(at=venue.id)

    assert (world.total(venue.id), world.total()) == (venue_nets, platform_nets)
    with pytest.raises(stripe.InvalidRequestError, match="No such charge"):
        world.v1.charges.retrieve(charge.id)
    fee = world.v1.application_fees.list().data[0]
    assert (fee.charge, fee.account, fee.originating_transaction) == (charge.id, venue.id, None)


def test_a_sale_in_yen_has_no_decimals(world: World) -> None:
    venue = world.venue()

    world.sold(venue.id, line_items=[line("GA", 2000, currency="jpy"), line("Fee", 200, currency="jpy")])

    assert world.total(venue.id, "jpy") == 2000
    assert "¥2,000" in world.get("/dashboard").text


def test_sales_settle_after_two_days_of_the_simulators_clock(world: World) -> None:
    venue = world.venue()
    world.sold(venue.id)
    theirs = acting_for(venue.id)

    before = world.v1.balance.retrieve({}, theirs)
    world.control("clock", advance_s=3 * 24 * 3600)
    after = world.v1.balance.retrieve({}, theirs)

    assert (before.available[0].amount, before.pending[0].amount) == (0, 2000)
    assert (after.available[0].amount, after.pending[0].amount) == (2000, 0)
    assert world.v1.balance_transactions.list({}, theirs).data[0].status == "available"
