"""What somebody should look at after a night at the door: each admission that is not plainly one ticket's one entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Q

from ticketing import order_id
from ticketing.admission import TicketStatus
from ticketing.models import Scan, Ticket
from ticketing.scans import Decision, Outcome

MOST = 200
_OUTCOMES = (
    Outcome.SECOND,
    Outcome.TICKET_CLOSED,
    Outcome.AFTER_REVOCATION,
    Outcome.BEYOND_ORDER,
    Outcome.ORDER_UNKNOWN,
    Outcome.CODE_UNKNOWN,
    Outcome.UNKNOWN,
)


class Why(StrEnum):
    """Why to look at an admission. The first of these that holds is named."""

    SECOND = "second"
    TICKET_CLOSED = "ticket_closed"
    AFTER_REVOCATION = "after_revocation"
    BEYOND_ORDER = "beyond_order"
    ORDER_UNKNOWN = "order_unknown"
    CODE_UNKNOWN = "code_unknown"
    UNKNOWN = "unknown"
    BEFORE_REFUND = "before_refund"
    BY_ORDER = "by_order"
    CLOCK_WRONG = "clock_wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToReview:
    """One line of the list. `order_id` is as people read it, or empty; `first_at` and `first_door` of a second entry
    are those of the first; `people` is more than one only for an Order ID."""

    why: Why
    at: datetime
    door: str
    people: int
    ticket_type: str
    order_id: str
    first_at: datetime | None
    first_door: str
    clock_wrong: bool


def to_review(event_id: UUID) -> list[ToReview]:
    """The newest lines first, at most `MOST`."""
    rows = Scan.objects.filter(event_id=event_id).filter(
        Q(outcome__in=_OUTCOMES)
        | Q(clock_wrong=True, entered_at__isnull=False, outcome=Outcome.REDEMPTION)
        | Q(decision=Decision.ADMITTED_MANUALLY, outcome=Outcome.REDEMPTION)
        | Q(decision=Decision.UNKNOWN, outcome=Outcome.REDEMPTION)
        | Q(outcome=Outcome.REDEMPTION, ticket__status__in=(TicketStatus.REFUNDED, TicketStatus.VOID))
    )
    rows = rows.select_related("device", "order", "ticket__ticket_type").order_by("-scanned_at", "pk")
    return [_line(scan) for scan in rows[:MOST]]


def _line(scan: Scan) -> ToReview:
    ticket = scan.ticket
    is_second = scan.outcome == Outcome.SECOND and ticket is not None
    return ToReview(
        why=_why(scan, ticket),
        at=scan.entered_at or scan.scanned_at,
        door=scan.device.name,
        people=scan.admits,
        ticket_type=ticket.ticket_type.name if ticket else "",
        order_id=_order_of(scan),
        first_at=ticket.redeemed_at if is_second and ticket else None,
        first_door=ticket.redeemed_door if is_second and ticket else "",
        clock_wrong=scan.clock_wrong,
    )


def _why(scan: Scan, ticket: Ticket | None) -> Why:
    if scan.outcome in _OUTCOMES:
        return Why(scan.outcome)
    return next(why for why, holds in _lesser(scan, ticket) if holds)


def _lesser(scan: Scan, ticket: Ticket | None) -> Iterable[tuple[Why, bool]]:
    closed = (TicketStatus.REFUNDED, TicketStatus.VOID)
    yield Why.UNKNOWN, scan.decision == Decision.UNKNOWN
    yield Why.BEFORE_REFUND, ticket is not None and ticket.status in closed
    yield Why.BY_ORDER, scan.decision == Decision.ADMITTED_MANUALLY
    yield Why.CLOCK_WRONG, True


def _order_of(scan: Scan) -> str:
    if scan.order is not None:
        return order_id.display(scan.order.order_id)
    typed = order_id.parse(scan.code) if scan.decision == Decision.ADMITTED_MANUALLY else None
    return order_id.display(typed) if typed else ""
