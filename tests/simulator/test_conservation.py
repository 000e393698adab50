"""Whatever is done in whatever order, no cent appears or vanishes."""

from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.harness import World, acting_for, line
from ticketing.simulator import money

prices = st.integers(min_value=50, max_value=30_000)
steps = st.lists(
    st.tuples(
        st.sampled_from(["refund", "reverse", "fee", "dispute", "won", "lost", "transfer", "failed refund"]),
        st.integers(min_value=1, max_value=30_000),
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(price=prices, fee=st.integers(min_value=0, max_value=3000), direct=st.booleans(), steps=steps)
def test_balances_fees_and_customers_sum_to_zero_after_every_step(
    shared: World, price: int, fee: int, direct: bool, steps: list[tuple[str, int, bool, bool]]
) -> None:
    venue = shared.venue()
    data: dict[str, Any] = {"application_fee_amount": fee}
    if not direct:
        data["transfer_data"] = {"destination": venue.id}
    lines = [line("GA", price), *([line("Fee", fee)] if fee else [])]
    charge = shared.sold(at=venue.id if direct else None, payment_intent_data=data, line_items=lines)
    theirs = acting_for(venue.id) if direct else {}

    for step, amount, first, second in steps:
        # Many steps make no sense and are refused; then nothing may have moved.
        with suppress(stripe.InvalidRequestError):
            _do(shared, charge, venue.id, theirs, step=step, amount=amount, first=first, second=second)
        _check(shared, charge, theirs)


def _do(
    world: World,
    charge: stripe.Charge,
    venue: str,
    theirs: Any,
    *,
    step: str,
    amount: int,
    first: bool,
    second: bool,
) -> None:
    match step:
        case "refund":
            flags = {"reverse_transfer": first, "refund_application_fee": second}
            world.refund(charge, theirs, amount=amount, **flags)
        case "failed refund":
            refund = world.v1.refunds.create({"charge": charge.id, "amount": amount}, theirs)
            world.control(f"refunds/{refund.id}", outcome="failed")
        case "reverse" if charge.transfer:
            world.v1.transfers.reversals.create(
                str(charge.transfer), {"amount": amount, "refund_application_fee": first}
            )
        case "fee" if charge.application_fee:
            world.v1.application_fees.refunds.create(str(charge.application_fee), {"amount": amount})
        case "transfer":
            world.v1.transfers.create({"amount": amount, "currency": "usd", "destination": venue})
        case "dispute":
            world.refused_control(f"charges/{charge.id}/dispute", kind="inquiry" if first else "chargeback")
        case _:
            for dispute in world.v1.disputes.list({"charge": charge.id}, theirs).data:
                world.refused_control(
                    f"disputes/{dispute.id}/resolve", outcome="won" if step == "won" else "lost"
                )


def _check(world: World, charge: stripe.Charge, theirs: Any) -> None:
    again = world.v1.charges.retrieve(charge.id, {"expand": ["transfer", "application_fee"]}, theirs)
    assert world.state["ledger_sum"] == 0
    assert 0 <= again.amount_refunded <= again.amount
    if isinstance(again.transfer, stripe.Transfer):
        assert 0 <= again.transfer.amount_reversed <= again.transfer.amount
    if isinstance(again.application_fee, stripe.ApplicationFee):
        assert 0 <= again.application_fee.amount_refunded <= again.application_fee.amount


@given(amount=st.integers(0, 10**8), whole=st.integers(1, 10**6), cuts=st.lists(st.integers(0, 10**6)))
def test_shares_taken_in_any_steps_add_up_to_the_whole(amount: int, whole: int, cuts: list[int]) -> None:
    marks = sorted({0, whole, *(cut % (whole + 1) for cut in cuts)})

    parts = [
        money.next_share(amount, before=before, after=after, whole=whole) for before, after in pairwise(marks)
    ]

    assert sum(parts) == amount
    assert all(part >= 0 for part in parts)


@pytest.mark.parametrize(("amount", "fee"), [(2200, 94), (50, 31), (100_000, 2930)])
def test_stripes_list_price_is_rounded_half_up(amount: int, fee: int) -> None:
    assert money.Prices().processing(amount) == fee
