"""A show that was called off: everybody gets everything back, order by order, however often the process dies.

There is no list of what is to be done: an order of a cancelled show that has tickets left *is* what is to be done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import QuerySet

from ticketing import checkout, made_good, refunds
from ticketing.admission import TicketStatus
from ticketing.domain_events import EventStatus
from ticketing.models import REFUNDABLE, Dispute, Order, OrderStatus, Refund, RefundReason, RefundStatus

_OPEN = (TicketStatus.ACTIVE, TicketStatus.REDEEMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the refunds of a cancelled show are, in orders. `needs_person` is how many `problems` there are."""

    orders: int
    refunded: int
    under_way: int
    needs_person: int

    @property
    def is_stuck(self) -> bool:
        """Whether what is left to do waits for people."""
        return self.orders > self.refunded and self.refunded + self.needs_person >= self.orders


class ProblemKind(StrEnum):
    """Why an order's money does not go back by itself."""

    REFUSED = "refused"
    RETURNED = "returned"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An order that a person must see to. `told` is Stripe's sentence, where it gave one."""

    order_id: str
    kind: ProblemKind
    told: str


def sweep(*, now: datetime, limit: int = 25) -> int:
    """Begin the next refunds of cancelled shows, and end their open sessions; how many were begun."""
    held = checkout.awake_holds(now=now).filter(event__status=EventStatus.CANCELLED)
    for order in held.order_by("hold_expires_at")[:limit]:
        checkout.abandon(order_token=order.token, now=now)
    # What cannot be begun must not stand in front of what can: refused ones wait for a person, disputed for a bank.
    due = (
        _unreturned(Order.objects.filter(event__status=EventStatus.CANCELLED))
        .exclude(refunds__in=_REFUSED)
        .exclude(disputes__in=_HELD_BACK)
        .order_by("paid_at")
    )
    return sum(_begin(order, now) for order in due[:limit])


def progress(event_id: UUID) -> Progress:
    """Where the refunds of a show stand."""
    orders = Order.objects.filter(event_id=event_id, paid_at__isnull=False)
    asked = orders.filter(refunds__status=RefundStatus.REQUESTED)
    whole = orders.exclude(pk__in=_unreturned(orders)).exclude(pk__in=asked)
    return Progress(
        orders=orders.count(),
        refunded=whole.exclude(refunds__in=made_good.owed()).count(),
        under_way=asked.distinct().count(),
        needs_person=len(problems(event_id)),
    )


def problems(event_id: UUID) -> list[Problem]:
    """The orders of a show whose money waits for a person, by Order ID."""
    failed = made_good.owed().filter(order__event_id=event_id)
    refused = Refund.objects.filter(
        order__in=_unreturned(Order.objects.filter(event_id=event_id)), status=RefundStatus.REFUSED
    )
    unreturned = _unreturned(Order.objects.filter(event_id=event_id))
    disputed = unreturned.filter(disputes__in=_HELD_BACK.filter(closed_at=None))
    charged_back = unreturned.filter(disputes__in=_HELD_BACK.filter(closed_at__isnull=False))
    found = {
        **dict.fromkeys(charged_back.values_list("order_id", flat=True), (ProblemKind.CHARGED_BACK, "")),
        **dict.fromkeys(disputed.values_list("order_id", flat=True), (ProblemKind.DISPUTED, "")),
        **{order: (ProblemKind.REFUSED, told) for order, told in _told(refused)},
        **{order: (ProblemKind.RETURNED, told) for order, told in _told(failed)},
    }
    return [Problem(order_id=order, kind=kind, told=told) for order, (kind, told) in sorted(found.items())]


_HELD_BACK = Dispute.objects.filter(charge_refundable=False)
"""While these last, or because of them for good, Stripe refunds nothing of the payment."""
_LOST_DISPUTES = Dispute.objects.filter(closed_at__isnull=False).exclude(status__in=REFUNDABLE)
# One that was refused before the show was called off, for whatever reason, says nothing of this one.
_REFUSED = Refund.objects.filter(status=RefundStatus.REFUSED, reason=RefundReason.EVENT_CANCELLED)


def _told(rows: QuerySet[Refund]) -> QuerySet[Refund, tuple[str, str]]:
    return rows.order_by("created_at").values_list("order__order_id", "problem")


def _unreturned(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Those that have tickets whose money has not gone back, by us or by the fan's bank."""
    paid = orders.filter(status__in=(OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED))
    return paid.filter(tickets__status__in=_OPEN).exclude(disputes__in=_LOST_DISPUTES).distinct()


def _begin(order: Order, now: datetime) -> bool:
    """The fee goes back too, whatever the venue's policy: the fan gets nothing for it."""
    begun = refunds.request(
        order_pk=order.pk,
        ticket_ids=refunds.remaining_tickets(order),
        return_fee=True,
        reason=RefundReason.EVENT_CANCELLED,
        by=None,
        now=now,
    )
    return isinstance(begun, refunds.RefundBegun)
