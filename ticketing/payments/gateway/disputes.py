"""Disputes: what a bank asks, the venue's share on its way there and back, and the answer."""

from __future__ import annotations

from dataclasses import dataclass

import stripe
from stripe import RequestOptions
from stripe.params import (
    DisputeUpdateParams,
    TransferCreateParams,
    TransferReversalCreateParams,
    TransferReversalListParams,
)

from ticketing.models import Dispute, Order
from ticketing.payments.gateway import speaking


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeTold:
    """A dispute as Stripe tells of it: what it has taken for it so far and not given again (`withdrawn`), and the `fee`
    that it charged, in minor units. `charge_refundable` is its word on whether the payment can be refunded."""

    id: str
    status: str
    amount: int
    currency: str
    reason: str
    charge_id: str
    payment_intent_id: str | None
    due_by: int | None
    fee: int
    withdrawn: int = 0
    charge_refundable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalTold:
    """What of a transfer was taken back from the venue."""

    id: str
    amount: int


def retrieve_dispute(dispute_id: str, *, account: str) -> DisputeTold:
    """Ask Stripe where a dispute stands; `account` is the venue's for a direct charge, else empty."""
    options: RequestOptions = {"stripe_account": account} if account else {}
    return dispute_of(speaking.ask(lambda v1: v1.disputes.retrieve(dispute_id, {}, options)))


def reverse_transfer(*, order: Order, dispute: Dispute, amount: int) -> ReversalTold:
    """Take back what the venue has of a disputed sale, which leaves it with nothing and NGN without its fee."""
    params: TransferReversalCreateParams = {"amount": amount, "metadata": {"dispute": dispute.stripe_id}}
    key: RequestOptions = {"idempotency_key": f"reversal:{dispute.pk}:{amount}"}
    transfer_id = order.stripe_transfer_id or ""
    made = speaking.ask(lambda v1: v1.transfers.reversals.create(transfer_id, params, key))
    return ReversalTold(id=made.id, amount=made.amount)


def find_reversal(*, order: Order, dispute: Dispute) -> ReversalTold | None:
    """The reversal that was made for a dispute, if its answer was lost."""
    params: TransferReversalListParams = {"limit": 100}
    transfer_id = order.stripe_transfer_id or ""
    made = speaking.ask(lambda v1: v1.transfers.reversals.list(transfer_id, params))
    for one in made.data:
        if one.metadata and "dispute" in one.metadata and one.metadata["dispute"] == dispute.stripe_id:
            return ReversalTold(id=one.id, amount=one.amount)
    return None


def repay_venue(*, order: Order, dispute: Dispute, amount: int) -> str:
    """A dispute was won after the venue's share had been reversed: the one bare transfer there is. The id."""
    params: TransferCreateParams = {
        "amount": amount,
        "currency": order.currency.lower(),
        "destination": order.stripe_account_id,
        "metadata": {"dispute": dispute.stripe_id, "order": str(order.pk)},
    }
    key: RequestOptions = {"idempotency_key": f"repayment:{dispute.pk}"}
    return speaking.ask(lambda v1: v1.transfers.create(params, key)).id


def repaid(transfer_id: str) -> int:
    """What of a bare transfer the venue has."""
    return speaking.left_of(speaking.ask(lambda v1: v1.transfers.retrieve(transfer_id)), "amount_reversed")


def send_evidence(*, dispute: Dispute, order: Order, text: str, log_of_access: str) -> None:
    """Answer a dispute with what the door saw."""
    params: DisputeUpdateParams = {
        "evidence": {
            "access_activity_log": log_of_access,
            "product_description": text,
            "customer_email_address": order.purchaser.email,
        },
        "submit": True,
    }
    options = speaking.on_account(order, idempotency_key=f"evidence:{dispute.pk}")
    speaking.ask(lambda v1: v1.disputes.update(dispute.stripe_id, params, options))


def dispute_of(dispute: stripe.Dispute) -> DisputeTold:
    """A dispute of the SDK's as ours."""
    due_by = dispute.evidence_details.due_by
    return DisputeTold(
        id=dispute.id,
        status=dispute.status,
        amount=dispute.amount,
        currency=dispute.currency.upper(),
        reason=dispute.reason,
        charge_id=speaking.id_of(dispute.charge) or "",
        payment_intent_id=speaking.id_of(dispute.payment_intent),
        due_by=int(due_by) if due_by else None,
        fee=sum(moved.fee for moved in dispute.balance_transactions),
        withdrawn=-sum(moved.amount for moved in dispute.balance_transactions),
        charge_refundable=dispute.is_charge_refundable,
    )
