"""What a refund does to the order's tickets, seats and books, and what the log is told of it. Every step is part of a
transaction that holds the order's row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from ticketing import door_book, inventory, log, order_id
from ticketing.admission import TicketStatus
from ticketing.clock import millis
from ticketing.domain_events import (
    ClosedBy,
    ClosedTicket,
    DisputeChanged,
    DisputePhase,
    Line,
    RefundMade,
    TicketsClosed,
    TicketsReopened,
)
from ticketing.inventory import Seats
from ticketing.models import (
    REFUNDABLE,
    Dispute,
    LedgerKind,
    Order,
    OrderStatus,
    Refund,
    RefundStatus,
    RefundTicket,
    Ticket,
)
from ticketing.payments import ledger

OPEN = (TicketStatus.ACTIVE, TicketStatus.REDEEMED)
"""The tickets that open a door, or did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What of an order has not gone back yet."""

    base: int
    fee: int

    @property
    def total(self) -> int:
        return self.base + self.fee


_GONE = (RefundStatus.REQUESTED, RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.UNALLOCATED)


def left_of(order: Order) -> Left:
    """What of the order has not gone back, nor been asked to."""
    gone = list(order.refunds.filter(status__in=_GONE).values_list("base", "fee"))
    return Left(base=order.base - sum(base for base, _ in gone), fee=order.fee - sum(fee for _, fee in gone))


def close(order: Order, refund: Refund, tickets: list[Ticket], now: datetime) -> None:
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
    if order.status == OrderStatus.REFUNDED:
        # There is nothing left to say which tickets a refund was for.
        order.refunds.filter(status=RefundStatus.UNALLOCATED).update(
            status=RefundStatus.SUCCEEDED, problem=""
        )
    told = tuple(closed_ticket(ticket, TicketStatus.REFUNDED) for ticket in tickets)
    closed = TicketsClosed(
        order=str(order.pk),
        tickets=told,
        closed_by=ClosedBy.REFUND,
        order_hash=hash_of(order),
        admits=admits_of(order),
        at=millis(now),
    )
    log.append(event_id=order.event_id, happened=closed, now=now)


def close_again(order: Order, refund: Refund, now: datetime) -> None:
    """Stripe refused the last question, and had done what the first one asked: what is open of it closes after all."""
    inventory.take(order.pk)
    tickets = list(
        order.tickets.select_for_update(of=("self",)).filter(refunds__refund=refund, status__in=OPEN)
    )
    refund.tickets.all().delete()
    close(order, refund, tickets, now)


def reopen(order: Order, refund: Refund, now: datetime) -> None:
    """The tickets are what they were; but for an open dispute, which they have missed while they were closed."""
    dispute = order.disputes.exclude(status__in=REFUNDABLE).first()
    rows = list(refund.tickets.select_related("ticket"))
    told, voided = [], []
    for row in rows:
        # A phone without network may have told of its entry meanwhile.
        is_in = row.ticket.redeemed_at is not None
        status = TicketStatus.REDEEMED if is_in else TicketStatus(row.status_before)
        if dispute is not None and status is TicketStatus.ACTIVE:
            status = TicketStatus.VOID
            voided.append(row.ticket)
        closed_by = ClosedBy.DISPUTE if status is TicketStatus.VOID else ""
        Ticket.objects.filter(pk=row.ticket_id).update(status=status, closed_by=closed_by)
        told.append(closed_ticket(row.ticket, status))
    _name_order(order)
    if rows:
        reopened = TicketsReopened(
            order=str(order.pk),
            tickets=tuple(told),
            order_hash=hash_of(order),
            admits=admits_of(order),
            at=millis(now),
        )
        log.append(event_id=order.event_id, happened=reopened, now=now)
        door_book.settle(order, now=now)
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


def give_back(order: Order, refund: Refund, now: datetime) -> None:
    """Book the money, put the seats back on sale, and tell."""
    if refund.stripe_refund_id:
        movement = ledger.refunded(base=refund.base, fee=refund.fee)
        key = refund.stripe_refund_id
        ledger.book(order=order, kind=LedgerKind.REFUND, stripe_id=key, movement=movement, at=now)
    seats = _seats_of(refund)
    inventory.give_back(seats)
    _tell_made(order, refund, seats, now)


def return_seats(order: Order, refund: Refund, now: datetime) -> None:
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


def _seats_of(refund: Refund) -> list[Seats]:
    kinds = Counter(refund.tickets.values_list("ticket__ticket_type_id", flat=True))
    return [Seats(ticket_type_id=kind, quantity=quantity) for kind, quantity in kinds.items()]


def hash_of(order: Order) -> str:
    """How doors know the order."""
    return order_id.hash_of(event_id=order.event_id, order_id=order.order_id).hex()


def admits_of(order: Order) -> int:
    """How many people the order's tickets let in now, whether they are in or not."""
    return order.tickets.filter(status__in=OPEN).count()


def closed_ticket(ticket: Ticket, status: TicketStatus) -> ClosedTicket:
    """A ticket as the log tells of its closing or reopening."""
    return ClosedTicket(
        ticket=str(ticket.pk),
        ticket_type=str(ticket.ticket_type_id),
        anchor=bytes(ticket.anchor).hex(),
        status=status,
    )
