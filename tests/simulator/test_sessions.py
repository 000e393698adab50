"""The life of a Checkout Session."""

import time
from typing import Any

import pytest
import stripe

from tests.simulator.harness import World, line


def test_an_open_session_expires_on_request_and_then_can_neither_expire_again_nor_be_paid(
    world: World,
) -> None:
    session = world.session(world.venue().id)

    expired = world.v1.checkout.sessions.expire(session.id)

    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError, match='status in \\["open"\\] can be expired'):
        world.v1.checkout.sessions.expire(session.id)
    assert world.refused_control(f"sessions/{session.id}/pay").status == 400
    assert world.told("checkout") == ["checkout.session.expired"]


def test_a_session_expires_by_the_clock_and_says_so_once(world: World) -> None:
    venue = world.venue()
    session = world.session(venue.id, expires_at=int(time.time()) + 31 * 60)

    world.control("clock", advance_s=30 * 60)
    assert world.v1.checkout.sessions.retrieve(session.id).status == "open"
    world.control("clock", advance_s=2 * 60)

    assert world.v1.checkout.sessions.retrieve(session.id).status == "expired"
    world.control("clock", advance_s=25 * 3600)
    assert world.told("checkout") == ["checkout.session.expired"]


def test_a_paid_session_is_complete_and_cannot_expire(world: World) -> None:
    session = world.session(world.venue().id)

    world.pay(session.id)

    paid = world.v1.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details is not None
    assert paid.customer_details.email == "fan@example.org"
    with pytest.raises(stripe.InvalidRequestError, match="status of `complete`"):
        world.v1.checkout.sessions.expire(session.id)
    world.control("clock", advance_s=25 * 3600)
    assert world.v1.checkout.sessions.retrieve(session.id).status == "complete"


def test_a_sale_is_told_in_order(world: World) -> None:
    world.sold(world.venue().id)

    world.settled()

    assert [path for path in world.receiver.paths if path == "/connect"] == ["/connect"]
    assert [type_ for type_ in world.receiver.types if type_ != "account.updated"] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "transfer.created",
        "application_fee.created",
        "charge.updated",
    ]


def test_links_between_objects_come_only_with_charge_updated(world: World) -> None:
    world.sold(world.venue().id)

    told = {event.type: event.data.object for event in world.settled()}

    assert told["charge.succeeded"]["transfer"] is None
    assert told["charge.succeeded"]["balance_transaction"] is None
    assert told["charge.updated"]["transfer"].startswith("tr_test_")
    updated = next(event for event in world.receiver.events if event.type == "charge.updated")
    assert sorted(updated.to_dict()["data"]["previous_attributes"]) == [
        "application_fee",
        "balance_transaction",
        "transfer",
    ]


@pytest.mark.parametrize(("outcome", "code"), [
    ("decline", "generic_decline"),
    ("insufficient_funds", "insufficient_funds"),
])  # fmt: skip
def test_a_declined_card_leaves_the_session_open_for_another_try(
    world: World, outcome: str, code: str
) -> None:
    session = world.session(world.venue().id)

    said = world.pay(session.id, outcome)
    tried = world.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    world.pay(session.id)

    assert "card" in said["declined"]
    assert tried.status == "open"
    assert isinstance(tried.payment_intent, stripe.PaymentIntent)
    assert tried.payment_intent.last_payment_error is not None
    assert tried.payment_intent.last_payment_error.decline_code == code
    after = world.v1.checkout.sessions.retrieve(session.id)
    assert (after.payment_status, after.payment_intent) == ("paid", tried.payment_intent.id)
    assert world.total("outside:customers") == -2200
    assert "payment_intent.payment_failed" in [event.type for event in world.settled()]


def test_three_d_secure_is_remembered_on_the_charge(world: World) -> None:
    session = world.session(world.venue().id)

    world.pay(session.id, "three_d_secure")

    charge = world.v1.charges.list().data[0]
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.three_d_secure is not None
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_a_delayed_payment_is_complete_but_unpaid_until_the_bank_pays(world: World) -> None:
    session = world.session(world.venue().id)

    world.pay(session.id, "async_ok")
    waiting = world.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    before = world.total()
    world.control("clock", advance_s=11)

    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    assert isinstance(waiting.payment_intent, stripe.PaymentIntent)
    assert (waiting.payment_intent.status, before) == ("processing", 0)
    assert world.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert world.total() == 106
    assert sorted(world.told("checkout")) == [
        "checkout.session.async_payment_succeeded",
        "checkout.session.completed",
    ]


def test_a_delayed_payment_may_bounce(world: World) -> None:
    session = world.session(world.venue().id)

    world.pay(session.id, "async_fail")
    world.control("clock", advance_s=11)

    failed = world.v1.checkout.sessions.retrieve(session.id)
    assert (failed.status, failed.payment_status) == ("complete", "unpaid")
    assert world.total("outside:customers") == 0
    assert "checkout.session.async_payment_failed" in [event.type for event in world.settled()]


def test_a_late_payment_completes_a_session_that_had_already_expired(world: World) -> None:
    session = world.session(world.venue().id)

    world.pay(session.id, "late")

    assert world.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert world.told("checkout") == ["checkout.session.expired", "checkout.session.completed"]


def test_lines_are_listed_and_expanded(world: World) -> None:
    session = world.session(line_items=[line("GA", 2000, quantity=3), line("Fee", 200, quantity=3)])

    listed = world.v1.checkout.sessions.line_items.list(session.id, {"limit": 1})
    expanded = world.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})

    everything = [(each.description, each.quantity, each.amount_total) for each in listed.auto_paging_iter()]
    assert everything == [("GA", 3, 6000), ("Fee", 3, 600)]
    assert expanded.line_items is not None
    assert [each.amount_total for each in expanded.line_items.data] == [6000, 600]
    assert "line_items" not in session


def test_sessions_are_found_by_status_payment_and_email(world: World) -> None:
    paid, open_ = world.session(), world.session()
    world.pay(paid.id)
    intent = world.v1.checkout.sessions.retrieve(paid.id).payment_intent

    def found(asked: Any) -> list[str]:
        return [each.id for each in world.v1.checkout.sessions.list(asked).data]

    assert found({"status": "open"}) == [open_.id]
    assert found({"payment_intent": intent}) == [paid.id]
    assert found({"customer_details": {"email": "fan@example.org"}}) == [paid.id]
    assert found({}) == [open_.id, paid.id]


def test_an_event_keeps_the_object_as_it_was(world: World) -> None:
    charge = world.sold(world.venue().id)
    world.v1.refunds.create({"charge": charge.id})

    told = next(each for each in world.settled() if each.type == "charge.succeeded")

    assert told.data.object["amount_refunded"] == 0
    assert told.data.object["id"] == charge.id
    assert told.api_version == stripe.api_version
    assert told.livemode is False
