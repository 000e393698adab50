"""Idempotency keys, as Stripe keeps them."""

from typing import Any

import pytest
import stripe

from tests.simulator.harness import World, keyed, sale


def test_the_same_key_and_parameters_give_the_same_session(world: World) -> None:
    options = keyed("cs:1")
    venue = world.venue()

    first = world.v1.checkout.sessions.create(sale(venue.id), options)
    again = world.v1.checkout.sessions.create(sale(venue.id), options)

    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(world.v1.checkout.sessions.list().data) == 1


def test_a_replay_answers_as_it_was_then_and_does_nothing(world: World) -> None:
    venue = world.venue()
    options = keyed("re:1")
    charge = world.sold(venue.id)

    world.v1.refunds.create({"charge": charge.id, "amount": 100}, options)
    world.v1.refunds.create({"charge": charge.id, "amount": 100}, options)

    assert world.v1.charges.retrieve(charge.id).amount_refunded == 100


def test_the_same_key_with_other_parameters_is_an_idempotency_error(world: World) -> None:
    options = keyed("cs:1")
    world.v1.checkout.sessions.create(sale(), options)

    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        world.v1.checkout.sessions.create(sale() | {"client_reference_id": "B2"}, options)


def test_a_refused_request_does_not_use_its_key_up(world: World) -> None:
    options = keyed("cs:1")

    with pytest.raises(stripe.InvalidRequestError):
        world.v1.checkout.sessions.create(sale() | {"line_items": []}, options)

    assert world.v1.checkout.sessions.create(sale(), options).id


def test_keys_are_forgotten_after_a_day_and_are_apart_for_each_account(world: World) -> None:
    venue = world.venue()
    options = keyed("cs:1")
    theirs: Any = {"idempotency_key": "cs:1", "stripe_account": venue.id}
    first = world.v1.checkout.sessions.create(sale(), options)

    direct = world.v1.checkout.sessions.create(sale(), theirs)
    world.control("clock", advance_s=25 * 3600)
    later = world.v1.checkout.sessions.create(sale(), options)

    assert len({first.id, direct.id, later.id}) == 3


def test_a_key_that_is_too_long_is_refused(world: World) -> None:
    options = keyed("k" * 256)

    with pytest.raises(stripe.InvalidRequestError, match="255"):
        world.v1.checkout.sessions.create(sale(), options)


def test_a_lost_answer_is_found_again_by_the_sdks_own_retry(world: World) -> None:
    world.control("switches", lose_answers=1)
    options: Any = {"max_network_retries": 2}

    session = world.v1.checkout.sessions.create(sale(), options)

    assert [each.id for each in world.v1.checkout.sessions.list().data] == [session.id]


def test_a_refused_connection_is_retried_by_the_sdk(world: World) -> None:
    world.control("switches", refuse_requests=1)
    options: Any = {"max_network_retries": 2}

    assert world.v1.checkout.sessions.create(sale(), options).status == "open"
