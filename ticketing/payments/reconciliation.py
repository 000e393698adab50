"""Our ledger against Stripe's: every charge, refund, transfer and fee compared, every drift told, none hidden.

Stripe's side is read from its own objects (balance transactions, transfers, application fees), ours from the ledger.
Facts: `shared/facts/stripe.md` part 2, "Ledger".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ticketing.models import ChargeMode, Dispute, LedgerKind, Order, Refund, RefundStatus
from ticketing.payments import gateway, ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One thing that does not agree, in words a person can act on; amounts in minor units."""

    order: str
    what: str
    ours: int
    stripes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A refund that the fan's bank sent back, in minor units: owed to the fan until `made_good_at`, when somebody says
    that the fan was paid another way. Both books agree on it, so it is no drift."""

    order: str
    total: int
    made_good_at: datetime | None
    made_good_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """How many orders were compared, what did not agree, and the refunds that came back."""

    orders: int
    drifts: tuple[Drift, ...]
    returned: tuple[Returned, ...]


def reconcile(*, since: datetime) -> Reconciled:
    """Compare every order that Stripe was paid for since a moment. Raises gateway.PaymentUnavailable."""
    orders = list(
        Order.objects.filter(created_at__gte=since)
        .exclude(stripe_payment_intent_id=None)
        .order_by("created_at")
    )
    return Reconciled(
        orders=len(orders),
        drifts=tuple(drift for order in orders for drift in _compare(order)),
        returned=tuple(_returned(refund) for refund in _sent_back(orders)),
    )


def _sent_back(orders: list[Order]) -> QuerySet[Refund]:
    failed = Refund.objects.filter(order__in=orders, status=RefundStatus.FAILED)
    return failed.select_related("order", "made_good_by").order_by("created_at")


def _returned(refund: Refund) -> Returned:
    return Returned(
        order=str(refund.order),
        total=refund.total,
        made_good_at=refund.made_good_at,
        made_good_by=refund.made_good_by.email if refund.made_good_by else "",
    )


def _compare(order: Order) -> Iterator[Drift]:
    try:
        pairs = _pairs(order, gateway.retrieve_books(order), list(order.disputes.all()))
    except gateway.PaymentRefused as refusal:
        yield Drift(
            order=str(order), what=f"Stripe does not know the payment: {refusal}", ours=order.total, stripes=0
        )
        return
    for what, (mine, stripes) in pairs.items():
        if mine != stripes:
            yield Drift(order=str(order), what=what, ours=mine, stripes=stripes)


def _pairs(order: Order, books: gateway.Books, disputed: list[Dispute]) -> dict[str, tuple[int, int]]:
    """Each thing that must agree: ours, and Stripe's."""
    ours = {kind: _sum(order, kind) for kind in LedgerKind}
    account = order.stripe_account_id if order.charge_mode == ChargeMode.DIRECT else ""
    told = [gateway.retrieve_dispute(dispute.stripe_id, account=account) for dispute in disputed]
    withdrawn, dispute_fees = sum(one.withdrawn for one in told), sum(one.fee for one in told)
    repaid = sum(gateway.repaid(dispute.repayment_id) for dispute in disputed if dispute.repayment_id)
    kept = books.captured - books.refunded - books.fee_kept - books.stripe_fee - withdrawn - dispute_fees
    return {
        "charged": (-ours[LedgerKind.CHARGE].fan, books.captured),
        "refunded": (ours[LedgerKind.REFUND].fan + ours[LedgerKind.REFUND_FAILED].fan, books.refunded),
        "disputed": (ours[LedgerKind.DISPUTE].fan + ours[LedgerKind.DISPUTE_WON].fan, withdrawn),
        "the venue's net": (
            sum(movement.venue for movement in ours.values()),
            kept if account else books.transferred - books.fee_kept + repaid,
        ),
        "Stripe's fee": (ours[LedgerKind.STRIPE_FEE].stripe, books.stripe_fee),
        "Stripe's fee for disputes": (ours[LedgerKind.DISPUTE_FEE].stripe, dispute_fees),
    }


def _sum(order: Order, kind: LedgerKind) -> ledger.Movement:
    return ledger.balance_of(order, kind=kind)
