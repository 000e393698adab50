"""Disputes: a fan's bank asks for the money back. Driven by the state that Stripe tells, in whatever order it tells it.

An inquiry only flags. An open dispute closes what has not entered yet, and takes the venue's share back; won, all that
is undone; lost, the closed tickets' seats go on sale again. Who has entered has entered: that is the evidence.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from ticketing import door_book, inventory, log
from ticketing.admission import TicketStatus
from ticketing.clock import millis, moment
from ticketing.domain_events import (
    ClosedBy,
    DisputeChanged,
    DisputeMoneyMoved,
    DisputePhase,
    Line,
    TicketsClosed,
    TicketsReopened,
)
from ticketing.inventory import Seats
from ticketing.models import REFUNDABLE, Dispute, LedgerEntry, LedgerKind, Order, Scan, Ticket
from ticketing.payments import gateway, ledger
from ticketing.refund_effects import admits_of, closed_ticket, hash_of

_PHASES = {
    "warning_needs_response": DisputePhase.INQUIRY,
    "warning_under_review": DisputePhase.INQUIRY,
    "warning_closed": DisputePhase.CLOSED,
    "needs_response": DisputePhase.OPEN,
    "under_review": DisputePhase.OPEN,
    "appeal_needs_response": DisputePhase.OPEN,
    "appeal_under_review": DisputePhase.OPEN,
    "charge_refunded": DisputePhase.CLOSED,
    "prevented": DisputePhase.CLOSED,
    "won": DisputePhase.WON,
    "lost": DisputePhase.LOST,
}
_ASKED, _NOTHING = "asked", "nothing"
"""A reversal that may or may not have been made; and a venue that has nothing of the sale to take back."""
_FINAL = (DisputePhase.WON, DisputePhase.LOST, DisputePhase.CLOSED)


def phase_of(status: str) -> DisputePhase:
    """Stripe's status in our words. A status that is new to us counts as open: nobody enters on doubtful money."""
    return _PHASES.get(status, DisputePhase.OPEN)


@transaction.atomic
def settle(*, order: Order, told: gateway.DisputeTold, now: datetime) -> bool:
    """Bring a dispute to where Stripe says that it is; True if that changed it."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    inventory.take(order.pk)
    dispute, before = _found(order, told, now)
    after = phase_of(told.status)
    _book_fee(order, told, now)
    if before in _FINAL or (before is after and dispute.status == told.status):
        return False
    if before is DisputePhase.OPEN and after is DisputePhase.INQUIRY:
        return False  # asked before it became a dispute, and overtaken since
    if before is not DisputePhase.OPEN:
        dispute.amount = told.amount
    dispute.status, dispute.charge_refundable = told.status, told.charge_refundable
    dispute.due_by = moment(told.due_by * 1000) if told.due_by else None
    dispute.closed_at = now if after in _FINAL else None
    dispute.save(update_fields=["amount", "status", "charge_refundable", "due_by", "closed_at"])
    if before is not after:
        seats = _enter_phase(order, dispute, now, before=before, after=after)
        _tell(order, dispute, after, seats, now)
    return True


def sweep(*, now: datetime, limit: int = 20) -> int:
    """Move the venue's share where it belongs: reverse it while a dispute is open or lost, repay it once won."""
    # Only a destination charge left the venue's share to take back; a direct charge is disputed at the venue.
    known = Dispute.objects.filter(problem="", order__stripe_transfer_id__isnull=False).select_related(
        "order"
    )
    owing = Q(reversal_id="") & ~Q(status__in=REFUNDABLE)
    done = sum(_reverse(d, now) for d in known.filter(owing | Q(reversal_id=_ASKED)).order_by("pk")[:limit])
    over = known.filter(status__in=REFUNDABLE, closed_at__isnull=False, repayment_id="")
    owed = over.exclude(reversal_id__in=("", _ASKED, _NOTHING))
    return done + sum(_repay(dispute, now) for dispute in owed.order_by("pk")[:limit])


def submit_evidence(*, dispute: Dispute, now: datetime) -> bool:
    """Answer with the scan log: who entered, when, by which door. False if it was answered before. Raises
    gateway.PaymentUnavailable or gateway.PaymentRefused."""
    if dispute.evidence_sent_at is not None:
        return False
    order = Order.objects.select_related("event__venue", "purchaser").get(pk=dispute.order_id)
    gateway.send_evidence(
        dispute=dispute, order=order, text=description(order), log_of_access=access_log(order)
    )
    Dispute.objects.filter(pk=dispute.pk).update(evidence_sent_at=now)
    return True


def access_log(order: Order) -> str:
    """The order's scans as lines for a bank's clerk, oldest first, in UTC."""
    scans = Scan.objects.filter(ticket__order=order).select_related("device", "ticket__ticket_type")
    lines = [
        f"{scan.scanned_at:%Y-%m-%d %H:%M:%S} UTC, {scan.device.name}: "
        f"ticket {scan.ticket.number if scan.ticket else '?'} of order {order}, {scan.verdict['t'].replace('_', ' ')}"
        for scan in scans.order_by("scanned_at")
    ]
    return "\n".join(lines) or "No ticket of this order has been shown at the door."


def _found(order: Order, told: gateway.DisputeTold, now: datetime) -> tuple[Dispute, DisputePhase | None]:
    dispute, created = Dispute.objects.select_for_update().get_or_create(
        stripe_id=told.id,
        defaults={
            "order": order,
            "stripe_charge_id": told.charge_id,
            "status": told.status,
            "amount": told.amount,
            "currency": told.currency,
            "reason": told.reason[:60],
            "charge_refundable": told.charge_refundable,
            "created_at": now,
        },
    )
    return dispute, None if created else phase_of(dispute.status)


def _enter_phase(
    order: Order,
    dispute: Dispute,
    now: datetime,
    *,
    before: DisputePhase | None,
    after: DisputePhase,
) -> list[Seats]:
    """Each phase takes the steps of those before it that were never told: news may be missing or out of order."""
    if after in (DisputePhase.OPEN, DisputePhase.WON, DisputePhase.LOST) and before is not DisputePhase.OPEN:
        _book(order, dispute, LedgerKind.DISPUTE, ledger.disputed(order, dispute.amount), now)
        if after is not DisputePhase.WON:
            _close(order, now)
    if after is DisputePhase.WON or (after is DisputePhase.CLOSED and before is DisputePhase.OPEN):
        given_again = ledger.negated(ledger.disputed(order, dispute.amount))
        _book(order, dispute, LedgerKind.DISPUTE_WON, given_again, now)
        _reopen(order, now)
    if after is DisputePhase.LOST:
        return _seats_back(order)
    return []


def _book(
    order: Order,
    dispute: Dispute,
    kind: LedgerKind,
    movement: ledger.Movement,
    now: datetime,
    *,
    stripe_id: str = "",
) -> None:
    """Book what a dispute moved, under the dispute's own id unless another object moved it; and tell what of it was
    the venue's: the office's page shows what the settlement shows."""
    key = stripe_id or dispute.stripe_id
    booked = ledger.book(order=order, kind=kind, stripe_id=key, movement=movement, at=now)
    if not booked or not movement.venue or order.paid_at is None:
        return
    moved = DisputeMoneyMoved(
        order=str(order.pk),
        order_id=order.order_id,
        dispute=dispute.stripe_id,
        to_venue=movement.venue,
        currency=order.currency,
        at=millis(now),
    )
    log.append(event_id=order.event_id, happened=moved, now=now)


def _book_fee(order: Order, told: gateway.DisputeTold, now: datetime) -> None:
    """Stripe may take its fee a moment after it tells of the dispute."""
    if told.fee:
        movement = ledger.processed(order, told.fee)
        ledger.book(order=order, kind=LedgerKind.DISPUTE_FEE, stripe_id=told.id, movement=movement, at=now)


def _close(order: Order, now: datetime) -> None:
    """Nobody enters on money that the bank has taken back."""
    tickets = list(order.tickets.select_for_update(of=("self",)).filter(status=TicketStatus.ACTIVE))
    if not tickets:
        return
    Ticket.objects.filter(pk__in=[t.pk for t in tickets]).update(
        status=TicketStatus.VOID, closed_by=ClosedBy.DISPUTE
    )
    told = tuple(closed_ticket(ticket, TicketStatus.VOID) for ticket in tickets)
    closed = TicketsClosed(
        order=str(order.pk),
        tickets=told,
        closed_by=ClosedBy.DISPUTE,
        order_hash=hash_of(order),
        admits=admits_of(order),
        at=millis(now),
    )
    log.append(event_id=order.event_id, happened=closed, now=now)


def _reopen(order: Order, now: datetime) -> None:
    tickets = list(order.tickets.select_for_update(of=("self",)).filter(closed_by=ClosedBy.DISPUTE))
    if not tickets:
        return
    # A phone without network may have told of an entry meanwhile.
    mine = Ticket.objects.filter(pk__in=[t.pk for t in tickets])
    mine.filter(redeemed_at=None).update(status=TicketStatus.ACTIVE, closed_by="")
    mine.exclude(redeemed_at=None).update(status=TicketStatus.REDEEMED, closed_by="")
    told = tuple(
        closed_ticket(ticket, TicketStatus.REDEEMED if ticket.redeemed_at else TicketStatus.ACTIVE)
        for ticket in tickets
    )
    reopened = TicketsReopened(
        order=str(order.pk),
        tickets=told,
        order_hash=hash_of(order),
        admits=admits_of(order),
        at=millis(now),
    )
    log.append(event_id=order.event_id, happened=reopened, now=now)
    door_book.settle(order, now=now)


def _seats_back(order: Order) -> list[Seats]:
    kinds = Counter(order.tickets.filter(closed_by=ClosedBy.DISPUTE).values_list("ticket_type_id", flat=True))
    seats = [Seats(ticket_type_id=kind, quantity=quantity) for kind, quantity in kinds.items()]
    inventory.give_back(seats)
    return seats


def _tell(order: Order, dispute: Dispute, phase: DisputePhase, seats: list[Seats], now: datetime) -> None:
    changed = DisputeChanged(
        order=str(order.pk),
        order_id=order.order_id,
        dispute=dispute.stripe_id,
        phase=phase,
        amount=dispute.amount,
        currency=dispute.currency,
        seats=tuple(Line(ticket_type=str(s.ticket_type_id), quantity=s.quantity) for s in seats),
        at=millis(now),
    )
    log.append(event_id=order.event_id, happened=changed, now=now)


def _share(order: Order, dispute: Dispute) -> int:
    """What the venue has of the disputed money: all that it has of the sale, if all that is left of it is disputed."""
    sums = [ledger.balance_of(order, kind=kind) for kind in (LedgerKind.CHARGE, LedgerKind.REFUND)]
    paid, has = -sum(moved.fan for moved in sums), sum(moved.venue for moved in sums)
    return max(0, has if dispute.amount >= paid else has * dispute.amount // paid)


def _reverse(dispute: Dispute, now: datetime) -> bool:
    """The wish is written first: a reversal whose answer was lost is found again, whatever the dispute is by then."""
    try:
        told = _reversal_of(dispute)
    except gateway.PaymentUnavailable:
        return False
    except gateway.PaymentRefused as refusal:
        Dispute.objects.filter(pk=dispute.pk).update(problem=str(refusal)[:500], reversal_id="")
        return False
    if told is None:
        return False
    movement = ledger.taken_from_venue(told.amount)
    with transaction.atomic():
        Dispute.objects.filter(pk=dispute.pk).update(reversal_id=told.id)
        _book(dispute.order, dispute, LedgerKind.DISPUTE_REVERSAL, movement, now, stripe_id=told.id)
    return True


def _reversal_of(dispute: Dispute) -> gateway.ReversalTold | None:
    """The dispute's reversal, made now if it was not; None where none is called for (any more)."""
    order, mine = dispute.order, Dispute.objects.filter(pk=dispute.pk)
    if dispute.reversal_id == _ASKED and (made := gateway.find_reversal(order=order, dispute=dispute)):
        return made
    owing = 0 if dispute.status in REFUNDABLE else _share(order, dispute)
    mine.update(reversal_id=_ASKED if owing else "" if dispute.status in REFUNDABLE else _NOTHING)
    return gateway.reverse_transfer(order=order, dispute=dispute, amount=owing) if owing else None


def _repay(dispute: Dispute, now: datetime) -> bool:
    order = dispute.order
    taken = LedgerEntry.objects.get(kind=LedgerKind.DISPUTE_REVERSAL, stripe_id=dispute.reversal_id)
    try:
        repayment_id = gateway.repay_venue(order=order, dispute=dispute, amount=-taken.venue)
    except gateway.PaymentUnavailable:
        return False
    except gateway.PaymentRefused as refusal:
        Dispute.objects.filter(pk=dispute.pk).update(problem=str(refusal)[:500])
        return False
    movement = ledger.negated(ledger.taken_from_venue(-taken.venue))
    with transaction.atomic():
        Dispute.objects.filter(pk=dispute.pk).update(repayment_id=repayment_id)
        _book(order, dispute, LedgerKind.DISPUTE_REPAID, movement, now, stripe_id=repayment_id)
    return True


def description(order: Order) -> str:
    """What was sold and what became of it, in a sentence for a bank's clerk."""
    event = order.event
    tickets = order.tickets.count()
    entered = order.tickets.filter(redeemed_at__isnull=False).count()
    return (
        f"{tickets} {'ticket' if tickets == 1 else 'tickets'} for {event.title} at {event.venue.name}, "
        f"{event.starts_at:%Y-%m-%d %H:%M} UTC, order {order}; {entered} of them entered the venue."
    )
