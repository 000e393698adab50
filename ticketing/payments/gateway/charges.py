"""What became of a payment: its objects, and where its money is by Stripe's own books."""

from __future__ import annotations

from dataclasses import dataclass

import stripe
from stripe import RequestOptions
from stripe.params import PaymentIntentRetrieveParams

from ticketing.models import Order
from ticketing.payments.gateway import speaking


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeTold:
    """The objects behind a paid session, and what Stripe kept of it."""

    charge_id: str
    transfer_id: str | None
    application_fee_id: str | None
    stripe_fee: int | None
    balance_transaction_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Where an order's money is by Stripe's own objects: what was captured and refunded, what of the transfer and of
    the application fee has not been taken back and what of the fee has, and Stripe's fee on the charge."""

    captured: int
    refunded: int
    transferred: int
    fee_kept: int
    fee_returned: int
    stripe_fee: int


def retrieve_charge(order: Order) -> ChargeTold | None:
    """The objects behind a paid order; None while there is no charge."""
    params: PaymentIntentRetrieveParams = {"expand": ["latest_charge.balance_transaction"]}
    intent_id, options = order.stripe_payment_intent_id or "", speaking.on_account(order)
    intent = speaking.ask(lambda v1: v1.payment_intents.retrieve(intent_id, params, options))
    charge = intent.latest_charge
    if charge is None or isinstance(charge, str):
        return None
    moved = charge.balance_transaction
    return ChargeTold(
        charge_id=charge.id,
        transfer_id=speaking.id_of(charge.transfer if "transfer" in charge else None),
        application_fee_id=speaking.id_of(charge.application_fee),
        stripe_fee=_stripe_fee(moved),
        balance_transaction_id=speaking.id_of(moved),
    )


def retrieve_books(order: Order) -> Books:
    """What Stripe's own objects say that an order's money did. Raises PaymentRefused for a payment it does not know."""
    params: PaymentIntentRetrieveParams = {
        "expand": [
            "latest_charge.balance_transaction",
            "latest_charge.transfer",
            "latest_charge.application_fee",
        ]
    }
    intent_id, options = order.stripe_payment_intent_id or "", speaking.on_account(order)
    intent = speaking.ask(lambda v1: v1.payment_intents.retrieve(intent_id, params, options))
    charge = intent.latest_charge
    if charge is None or isinstance(charge, str):
        return Books(captured=0, refunded=0, transferred=0, fee_kept=0, fee_returned=0, stripe_fee=0)
    transfer = charge.transfer if "transfer" in charge else None
    fee, moved = charge.application_fee, charge.balance_transaction
    return Books(
        captured=charge.amount_captured,
        refunded=charge.amount_refunded,
        transferred=speaking.left_of(transfer, "amount_reversed"),
        fee_kept=speaking.left_of(fee, "amount_refunded"),
        fee_returned=0 if fee is None or isinstance(fee, str) else fee.amount_refunded,
        stripe_fee=_stripe_fee(moved) or 0,
    )


def _stripe_fee(moved: stripe.BalanceTransaction | str | None) -> int | None:
    """What Stripe kept for itself; None while a charge has not settled."""
    if moved is None or isinstance(moved, str):
        return None
    return sum(detail.amount for detail in moved.fee_details if detail.type == "stripe_fee")


def order_named_by(payment_intent_id: str, *, account: str) -> str:
    """The order that a payment was made for by its own metadata, empty if by none; anybody can write that."""
    options: RequestOptions = {"stripe_account": account} if account else {}
    metadata = speaking.ask(lambda v1: v1.payment_intents.retrieve(payment_intent_id, {}, options)).metadata
    return metadata["order"] if "order" in metadata else ""  # noqa: SIM401  # objects of the SDK have no get
