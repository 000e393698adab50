"""The split of a sale: whole minor units, rounded once per ticket, nothing lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing import money
from ticketing.money import FeeOverride, FeePolicy, Split
from ticketing.simulator import currencies

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors" / "money.json").read_text())
prices = st.integers(0, 10_000_000)
policies = st.builds(FeePolicy, fixed=st.integers(0, 100_000), basis_points=st.integers(0, 10_000))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["text"])
def test_an_amount_is_shown_as_the_vectors_say(vector: dict[str, Any]) -> None:
    assert money.display(vector["amount"], vector["currency"]) == vector["text"]


def test_the_demos_ticket_brings_twenty_to_the_venue_and_two_to_ngn() -> None:
    split = money.split_of(price=2_000, currency="USD", policy=FeePolicy(fixed=200, basis_points=0))

    assert (split.base, split.fee, split.total) == (2_000, 200, 2_200)


@pytest.mark.parametrize(("price", "fee"), [(999, 50), (1_000, 50), (1_009, 50), (1_010, 51), (1_011, 51)])
def test_half_a_minor_unit_of_a_percentage_rounds_up(price: int, fee: int) -> None:
    split = money.split_of(price=price, currency="USD", policy=FeePolicy(fixed=0, basis_points=500))

    assert split.fee == fee


@given(price=prices, policy=policies, quantity=st.integers(1, 50))
def test_an_order_is_exactly_as_many_times_one_ticket(price: int, policy: FeePolicy, quantity: int) -> None:
    one = money.split_of(price=price, currency="USD", policy=policy)
    summed = Split(base=0, fee=0, currency="USD")
    for _ in range(quantity):
        summed = summed.plus(one)

    whole = one.times(quantity)

    assert whole == summed
    assert whole.total == whole.base + whole.fee == quantity * one.total


@given(price=prices, policy=policies)
def test_the_venue_nets_its_price_and_the_fee_is_within_half_a_unit(price: int, policy: FeePolicy) -> None:
    split = money.split_of(price=price, currency="EUR", policy=policy)

    exact_percentage = (split.fee - policy.fixed) * 10_000 - price * policy.basis_points
    assert split.base == price
    assert -5_000 < exact_percentage <= 5_000 if price else split.fee == 0


def test_a_free_ticket_carries_no_fee() -> None:
    split = money.split_of(price=0, currency="USD", policy=FeePolicy(fixed=200, basis_points=1_000))

    assert split.total == 0


@pytest.mark.parametrize("currency", money.DECIMALS)
@given(policy=policies)
def test_the_lowest_price_can_be_charged_and_one_unit_less_cannot(currency: str, policy: FeePolicy) -> None:
    lowest = money.lowest_price(currency=currency, policy=policy)

    def of(price: int) -> Split:
        return money.split_of(price=price, currency=currency, policy=policy)

    assert not money.too_small(of(lowest))
    assert lowest == 1 or money.too_small(of(lowest - 1))
    assert not money.too_small(of(0))


@pytest.mark.parametrize(
    ("own", "policy"),
    [
        (FeeOverride(), FeePolicy(fixed=200, basis_points=100, minimum=50, maximum=900)),
        (FeeOverride(fixed=0), FeePolicy(fixed=0, basis_points=100, minimum=50, maximum=900)),
        (FeeOverride(maximum=20), FeePolicy(fixed=200, basis_points=100, minimum=50, maximum=50)),
        (FeeOverride(minimum=950), FeePolicy(fixed=200, basis_points=100, minimum=950, maximum=950)),
    ],
    ids=str,
)
def test_a_venues_own_word_goes_before_the_default_field_by_field(
    own: FeeOverride, policy: FeePolicy
) -> None:
    assert own.over(FeePolicy(fixed=200, basis_points=100, minimum=50, maximum=900)) == policy


@pytest.mark.parametrize("currency", ["usd", "XXX", "", "KWD"])
def test_a_currency_that_we_do_not_sell_in_is_refused(currency: str) -> None:
    with pytest.raises(ValueError, match="not a currency we sell in"):
        money.split_of(price=1, currency=currency, policy=FeePolicy(fixed=0, basis_points=0))


def test_a_negative_price_is_refused() -> None:
    with pytest.raises(ValueError, match="never negative"):
        money.split_of(price=-1, currency="USD", policy=FeePolicy(fixed=0, basis_points=0))


@pytest.mark.parametrize(("fixed", "basis_points"), [(-1, 0), (0, -1), (0, 10_001)])
def test_a_fee_below_nothing_or_above_the_price_is_refused(fixed: int, basis_points: int) -> None:
    with pytest.raises(ValueError, match="at least 0 and at most 100 %"):
        FeePolicy(fixed=fixed, basis_points=basis_points)


def test_an_order_is_in_one_currency() -> None:
    dollars, euros = Split(base=1, fee=0, currency="USD"), Split(base=1, fee=0, currency="EUR")

    with pytest.raises(ValueError, match="in one currency"):
        dollars.plus(euros)


def test_the_simulator_refuses_what_we_do_not_let_an_owner_set() -> None:
    assert {c: currencies.minimum(c.lower()) for c in money.DECIMALS} == money.SMALLEST_CHARGE
