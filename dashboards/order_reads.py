"""A venue's orders as its office reads them: found, listed, and one with all that happened to it. Frozen values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet

from ticketing import disputes, made_good, order_id
from ticketing.admission import TicketStatus
from ticketing.domain_events import ClosedBy, DisputePhase
from ticketing.models import (
    MONEY_IS_BACK,
    Dispute,
    LedgerEntry,
    Order,
    OrderStatus,
    Refund,
    RefundReason,
    RefundStatus,
    Ticket,
)
from ticketing.money import Split

PAGE = 25
_OPEN = (TicketStatus.ACTIVE, TicketStatus.REDEEMED)


class Filter(StrEnum):
    """Which orders a list shows."""

    BOUGHT = "bought"
    REFUNDED = "refunded"
    ATTENTION = "attention"
    HELD = "held"
    NOT_BOUGHT = "not_bought"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order in a list. Amounts in minor units; `returned` is what the fan got back."""

    order_id: str
    email: str
    status: OrderStatus
    quantity: int
    total: int
    returned: int
    currency: str
    created_at: datetime
    attention: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderList:
    """One page of a show's orders, and how many each filter has."""

    rows: tuple[OrderRow, ...]
    page: Page[Order]
    counts: dict[Filter, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketShown:
    """A ticket, what it cost, and what became of it."""

    id: UUID
    number: int
    ticket_type: str
    split: Split
    status: TicketStatus
    by_dispute: bool
    redeemed_at: datetime | None
    redeemed_door: str

    @property
    def open(self) -> bool:
        """Whether its money can still go back."""
        return self.status in _OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeGood:
    """That the fan was paid another way: when, by whose word, and how in that person's words."""

    at: datetime
    by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundShown:
    """A refund, and the numbers of its tickets."""

    id: UUID
    status: RefundStatus
    reason: RefundReason
    base: int
    fee: int
    total: int
    by: str
    told: str
    at: datetime
    tickets: tuple[int, ...]
    made_good: MadeGood | None

    @property
    def owed(self) -> bool:
        """Whether the fan's bank sent it back, and the fan waits for the money."""
        return self.status == RefundStatus.FAILED and self.made_good is None

    @property
    def unallocated(self) -> bool:
        """Whether a person must say which tickets it was for."""
        return self.status == RefundStatus.UNALLOCATED


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeShown:
    """A dispute, and whether the scan log can still be sent for it."""

    id: UUID
    phase: DisputePhase
    reason: str
    amount: int
    due_by: datetime | None
    evidence_sent_at: datetime | None
    problem: str
    answerable: bool
    holds_refunds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementShown:
    """A row of the ledger: what one movement did to each, in minor units."""

    kind: str
    fan: int
    venue: int
    platform: int
    stripe: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetail:
    """One order with everything that happened to it."""

    id: UUID
    order_id: str
    status: OrderStatus
    email: str
    split: Split
    created_at: datetime
    paid_at: datetime | None
    tickets: tuple[TicketShown, ...]
    refunds: tuple[RefundShown, ...]
    disputes: tuple[DisputeShown, ...]
    movements: tuple[MovementShown, ...]
    evidence: str

    @property
    def refundable(self) -> bool:
        """Whether a refund can be begun: a ticket is open, and no bank is deciding."""
        held = any(dispute.holds_refunds for dispute in self.disputes)
        return not held and any(ticket.open for ticket in self.tickets)


def orders(*, event_id: UUID, asked: str, shown: Filter, page: str) -> OrderList:
    """A show's orders, newest first: those that `asked` finds among all, else those of a filter."""
    every = Order.objects.filter(event_id=event_id)
    found = every.filter(_matching(asked)) if asked else every.filter(_FILTERS[shown])
    rows = found.select_related("purchaser").prefetch_related("lines", "refunds", "disputes")
    paginator = Paginator(rows.distinct().order_by("-created_at", "pk"), PAGE)
    at = paginator.get_page(page)
    counts = {choice: _count(every, choice) for choice in Filter}
    return OrderList(rows=tuple(_row(order) for order in at), page=at, counts=counts)


def order(*, event_id: UUID, number: str, now: datetime) -> OrderDetail | None:
    """One order of a show by its Order ID in any spelling; None if the show has no such order."""
    stored = order_id.parse(number)
    rows = Order.objects.select_related("purchaser", "event__venue")
    found = rows.filter(event_id=event_id, order_id=stored).first() if stored else None
    return None if found is None else _detail(found, now)


def dispute_of(order_pk: UUID, dispute_id: UUID) -> Dispute | None:
    """A dispute of an order."""
    return Dispute.objects.filter(order_id=order_pk, pk=dispute_id).first()


_FILTERS = {
    Filter.BOUGHT: Q(paid_at__isnull=False),
    Filter.REFUNDED: Q(status__in=(OrderStatus.REFUNDED, OrderStatus.PARTIALLY_REFUNDED)),
    Filter.ATTENTION: Q(refunds__status=RefundStatus.UNALLOCATED)
    | Q(pk__in=made_good.owed().values("order_id"))
    | Q(pk__in=Dispute.objects.filter(closed_at=None).values("order_id"))
    | (Q(refunds__status=RefundStatus.REFUSED) & Q(tickets__status__in=_OPEN)),
    Filter.HELD: Q(status=OrderStatus.HELD),
    Filter.NOT_BOUGHT: Q(status=OrderStatus.EXPIRED),
}


def _count(every: QuerySet[Order], choice: Filter) -> int:
    return every.filter(_FILTERS[choice]).distinct().count()


def _matching(asked: str) -> Q:
    """An Order ID in any spelling, the beginning of one, or any part of an email."""
    by_email = Q(purchaser__email__icontains=asked)
    stored = order_id.parse(asked)
    if stored:
        return Q(order_id=stored) | by_email
    typed = order_id.spelled(asked)
    return by_email | Q(order_id__startswith=typed) if typed else by_email


def _row(order: Order) -> OrderRow:
    refunds, bank = list(order.refunds.all()), list(order.disputes.all())
    return OrderRow(
        order_id=order.order_id,
        email=order.purchaser.email,
        status=OrderStatus(order.status),
        quantity=sum(line.quantity for line in order.lines.all()),
        total=order.total,
        returned=sum(refund.total for refund in refunds if _has_reached(refund)),
        currency=order.currency,
        created_at=order.created_at,
        attention=any(_calls(refund) for refund in refunds) or any(d.closed_at is None for d in bank),
    )


def _has_reached(refund: Refund) -> bool:
    return refund.status in MONEY_IS_BACK or refund.made_good_at is not None


def _calls(refund: Refund) -> bool:
    """Whether a person must see to it."""
    owed = refund.status == RefundStatus.FAILED and refund.made_good_at is None
    return owed or refund.status == RefundStatus.UNALLOCATED


def _detail(order: Order, now: datetime) -> OrderDetail:
    return OrderDetail(
        id=order.pk,
        order_id=order.order_id,
        status=OrderStatus(order.status),
        email=order.purchaser.email,
        split=Split(base=order.base, fee=order.fee, currency=order.currency),
        created_at=order.created_at,
        paid_at=order.paid_at,
        tickets=tuple(_tickets(order)),
        refunds=tuple(_refund(refund) for refund in _refunds(order)),
        disputes=tuple(_dispute(dispute, now) for dispute in order.disputes.order_by("created_at")),
        movements=tuple(_movement(entry) for entry in order.ledger_entries.order_by("at", "pk")),
        evidence=f"{disputes.description(order)}\n\n{disputes.access_log(order)}",
    )


def _tickets(order: Order) -> Iterable[TicketShown]:
    splits = {
        line.ticket_type_id: Split(base=line.unit_base, fee=line.unit_fee, currency=order.currency)
        for line in order.lines.all()
    }
    for ticket in order.tickets.select_related("ticket_type").order_by("number"):
        yield _ticket(ticket, splits[ticket.ticket_type_id])


def _ticket(ticket: Ticket, split: Split) -> TicketShown:
    return TicketShown(
        id=ticket.pk,
        number=ticket.number,
        ticket_type=ticket.ticket_type.name,
        split=split,
        status=TicketStatus(ticket.status),
        by_dispute=ticket.closed_by == ClosedBy.DISPUTE,
        redeemed_at=ticket.redeemed_at,
        redeemed_door=ticket.redeemed_door,
    )


def _refunds(order: Order) -> QuerySet[Refund]:
    return (
        order.refunds.select_related("requested_by", "made_good_by")
        .prefetch_related("tickets__ticket")
        .order_by("created_at")
    )


def _refund(refund: Refund) -> RefundShown:
    return RefundShown(
        id=refund.pk,
        status=RefundStatus(refund.status),
        reason=RefundReason(refund.reason),
        base=refund.base,
        fee=refund.fee,
        total=refund.total,
        by=refund.requested_by.email if refund.requested_by else "",
        told=refund.problem if refund.status == RefundStatus.REFUSED else "",
        at=refund.created_at,
        tickets=tuple(sorted(row.ticket.number for row in refund.tickets.all())),
        made_good=_made_good(refund),
    )


def _made_good(refund: Refund) -> MadeGood | None:
    if refund.made_good_at is None:
        return None
    by = refund.made_good_by.email if refund.made_good_by else ""
    return MadeGood(at=refund.made_good_at, by=by, note=refund.made_good_note)


def _dispute(dispute: Dispute, now: datetime) -> DisputeShown:
    waits = dispute.status in ("needs_response", "warning_needs_response")
    return DisputeShown(
        id=dispute.pk,
        phase=disputes.phase_of(dispute.status),
        reason=dispute.reason,
        amount=dispute.amount,
        due_by=dispute.due_by,
        evidence_sent_at=dispute.evidence_sent_at,
        problem=dispute.problem,
        answerable=waits
        and dispute.evidence_sent_at is None
        and (dispute.due_by is None or now < dispute.due_by),
        holds_refunds=not dispute.charge_refundable,
    )


def _movement(entry: LedgerEntry) -> MovementShown:
    return MovementShown(
        kind=entry.kind,
        fan=entry.fan,
        venue=entry.venue,
        platform=entry.platform,
        stripe=entry.stripe,
        at=entry.at,
    )
