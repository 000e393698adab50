"""Refunds that were made in Stripe's own dashboard. They name no tickets, and are split as whoever made them chose:
what they cost the venue and NGN is asked of Stripe, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from ticketing import inventory, refund_effects, refunds
from ticketing.models import (
    ChargeMode,
    LedgerEntry,
    LedgerKind,
    Order,
    Refund,
    RefundReason,
    RefundStatus,
)
from ticketing.payments import gateway
from ticketing.refunds import RefundBegun, RefundRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A refund as Stripe tells of it. For one that we did not make, also what of NGN's fee Stripe has given back on
    the whole payment, and what of that we had booked when we asked."""

    told: gateway.RefundTold
    fee_returned: int = 0
    fee_booked: int = 0


def known(*, order: Order, told: gateway.RefundTold) -> Refund | None:
    """Our row of a refund, if it is not the first that we hear of it. A connected account sets its own metadata."""
    mine = order.refunds.filter(pk=told.refund_pk).first() if _is_uuid(told.refund_pk) else None
    return mine or order.refunds.filter(stripe_refund_id=told.id).first()


def news_of(*, refund_id: str, order: Order, account: str, now: datetime) -> News:
    """Ask Stripe about a refund, before any row is locked. Raises gateway.PaymentUnavailable, also while refunds of our
    own are without an answer: whose part of the fee is whose cannot be told before."""
    told = gateway.retrieve_refund(refund_id, account=account)
    mine = known(order=order, told=told)
    if mine is not None:
        if mine.status == RefundStatus.REQUESTED and gateway.returns_fee_apart(refund=mine, order=order):
            _answered(mine.pk, now)
        return News(told=told)
    for refund_pk in order.refunds.filter(status=RefundStatus.REQUESTED).values_list("pk", flat=True):
        _answered(refund_pk, now)
    booked = _fee_booked(order)
    order.stripe_payment_intent_id = told.payment_intent_id  # its own news may not have come yet
    return News(told=told, fee_returned=gateway.retrieve_books(order).fee_returned, fee_booked=booked)


@transaction.atomic
def record(*, order_pk: UUID, news: News, now: datetime) -> bool:
    """A refund that was made in Stripe's own dashboard: a whole one closes all that is left, any other waits for a
    person to say which tickets it was for. True if it was news. Raises gateway.PaymentUnavailable when a refund of
    our own came between the question and this."""
    order, told = Order.objects.select_for_update().get(pk=order_pk), news.told
    if Refund.objects.filter(stripe_refund_id=told.id).exists():
        return False
    if order.refunds.filter(status=RefundStatus.REQUESTED).exists() or _fee_booked(order) != news.fee_booked:
        raise gateway.PaymentUnavailable("another refund of this order is on its way")
    inventory.take(order.pk)
    open_tickets = list(order.tickets.select_for_update(of=("self",)).filter(status__in=refund_effects.OPEN))
    whole = told.amount >= refund_effects.left_of(order).total
    base = _taken_from_venue(order, news)
    refund = Refund.objects.create(
        order=order,
        reason=RefundReason.STRIPE_DASHBOARD,
        base=base,
        fee=told.amount - base,
        total=told.amount,
        currency=order.currency,
        created_at=now,
    )
    refund_effects.close(order, refund, open_tickets if whole else [], now)
    refunds.settle(order_pk=order_pk, refund_pk=refund.pk, told=told, now=now)
    if open_tickets and not whole:
        Refund.objects.filter(pk=refund.pk, status__in=(RefundStatus.SUCCEEDED, RefundStatus.PENDING)).update(
            status=RefundStatus.UNALLOCATED,
            problem="made in Stripe's dashboard: say which tickets it was for",
        )
    return True


@transaction.atomic
def allocate(*, refund_pk: UUID, ticket_ids: Iterable[UUID], now: datetime) -> RefundBegun | RefundRefusal:
    """Say which tickets a refund made in Stripe's dashboard was for: they close, and their seats go back on sale."""
    order = Order.objects.select_for_update(of=("self",)).filter(refunds__pk=refund_pk).first()
    found = Refund.objects.filter(pk=refund_pk, status=RefundStatus.UNALLOCATED).first()
    if order is None or found is None:
        return RefundRefusal.ORDER_UNKNOWN
    wanted = set(ticket_ids)
    tickets = list(order.tickets.select_for_update(of=("self",)).filter(pk__in=wanted))
    if refusal := refunds.refusal_of(order, wanted, tickets):
        return refusal
    inventory.take(order.pk)
    found.status, found.problem = RefundStatus.SUCCEEDED, ""
    found.save(update_fields=["status", "problem"])
    refund_effects.close(order, found, tickets, now)
    refund_effects.return_seats(order, found, now)
    return RefundBegun(refund=found)


def _answered(refund_pk: UUID, now: datetime) -> None:
    if not refunds.send(refund_pk=refund_pk, now=now):
        raise gateway.PaymentUnavailable(f"refund {refund_pk} of the same order has no answer yet")


def _fee_booked(order: Order) -> int:
    """What of NGN's fee has gone back to the venue, by our books: what it gave less than the fan got."""
    rows = LedgerEntry.objects.filter(order=order, kind=LedgerKind.REFUND).values_list("fan", "venue")
    return sum(fan + venue for fan, venue in rows if venue)


def _taken_from_venue(order: Order, news: News) -> int:
    """What a refund that we did not make cost the venue: what was reversed (of a direct charge, all of it) less what it
    got back of the fee. Of several refunds that are new to us, none gets more of the fee than its proportion; and never
    all: that cost the venue nothing would tell `_fee_booked` that nothing was reversed."""
    told = news.told
    taken = told.amount if order.charge_mode == ChargeMode.DIRECT else told.reversed
    proportion = -(-told.amount * order.fee // order.total)
    return taken - max(0, min(news.fee_returned - news.fee_booked, proportion, taken - 1))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
