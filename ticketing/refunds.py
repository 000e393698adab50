"""Money back, by ticket. The intent is written first, and closes the tickets at every door in the same transaction;
then Stripe is asked, with the row's id as the key; what Stripe answers, or tells by webhook, settles it, once.

A refund that Stripe refuses gives the tickets back. Seats go on sale again only when the money is on its way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from ticketing import inventory, log, refund_effects
from ticketing.clock import millis
from ticketing.domain_events import (
    RefundFailed,
)
from ticketing.models import (
    MONEY_IS_BACK,
    LedgerKind,
    Order,
    OrderLine,
    OrderStatus,
    Refund,
    RefundReason,
    RefundStatus,
    Ticket,
    User,
)
from ticketing.payments import gateway, ledger

_LOGGER = logging.getLogger(__name__)


_RETRY_AFTER = timedelta(seconds=2)


_RETRY_AT_LEAST_EVERY = timedelta(minutes=10)


class RefundRefusal(StrEnum):
    """Why no refund was begun."""

    ORDER_UNKNOWN = "order_unknown"
    NOT_PAID = "not_paid"
    NOTHING_CHOSEN = "nothing_chosen"
    TICKET_UNKNOWN = "ticket_unknown"
    ALREADY_CLOSED = "already_closed"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundBegun:
    """The intent is on record, and its tickets are closed. The worker sends it, or `send` does at once."""

    refund: Refund


@transaction.atomic
def request(
    *,
    order_pk: UUID,
    ticket_ids: Iterable[UUID],
    return_fee: bool,
    reason: RefundReason,
    by: User | None,
    now: datetime,
) -> RefundBegun | RefundRefusal:
    """Begin to refund tickets of one order. All of them or none."""
    order = Order.objects.select_for_update().filter(pk=order_pk).first()
    if order is None:
        return RefundRefusal.ORDER_UNKNOWN
    if order.status not in (OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED):
        return RefundRefusal.NOT_PAID
    wanted = set(ticket_ids)
    tickets = list(order.tickets.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("number"))
    if refusal := refusal_of(order, wanted, tickets):
        return refusal
    inventory.take(order.pk)
    refund = _write(order, tickets, return_fee=return_fee, reason=reason, by=by, now=now)
    refund_effects.close(order, refund, tickets, now)
    if refund.total == 0:
        settle(order_pk=order.pk, refund_pk=refund.pk, told=_FREE, now=now)
        refund.refresh_from_db()
    return RefundBegun(refund=refund)


def remaining_tickets(order: Order) -> list[UUID]:
    """The order's tickets that still open a door, or did: what a full refund would end."""
    return list(
        order.tickets.filter(status__in=refund_effects.OPEN).order_by("number").values_list("pk", flat=True)
    )


def send(*, refund_pk: UUID, now: datetime) -> bool:
    """Ask Stripe for a refund that waits; True once Stripe has said yes or no. Its silence leaves it waiting."""
    refund = Refund.objects.select_related("order__event__venue").get(pk=refund_pk)
    if refund.status != RefundStatus.REQUESTED:
        return True
    order = refund.order
    try:
        told = gateway.create_refund(refund=refund, order=order)
    except gateway.PaymentUnavailable as silence:
        later = now + min(_RETRY_AFTER * 2**refund.attempts, _RETRY_AT_LEAST_EVERY)
        Refund.objects.filter(pk=refund_pk).update(
            attempts=refund.attempts + 1, next_attempt_at=later, problem=str(silence)
        )
        return False
    except gateway.PaymentRefused as refusal:
        refuse(order_pk=order.pk, refund_pk=refund_pk, why=str(refusal), now=now)
        return True
    settle(order_pk=order.pk, refund_pk=refund_pk, told=told, now=now)
    return True


def sweep(*, now: datetime, limit: int = 50) -> int:
    """Send what waits; how many got their answer. Stripe's first silence ends the round: it would be silent again."""
    due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    waiting = Refund.objects.filter(due, status=RefundStatus.REQUESTED, created_at__lte=now - _RETRY_AFTER)
    answered = 0
    for pk in waiting.order_by("created_at").values_list("pk", flat=True)[:limit]:
        if not send(refund_pk=pk, now=now):
            break
        answered += 1
    return answered


@transaction.atomic
def settle(*, order_pk: UUID, refund_pk: UUID, told: gateway.RefundTold, now: datetime) -> bool:
    """Bring a refund to where Stripe says that it is; True if that changed it. Any news, in any order, any number of
    times: money is booked once, seats return once, and a failure is final."""
    order = Order.objects.select_for_update().get(pk=order_pk)
    refund = Refund.objects.select_for_update().get(pk=refund_pk)
    failed = told.status in ("failed", "canceled")
    if refund.status in (RefundStatus.SUCCEEDED, RefundStatus.UNALLOCATED) and not failed:
        return False
    if refund.status == RefundStatus.FAILED:
        return False
    if refund.status == RefundStatus.REFUSED:
        refund_effects.close_again(order, refund, now)
    if failed:
        return _fail(order, refund, told, now)
    first = refund.status not in MONEY_IS_BACK
    refund.stripe_refund_id = told.id or None
    refund.status = RefundStatus.SUCCEEDED if told.status == "succeeded" else RefundStatus.PENDING
    refund.problem, refund.settled_at = "", now
    if first and told.fee_back is not None:
        refund.base, refund.fee = refund.total - told.fee_back, told.fee_back
    refund.save(update_fields=["stripe_refund_id", "status", "base", "fee", "problem", "settled_at"])
    if first:
        refund_effects.give_back(order, refund, now)
    return first


@transaction.atomic
def refuse(*, order_pk: UUID, refund_pk: UUID, why: str, now: datetime) -> None:
    """Stripe said no: nothing has moved, and the tickets are what they were."""
    order = Order.objects.select_for_update().get(pk=order_pk)
    inventory.take(order.pk)
    refund = Refund.objects.select_for_update().get(pk=refund_pk)
    if refund.status != RefundStatus.REQUESTED:
        return
    _LOGGER.warning("Stripe refused refund %s: %s", refund.pk, why)
    refund.status, refund.problem, refund.settled_at = RefundStatus.REFUSED, why[:500], now
    refund.save(update_fields=["status", "problem", "settled_at"])
    refund_effects.reopen(order, refund, now)


@transaction.atomic
def record_late_payment(*, order_pk: UUID, payment_intent_id: str | None, now: datetime) -> bool:
    """A payment came after its seats were sold again: it goes back in full, by itself. False if that was done
    before."""
    order = Order.objects.select_for_update().get(pk=order_pk)
    if order.status != OrderStatus.EXPIRED:
        return False
    order.status, order.stripe_payment_intent_id = OrderStatus.REFUNDED, payment_intent_id
    order.save(update_fields=["status", "stripe_payment_intent_id"])
    if payment_intent_id:
        movement = ledger.charged(order)
        ledger.book(
            order=order, kind=LedgerKind.CHARGE, stripe_id=payment_intent_id, movement=movement, at=now
        )
    Refund.objects.create(
        order=order,
        reason=RefundReason.LATE_PAYMENT,
        base=order.base,
        fee=order.fee,
        total=order.total,
        currency=order.currency,
        created_at=now,
    )
    return True


_FREE = gateway.RefundTold(
    id="", status="succeeded", amount=0, charge_id="", payment_intent_id=None, refund_pk=""
)


def refusal_of(order: Order, wanted: set[UUID], tickets: list[Ticket]) -> RefundRefusal | None:
    """Why these tickets of the order cannot be refunded now; None when they can."""
    if not wanted:
        return RefundRefusal.NOTHING_CHOSEN
    if len(tickets) != len(wanted):
        return RefundRefusal.TICKET_UNKNOWN
    if any(ticket.status not in refund_effects.OPEN for ticket in tickets):
        return RefundRefusal.ALREADY_CLOSED
    dispute = order.disputes.filter(charge_refundable=False).order_by("-closed_at").first()
    if dispute is not None:
        return RefundRefusal.CHARGED_BACK if dispute.closed_at else RefundRefusal.DISPUTED
    return None


def _write(
    order: Order,
    tickets: list[Ticket],
    *,
    return_fee: bool,
    reason: RefundReason,
    by: User | None,
    now: datetime,
) -> Refund:
    lines = {line.ticket_type_id: line for line in OrderLine.objects.filter(order=order)}
    base = sum(lines[ticket.ticket_type_id].unit_base for ticket in tickets)
    fee = sum(lines[ticket.ticket_type_id].unit_fee for ticket in tickets) if return_fee else 0
    # What was refunded in Stripe's dashboard without a word for which tickets is not there to be refunded again.
    left = refund_effects.left_of(order)
    fee = min(fee, max(0, left.fee))
    base = min(base, max(0, left.total - fee))
    return Refund.objects.create(
        order=order,
        reason=reason,
        base=base,
        fee=fee,
        total=base + fee,
        currency=order.currency,
        requested_by=by,
        created_at=now,
    )


def _fail(order: Order, refund: Refund, told: gateway.RefundTold, now: datetime) -> bool:
    """The bank sent it back. The tickets stay closed: the fan is owed the money, and a person must see to it."""
    booked = refund.status in MONEY_IS_BACK
    refund.stripe_refund_id = told.id or None
    refund.status, refund.settled_at = RefundStatus.FAILED, now
    refund.problem = "the fan's bank sent the money back: pay the fan another way"
    refund.save(update_fields=["stripe_refund_id", "status", "problem", "settled_at"])
    if not booked:
        refund_effects.give_back(order, refund, now)
    movement = ledger.returned(order, refund.total)
    ledger.book(order=order, kind=LedgerKind.REFUND_FAILED, stripe_id=told.id, movement=movement, at=now)
    failed = RefundFailed(
        order=str(order.pk),
        order_id=order.order_id,
        base=refund.base,
        fee=refund.fee,
        total=refund.total,
        currency=refund.currency,
        of_sale=order.paid_at is not None,
        to_venue=movement.venue,
        at=millis(now),
    )
    log.append(event_id=order.event_id, happened=failed, now=now)
    return True
