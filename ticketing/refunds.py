"""Money back, by ticket. The intent is written first, and closes the tickets at every door in the same transaction;
then Stripe is asked, with the row's id as the key; what Stripe answers, or tells by webhook, settles it, once.

A refund that Stripe refuses gives the tickets back. Seats go on sale again only when the money is on its way.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from ticketing import inventory, log
from ticketing.admission import TicketStatus
from ticketing.clock import millis
from ticketing.domain_events import (
    ClosedBy,
    ClosedTicket,
    DisputeChanged,
    DisputePhase,
    Line,
    RefundFailed,
    RefundMade,
    TicketsClosed,
    TicketsReopened,
)
from ticketing.inventory import Seats
from ticketing.models import (
    MONEY_IS_BACK,
    REFUNDABLE,
    ChargeMode,
    Dispute,
    LedgerEntry,
    LedgerKind,
    Order,
    OrderLine,
    OrderStatus,
    Refund,
    RefundReason,
    RefundStatus,
    RefundTicket,
    Ticket,
    User,
)
from ticketing.payments import gateway, ledger

_LOGGER = logging.getLogger(__name__)
_RETRY_AFTER = timedelta(seconds=2)
_RETRY_AT_LEAST_EVERY = timedelta(minutes=10)
_OPEN = (TicketStatus.ACTIVE, TicketStatus.REDEEMED)


class RefundRefusal(StrEnum):
    """Why no refund was begun."""

    ORDER_UNKNOWN = "order_unknown"
    NOT_PAID = "not_paid"
    NOTHING_CHOSEN = "nothing_chosen"
    TICKET_UNKNOWN = "ticket_unknown"
    ALREADY_CLOSED = "already_closed"
    DISPUTED = "disputed"


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
    if refusal := _unrefundable(order, wanted, tickets):
        return refusal
    inventory.take(order.pk)
    refund = _write(order, tickets, return_fee=return_fee, reason=reason, by=by, now=now)
    _close(order, refund, tickets, now)
    if refund.total == 0:
        settle(order_pk=order.pk, refund_pk=refund.pk, told=_FREE, now=now)
        refund.refresh_from_db()
    return RefundBegun(refund=refund)


def remaining_tickets(order: Order) -> list[UUID]:
    """The order's tickets that still open a door, or did: what a full refund would end."""
    return list(order.tickets.filter(status__in=_OPEN).order_by("number").values_list("pk", flat=True))


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
        _close_again(order, refund, now)
    if failed:
        return _fail(order, refund, told, now)
    first = refund.status not in MONEY_IS_BACK
    refund.stripe_refund_id = told.id or None
    refund.status = RefundStatus.SUCCEEDED if told.status == "succeeded" else RefundStatus.PENDING
    refund.problem, refund.settled_at = "", now
    refund.save(update_fields=["stripe_refund_id", "status", "problem", "settled_at"])
    if first:
        _give_back(order, refund, now)
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
    _reopen(order, refund, now)


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
def record_foreign(*, order_pk: UUID, news: News, now: datetime) -> bool:
    """A refund that was made in Stripe's own dashboard: a whole one closes all that is left, any other waits for a
    person to say which tickets it was for. True if it was news. Raises gateway.PaymentUnavailable when a refund of
    our own came between the question and this."""
    order, told = Order.objects.select_for_update().get(pk=order_pk), news.told
    if Refund.objects.filter(stripe_refund_id=told.id).exists():
        return False
    if order.refunds.filter(status=RefundStatus.REQUESTED).exists() or _fee_booked(order) != news.fee_booked:
        raise gateway.PaymentUnavailable("another refund of this order is on its way")
    inventory.take(order.pk)
    open_tickets = list(order.tickets.select_for_update(of=("self",)).filter(status__in=_OPEN))
    whole = told.amount >= _unrefunded(order).total
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
    _close(order, refund, open_tickets if whole else [], now)
    settle(order_pk=order_pk, refund_pk=refund.pk, told=told, now=now)
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
    if refusal := _unrefundable(order, wanted, tickets):
        return refusal
    inventory.take(order.pk)
    found.status, found.problem = RefundStatus.SUCCEEDED, ""
    found.save(update_fields=["status", "problem"])
    _close(order, found, tickets, now)
    _return_seats_only(order, found, now)
    return RefundBegun(refund=found)


# --- what the verbs are made of ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What of an order has not gone back yet."""

    base: int
    fee: int

    @property
    def total(self) -> int:
        return self.base + self.fee


_FREE = gateway.RefundTold(
    id="", status="succeeded", amount=0, charge_id="", payment_intent_id=None, refund_pk=""
)
_GONE = (RefundStatus.REQUESTED, RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.UNALLOCATED)


def _unrefunded(order: Order) -> _Left:
    gone = list(order.refunds.filter(status__in=_GONE).values_list("base", "fee"))
    return _Left(base=order.base - sum(base for base, _ in gone), fee=order.fee - sum(fee for _, fee in gone))


def _unrefundable(order: Order, wanted: set[UUID], tickets: list[Ticket]) -> RefundRefusal | None:
    if not wanted:
        return RefundRefusal.NOTHING_CHOSEN
    if len(tickets) != len(wanted):
        return RefundRefusal.TICKET_UNKNOWN
    if any(ticket.status not in _OPEN for ticket in tickets):
        return RefundRefusal.ALREADY_CLOSED
    if order.disputes.exclude(status__in=REFUNDABLE).exists():
        return RefundRefusal.DISPUTED
    return None


def _answered(refund_pk: UUID, now: datetime) -> None:
    if not send(refund_pk=refund_pk, now=now):
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
    left = _unrefunded(order)
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


def _close(order: Order, refund: Refund, tickets: list[Ticket], now: datetime) -> None:
    """End the tickets at every door. The order is refunded when none of its tickets is left."""
    if not tickets:
        return
    RefundTicket.objects.bulk_create(
        RefundTicket(refund=refund, ticket=ticket, status_before=ticket.status) for ticket in tickets
    )
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).update(
        status=TicketStatus.REFUNDED, closed_by=ClosedBy.REFUND
    )
    _name_order(order)
    if (
        order.status == OrderStatus.REFUNDED
    ):  # then there is nothing left to say which tickets a refund was for
        order.refunds.filter(status=RefundStatus.UNALLOCATED).update(
            status=RefundStatus.SUCCEEDED, problem=""
        )
    told = tuple(closed_ticket(ticket, TicketStatus.REFUNDED) for ticket in tickets)
    closed = TicketsClosed(order=str(order.pk), tickets=told, closed_by=ClosedBy.REFUND, at=millis(now))
    log.append(event_id=order.event_id, happened=closed, now=now)


def _close_again(order: Order, refund: Refund, now: datetime) -> None:
    """Stripe refused the last question, and had done what the first one asked: what is open of it closes after all."""
    inventory.take(order.pk)
    tickets = list(
        order.tickets.select_for_update(of=("self",)).filter(refunds__refund=refund, status__in=_OPEN)
    )
    refund.tickets.all().delete()
    _close(order, refund, tickets, now)


def _reopen(order: Order, refund: Refund, now: datetime) -> None:
    """The tickets are what they were; but for an open dispute, which they have missed while they were closed."""
    dispute = order.disputes.exclude(status__in=REFUNDABLE).first()
    rows = list(refund.tickets.select_related("ticket"))
    told, voided = [], []
    for row in rows:
        status = TicketStatus(row.status_before)
        if dispute is not None and status is TicketStatus.ACTIVE:
            status = TicketStatus.VOID
            voided.append(row.ticket)
        closed_by = ClosedBy.DISPUTE if status is TicketStatus.VOID else ""
        Ticket.objects.filter(pk=row.ticket_id).update(status=status, closed_by=closed_by)
        told.append(closed_ticket(row.ticket, status))
    _name_order(order)
    if rows:
        reopened = TicketsReopened(order=str(order.pk), tickets=tuple(told), at=millis(now))
        log.append(event_id=order.event_id, happened=reopened, now=now)
    if dispute is not None and dispute.closed_at is not None:
        _lose_seats(order, dispute, voided, now)


def _lose_seats(order: Order, dispute: Dispute, voided: list[Ticket], now: datetime) -> None:
    """The dispute was lost before these tickets were its: their seats go on sale now."""
    kinds = Counter(ticket.ticket_type_id for ticket in voided)
    seats = [Seats(ticket_type_id=kind, quantity=quantity) for kind, quantity in kinds.items()]
    inventory.give_back(seats)
    lost = DisputeChanged(
        order=str(order.pk),
        order_id=order.order_id,
        dispute=dispute.stripe_id,
        phase=DisputePhase.LOST,
        amount=dispute.amount,
        currency=dispute.currency,
        seats=_lines(seats),
        at=millis(now),
    )
    log.append(event_id=order.event_id, happened=lost, now=now)


def _name_order(order: Order) -> None:
    """An order's status follows from its tickets."""
    if order.paid_at is None:
        return
    statuses = Counter(order.tickets.values_list("status", flat=True))
    gone, whole = statuses[TicketStatus.REFUNDED], sum(statuses.values())
    order.status = (
        OrderStatus.PAID
        if gone == 0
        else OrderStatus.REFUNDED
        if gone == whole
        else OrderStatus.PARTIALLY_REFUNDED
    )
    order.save(update_fields=["status"])


def _give_back(order: Order, refund: Refund, now: datetime) -> None:
    """Book the money, put the seats back on sale, and tell."""
    if refund.stripe_refund_id:
        movement = ledger.refunded(base=refund.base, fee=refund.fee)
        key = refund.stripe_refund_id
        ledger.book(order=order, kind=LedgerKind.REFUND, stripe_id=key, movement=movement, at=now)
    seats = _seats_of(refund)
    inventory.give_back(seats)
    _tell_made(order, refund, seats, now)


def _return_seats_only(order: Order, refund: Refund, now: datetime) -> None:
    """The money was told when it moved; now its seats are known."""
    seats = _seats_of(refund)
    inventory.give_back(seats)
    made = _refund_made(order, refund, seats, now, base=0, fee=0)
    log.append(event_id=order.event_id, happened=made, now=now)


def _tell_made(order: Order, refund: Refund, seats: list[Seats], now: datetime) -> None:
    made = _refund_made(order, refund, seats, now, base=refund.base, fee=refund.fee)
    log.append(event_id=order.event_id, happened=made, now=now)


def _refund_made(
    order: Order, refund: Refund, seats: list[Seats], now: datetime, *, base: int, fee: int
) -> RefundMade:
    return RefundMade(
        order=str(order.pk),
        order_id=order.order_id,
        base=base,
        fee=fee,
        total=base + fee,
        currency=refund.currency,
        seats=_lines(seats),
        of_sale=order.paid_at is not None,
        at=millis(now),
    )


def _lines(seats: list[Seats]) -> tuple[Line, ...]:
    return tuple(Line(ticket_type=str(s.ticket_type_id), quantity=s.quantity) for s in seats)


def _fail(order: Order, refund: Refund, told: gateway.RefundTold, now: datetime) -> bool:
    """The bank sent it back. The tickets stay closed: the fan is owed the money, and a person must see to it."""
    booked = refund.status in MONEY_IS_BACK
    refund.stripe_refund_id = told.id or None
    refund.status, refund.settled_at = RefundStatus.FAILED, now
    refund.problem = "the fan's bank sent the money back: pay the fan another way"
    refund.save(update_fields=["stripe_refund_id", "status", "problem", "settled_at"])
    if not booked:
        _give_back(order, refund, now)
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
        at=millis(now),
    )
    log.append(event_id=order.event_id, happened=failed, now=now)
    return True


def _seats_of(refund: Refund) -> list[Seats]:
    kinds = Counter(refund.tickets.values_list("ticket__ticket_type_id", flat=True))
    return [Seats(ticket_type_id=kind, quantity=quantity) for kind, quantity in kinds.items()]


def closed_ticket(ticket: Ticket, status: TicketStatus) -> ClosedTicket:
    """A ticket as the log tells of its closing or reopening."""
    return ClosedTicket(
        ticket=str(ticket.pk),
        ticket_type=str(ticket.ticket_type_id),
        anchor=bytes(ticket.anchor).hex(),
        status=status,
    )
