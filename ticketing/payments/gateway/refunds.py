"""Refunds, and what of NGN's fee goes back with them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import stripe
from stripe import RequestOptions
from stripe.params import (
    ApplicationFeeRefundCreateParams,
    ApplicationFeeRefundListParams,
    RefundCreateParams,
    RefundRetrieveParams,
)

from ticketing.models import ChargeMode, Order, Refund
from ticketing.payments.gateway import speaking
from ticketing.payments.gateway.charges import retrieve_charge
from ticketing.payments.gateway.speaking import PaymentRefused, PaymentUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundTold:
    """A refund as Stripe tells of it. `refund_pk` is our own row's id, empty for one made in Stripe's dashboard;
    `reversed` is what of it was taken back from the venue, `fee_back` what of NGN's fee was given to it in return
    (None: in proportion, as Stripe does)."""

    id: str
    status: str
    amount: int
    charge_id: str
    payment_intent_id: str | None
    refund_pk: str
    reversed: int = 0
    fee_back: int | None = None


def create_refund(*, refund: Refund, order: Order) -> RefundTold:
    """Send money back. Both flags are always said: their defaults leave the platform to pay (facts/stripe.md 1.3).

    Stripe returns of NGN's fee what the refund is of the payment. Where that is not the fee of these very tickets (an
    order of two types), the fee goes back by a call of its own. Idempotent by the refund's row, both together.
    """
    apart = returns_fee_apart(refund=refund, order=order)
    params: RefundCreateParams = {
        "payment_intent": order.stripe_payment_intent_id or "",
        "amount": refund.total,
        "metadata": {"refund": str(refund.pk), "order": str(order.pk)},
    }
    if order.charge_mode == ChargeMode.DESTINATION:
        params["reverse_transfer"] = True
    if order.fee:  # Stripe refuses the flag where there is no fee to give back
        params["refund_application_fee"] = refund.fee > 0 and not apart
    options = speaking.on_account(order, idempotency_key=f"refund:{refund.pk}")
    told = refund_of(speaking.ask(lambda v1: v1.refunds.create(params, options)))
    return replace(told, fee_back=_return_fee(refund=refund, order=order)) if apart else told


def returns_fee_apart(*, refund: Refund, order: Order) -> bool:
    """Whether the fee of the refunded tickets is another share of it than the refund is of the whole payment."""
    return refund.fee > 0 and refund.fee * order.total != order.fee * refund.total


def _return_fee(*, refund: Refund, order: Order) -> int:
    """NGN's fee of a refund, to the venue that has paid for it; what of it there was to return. The money of the refund
    itself has moved already: a refusal here must not be taken for one of the refund."""
    charge = retrieve_charge(order)
    fee_id = (charge.application_fee_id if charge else None) or ""
    try:
        try:
            return _refund_fee(fee_id, refund, refund.fee)
        except PaymentRefused:
            # More of it was returned in Stripe's dashboard than its proportion, or this is asked once more.
            return _fee_returned(fee_id, refund) or _refund_fee(fee_id, refund, _fee_left(fee_id))
    except PaymentRefused as refusal:
        raise PaymentUnavailable(
            f"the fan has the money back, the venue not yet its fee: {refusal}"
        ) from refusal


def _refund_fee(fee_id: str, refund: Refund, amount: int) -> int:
    if amount == 0:
        return 0
    params: ApplicationFeeRefundCreateParams = {"amount": amount, "metadata": {"refund": str(refund.pk)}}
    key: RequestOptions = {"idempotency_key": f"refund-fee:{refund.pk}:{amount}"}
    return speaking.ask(lambda v1: v1.application_fees.refunds.create(fee_id, params, key)).amount


def _fee_left(fee_id: str) -> int:
    return speaking.left_of(speaking.ask(lambda v1: v1.application_fees.retrieve(fee_id)), "amount_refunded")


def _fee_returned(fee_id: str, refund: Refund) -> int:
    """What of the fee was returned for this refund by a call whose answer was lost."""
    params: ApplicationFeeRefundListParams = {"limit": 100}
    made = speaking.ask(lambda v1: v1.application_fees.refunds.list(fee_id, params)).data
    mine = [one for one in made if one.metadata and "refund" in one.metadata]
    return sum(one.amount for one in mine if one.metadata and one.metadata["refund"] == str(refund.pk))


def retrieve_refund(refund_id: str, *, account: str) -> RefundTold:
    """Ask Stripe where a refund stands; `account` is the venue's for a direct charge, else empty."""
    params: RefundRetrieveParams = {"expand": ["transfer_reversal"]}
    options: RequestOptions = {"stripe_account": account} if account else {}
    return refund_of(speaking.ask(lambda v1: v1.refunds.retrieve(refund_id, params, options)))


def refund_of(refund: stripe.Refund) -> RefundTold:
    """A refund of the SDK's as ours."""
    metadata = refund.metadata
    return RefundTold(
        id=refund.id,
        status=refund.status or "",
        amount=refund.amount,
        charge_id=speaking.id_of(refund.charge) or "",
        payment_intent_id=speaking.id_of(refund.payment_intent),
        refund_pk=metadata["refund"] if metadata and "refund" in metadata else "",
        reversed=_reversed_by(refund),
    )


def _reversed_by(refund: stripe.Refund) -> int:
    """Only an expanded reversal tells its amount."""
    reversal = refund.transfer_reversal if "transfer_reversal" in refund else None
    return 0 if reversal is None or isinstance(reversal, str) else reversal.amount
