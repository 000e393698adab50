"""Refunds, disputes, payouts and movements of money in words for a venue's office. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ticketing import money
from ticketing.domain_events import DisputePhase
from ticketing.models import LedgerKind, OrderStatus, RefundReason, RefundStatus
from ticketing.money import FeePolicy
from ticketing.refunds import RefundRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A state in words, and how it looks: good, warn, bad, or plain (empty). `advice` says what to do, if anything."""

    text: str
    tone: str = ""
    advice: str = ""


ORDER = {
    OrderStatus.HELD: Said(text="Paying", tone="warn"),
    OrderStatus.PAID: Said(text="Paid", tone="good"),
    OrderStatus.EXPIRED: Said(text="Not bought"),
    OrderStatus.REFUNDED: Said(text="Refunded", tone="bad"),
    OrderStatus.PARTIALLY_REFUNDED: Said(text="Partly refunded", tone="warn"),
}
REFUND = {
    RefundStatus.REQUESTED: Said(
        text="Being sent", tone="warn", advice="We ask Stripe until it answers; nothing to do."
    ),
    RefundStatus.PENDING: Said(text="On its way", tone="good", advice="The fan's bank takes a few days."),
    RefundStatus.SUCCEEDED: Said(text="Sent", tone="good"),
    RefundStatus.REFUSED: Said(
        text="Refused by Stripe",
        tone="bad",
        advice="No money moved, and the tickets are open again. Try once more below.",
    ),
    RefundStatus.FAILED: Said(
        text="Came back", tone="bad", advice="The fan's bank did not take it. Pay the fan another way."
    ),
    RefundStatus.UNALLOCATED: Said(
        text="Which tickets?",
        tone="warn",
        advice="Made in Stripe's own pages. Say below which tickets it was for: until then they open the door.",
    ),
}
REASON = {
    RefundReason.ASKED: "Refund",
    RefundReason.EVENT_CANCELLED: "Show cancelled",
    RefundReason.LATE_PAYMENT: "Paid too late, no seat left",
    RefundReason.STRIPE_DASHBOARD: "Refund made at Stripe",
}
DISPUTE = {
    DisputePhase.INQUIRY: Said(
        text="The bank asks",
        tone="warn",
        advice="An inquiry: no money has moved, the tickets are good. An answer often ends it here.",
    ),
    DisputePhase.OPEN: Said(
        text="Disputed",
        tone="bad",
        advice="The bank has taken the money back. Tickets that were not used are closed until it decides.",
    ),
    DisputePhase.WON: Said(text="Won", tone="good", advice="The money is back, and so are the tickets."),
    DisputePhase.LOST: Said(
        text="Lost", tone="bad", advice="The fan keeps the money; unused seats are on sale again."
    ),
    DisputePhase.CLOSED: Said(text="Closed", advice="It ended without a verdict."),
}
FILTERS = {
    "bought": "Bought",
    "attention": "Need you",
    "refunded": "Refunded",
    "held": "Paying",
    "not_bought": "Not bought",
}
MADE_GOOD = Said(text="Paid another way", tone="good")
_MOVEMENTS = {
    LedgerKind.CHARGE: "The fan paid",
    LedgerKind.STRIPE_FEE: "Stripe's fee",
    LedgerKind.REFUND: "Refund",
    LedgerKind.REFUND_FAILED: "Refund came back from the bank",
    LedgerKind.DISPUTE: "The bank took the payment back",
    LedgerKind.DISPUTE_FEE: "Stripe's fee for the dispute",
    LedgerKind.DISPUTE_REVERSAL: "Your share went to the dispute",
    LedgerKind.DISPUTE_WON: "Dispute won: the payment is back",
    LedgerKind.DISPUTE_REPAID: "Your share is back with you",
}
PAYOUT = {
    "paid": Said(text="Paid out", tone="good"),
    "in_transit": Said(text="On its way to the bank", tone="warn"),
    "pending": Said(text="Planned", tone="warn"),
    "canceled": Said(text="Cancelled"),
    "failed": Said(text="Came back", tone="bad", advice="Check the bank account in Stripe's own pages."),
}
_REFUSED = {
    RefundRefusal.ORDER_UNKNOWN: "This refund has been dealt with already.",
    RefundRefusal.NOT_PAID: "There is nothing to refund on this order.",
    RefundRefusal.NOTHING_CHOSEN: "Choose at least one ticket.",
    RefundRefusal.TICKET_UNKNOWN: "One of these tickets is not of this order. Please choose again.",
    RefundRefusal.ALREADY_CLOSED: "One of these tickets was refunded or closed meanwhile. Please choose again.",
    RefundRefusal.DISPUTED: "The fan's bank is deciding about this payment: while it does, Stripe refunds nothing.",
    RefundRefusal.CHARGED_BACK: "A bank disputed this payment, and Stripe refunds nothing of it any more, whoever won.",
}
_DISPUTE_REASONS = {
    "fraudulent": "the card's owner says that it was somebody else",
    "product_not_received": "the fan says that the tickets never came",
    "product_unacceptable": "the fan says that it was not what was sold",
    "duplicate": "the fan says that it was charged twice",
    "credit_not_processed": "the fan says that a promised refund never came",
    "subscription_canceled": "the fan says that it was called off before",
    "unrecognized": "the fan does not recognise the charge",
    "general": "the bank gives no reason",
}


def movement(kind: str) -> str:
    """A row of the ledger."""
    return _MOVEMENTS[LedgerKind(kind)]


def payout(status: str) -> Said:
    """Where a payout is; a status that is new to us in its own word."""
    return PAYOUT.get(status) or Said(text=status.replace("_", " ").capitalize())


def refused(refusal: RefundRefusal) -> str:
    """Why no refund was begun."""
    return _REFUSED[refusal]


def stripe_says(problem: str) -> str:
    """Stripe's own sentence, without the name that its library gives to it."""
    return re.sub(r"^\w+Error: ", "", problem)


def dispute_reason(reason: str) -> str:
    """Why a bank wants the money back."""
    return _DISPUTE_REASONS.get(reason, f"the bank says: {reason.replace('_', ' ')}")


def fee(policy: FeePolicy, currency: str) -> str:
    """A fee rule: `$0.99 + 2.5 % of the price, at least $1.50, at most $9.00 per ticket`."""
    parts = [
        money.display(policy.fixed, currency) if policy.fixed else "",
        f"{policy.basis_points / 100:g} % of the price" if policy.basis_points else "",
    ]
    said = " + ".join(filter(None, parts)) or money.display(0, currency)
    least = f", at least {money.display(policy.minimum, currency)}" if policy.minimum else ""
    most = f", at most {money.display(policy.maximum, currency)}" if policy.maximum is not None else ""
    return f"{said}{least}{most} per ticket"
