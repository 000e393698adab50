"""Paging, filters, expansion."""

from typing import Any

import pytest
import stripe

from tests.simulator.harness import World


def test_the_sdk_pages_through_everything_in_order_and_once(world: World) -> None:
    made = [world.session().id for _ in range(7)]

    listed = [each.id for each in world.v1.checkout.sessions.list({"limit": 3}).auto_paging_iter()]

    assert listed == made[::-1]


def test_the_sdk_pages_backwards_too(world: World) -> None:
    made = [world.session().id for _ in range(5)]

    page = world.v1.checkout.sessions.list({"limit": 2, "ending_before": made[1]})

    assert [each.id for each in page.data] == [made[3], made[2]]
    assert [each.id for each in page.auto_paging_iter()] == [made[2], made[3], made[4]]


def test_the_balance_transactions_add_up_to_the_balance(world: World) -> None:
    venue = world.venue()
    for amount in (500, 2200):
        charge = world.sold(venue.id)
        world.v1.refunds.create({"charge": charge.id, "amount": amount, "reverse_transfer": True})

    for options, party in ({}, "platform"), ({"stripe_account": venue.id}, venue.id):
        asked: Any = options
        nets = [
            each.net for each in world.v1.balance_transactions.list({"limit": 2}, asked).auto_paging_iter()
        ]
        assert sum(nets) == world.total(party)


def test_lists_are_filtered_by_what_they_belong_to(world: World) -> None:
    venue, other = world.venue(), world.venue()
    first, second = world.sold(venue.id), world.sold(other.id)
    refund = world.v1.refunds.create({"charge": first.id})

    assert [each.id for each in world.v1.refunds.list({"charge": first.id}).data] == [refund.id]
    assert world.v1.refunds.list({"charge": second.id}).data == []
    assert [each.id for each in world.v1.transfers.list({"destination": other.id}).data] == [second.transfer]
    assert [
        each.id for each in world.v1.charges.list({"payment_intent": str(first.payment_intent)}).data
    ] == [first.id]
    entries = world.v1.balance_transactions.list({"source": first.id}).data
    assert [each.type for each in entries] == ["charge"]
    assert {each.type for each in world.v1.balance_transactions.list({"type": "transfer"}).data} == {
        "transfer"
    }


def test_lists_are_filtered_by_time(world: World) -> None:
    early = world.session()
    world.control("clock", advance_s=3600)
    late = world.session()

    def found(created: Any) -> list[str]:
        return [each.id for each in world.v1.checkout.sessions.list({"created": created}).data]

    assert found({"gte": late.created}) == [late.id]
    assert found({"lt": late.created}) == [early.id]
    assert found(early.created) == [early.id]


def test_events_are_filtered_by_type_and_kept_thirty_days(world: World) -> None:
    world.sold()

    by_type = world.v1.events.list({"types": ["charge.succeeded", "charge.updated"]}).data
    world.control("clock", advance_s=31 * 24 * 3600)

    assert sorted(each.type for each in by_type) == ["charge.succeeded", "charge.updated"]
    assert world.v1.events.list({"type": "charge.succeeded"}).data == []


@pytest.mark.parametrize("asked", [
    {"limit": 0}, {"limit": 101}, {"types": [f"a.b{n}" for n in range(21)]}, {"type": "' OR 1=1"},
    {"type": "a.b", "types": ["a.b"]}, {"starting_after": "x", "ending_before": "y"}, {"created": {"after": 1}},
])  # fmt: skip
def test_a_list_that_is_asked_for_wrongly_is_refused(shared: World, asked: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shared.v1.events.list(asked)


def test_expansion_follows_paths_and_lists(world: World) -> None:
    venue = world.venue()
    charge = world.sold(venue.id)

    paths = ["balance_transaction", "transfer.destination", "application_fee", "payment_intent", "refunds"]
    full = world.v1.charges.retrieve(charge.id, {"expand": paths})
    listed = world.v1.balance_transactions.list({"type": "charge", "expand": ["data.source"]}).data[0]

    assert isinstance(full.balance_transaction, stripe.BalanceTransaction)
    assert full.balance_transaction.net == 2106
    assert isinstance(full.transfer, stripe.Transfer)
    assert isinstance(full.transfer.destination, stripe.Account)
    assert full.transfer.destination.id == venue.id
    assert isinstance(full.application_fee, stripe.ApplicationFee)
    assert isinstance(full.payment_intent, stripe.PaymentIntent)
    assert full.refunds is not None
    assert isinstance(listed.source, stripe.Charge)


@pytest.mark.parametrize("path", ["amount", "nothing", "transfer.nothing", "a.b.c.d.e"])
def test_what_cannot_be_expanded_is_refused(world: World, path: str) -> None:
    charge = world.sold(world.venue().id)

    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        world.v1.charges.retrieve(charge.id, {"expand": [path]})
