"""A fan's orders and tickets: the reads behind the wallet. The seeds leave the server here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ticketing import late_sale, live_code, log
from ticketing.admission import TicketStatus
from ticketing.clock import millis
from ticketing.domain_events import ClosedBy, HoldReleased, ReleaseReason
from ticketing.models import Order, OrderStatus, Refund, RefundStatus, Ticket
from ticketing.money import Split


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletTicket:
    """A ticket as its holder has it. `seed` (16 bytes) makes the live code; it must stay on the holder's phone.

    `certificate` is what a door without network is shown first, when the ticket was sold since the door window opened:
    its list may be older. Empty for any other ticket.
    """

    id: UUID
    number: int
    ticket_type: str
    status: TicketStatus
    redeemed_at: datetime | None
    redeemed_door: str
    seed: bytes
    certificate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLineShown:
    """So many tickets of one type, and what one of them cost."""

    ticket_type: str
    quantity: int
    split: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundShown:
    """Money on its way back to the fan, in minor units. `needs_person` when the fan's bank did not take it, until the
    venue has paid the fan another way (`made_good`)."""

    total: int
    currency: str
    sent: bool
    needs_person: bool
    made_good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """An order as who has its link sees it. `paid` is false for a payment that came too late, too;
    `disputed` when a bank took the money back and so closed tickets."""

    token: str
    order_id: str
    status: OrderStatus
    email: str
    split: Split
    lines: tuple[OrderLineShown, ...]
    hold_expires_at: datetime
    payment_url: str
    event_slug: str
    title: str
    artists: tuple[str, ...]
    venue: str
    city: str
    time_zone: ZoneInfo
    doors_at: datetime
    starts_at: datetime
    chain: live_code.Chain
    window_starts_ms: int
    tickets: tuple[WalletTicket, ...]
    paid: bool
    refunds: tuple[RefundShown, ...]
    disputed: bool

    @property
    def money_back(self) -> int:
        """What has gone back to the fan, or is on its way: minor units."""
        return sum(refund.total for refund in self.refunds if refund.sent and not refund.needs_person)

    @property
    def open_tickets(self) -> int:
        """How many of the tickets open the door, or did."""
        return sum(t.status in (TicketStatus.ACTIVE, TicketStatus.REDEEMED) for t in self.tickets)


def order_page(token: str) -> OrderPage | None:
    """An order by its unguessable token."""
    order = _orders().filter(token=token).first()
    return None if order is None else _page(order)


def orders_of(user_id: UUID) -> list[OrderPage]:
    """A signed-in fan's orders that have, or had, tickets: newest first."""
    paid = _orders().filter(purchaser_id=user_id, paid_at__isnull=False).order_by("-created_at")
    return [_page(order) for order in paid]


def why_released(token: str) -> ReleaseReason | None:
    """Why an order's seats went back on sale; None for an order that has, or had, more than a hold."""
    order = Order.objects.filter(token=token, status=OrderStatus.EXPIRED).first()
    if order is None:
        return None
    told = log.latest_naming(event_id=order.event_id, kind="hold_released", name=str(order.pk))
    return told.reason if isinstance(told, HoldReleased) else None


def _orders() -> QuerySet[Order]:
    rows = Order.objects.select_related("event__venue", "purchaser")
    return rows.prefetch_related(
        "event__artists",
        "lines__ticket_type",
        "tickets__ticket_type",
        "tickets__user",
        "refunds",
    )


def _page(order: Order) -> OrderPage:
    event = order.event
    return OrderPage(
        token=order.token,
        order_id=order.order_id,
        status=OrderStatus(order.status),
        email=order.purchaser.email,
        split=Split(base=order.base, fee=order.fee, currency=order.currency),
        lines=tuple(
            OrderLineShown(
                ticket_type=line.ticket_type.name,
                quantity=line.quantity,
                split=Split(base=line.unit_base, fee=line.unit_fee, currency=order.currency),
            )
            for line in order.lines.all()
        ),
        hold_expires_at=order.hold_expires_at,
        payment_url=order.stripe_session_url if order.status == OrderStatus.HELD else "",
        event_slug=event.slug,
        title=event.title,
        artists=tuple(artist.name for artist in event.artists.all()),
        venue=event.venue.name,
        city=event.venue.city,
        time_zone=ZoneInfo(event.venue.time_zone),
        doors_at=event.doors_at,
        starts_at=event.starts_at,
        chain=event.chain,
        window_starts_ms=event.window_starts_ms,
        tickets=tuple(_ticket(t, order) for t in sorted(order.tickets.all(), key=lambda t: t.number)),
        paid=order.paid_at is not None,
        refunds=tuple(
            _refund(refund)
            for refund in order.refunds.all()
            if refund.status != RefundStatus.REFUSED and refund.total
        ),
        disputed=any(ticket.closed_by == ClosedBy.DISPUTE for ticket in order.tickets.all()),
    )


def _refund(refund: Refund) -> RefundShown:
    return RefundShown(
        total=refund.total,
        currency=refund.currency,
        sent=refund.status != RefundStatus.REQUESTED,
        needs_person=refund.status == RefundStatus.FAILED and refund.made_good_at is None,
        made_good=refund.made_good_at is not None,
    )


def _ticket(ticket: Ticket, order: Order) -> WalletTicket:
    return WalletTicket(
        id=ticket.pk,
        number=ticket.number,
        ticket_type=ticket.ticket_type.name,
        status=TicketStatus(ticket.status),
        redeemed_at=ticket.redeemed_at,
        redeemed_door=ticket.redeemed_door,
        seed=live_code.seed_of(
            user_secret=bytes(ticket.user.secret),
            event_id=ticket.event_id,
            ticket_id=ticket.pk,
            transfer_no=ticket.transfer_no,
        ),
        certificate=_certificate(ticket, order),
    )


def _certificate(ticket: Ticket, order: Order) -> str:
    event, sold_at = order.event, order.paid_at
    if sold_at is None or millis(sold_at) < event.window_starts_ms or ticket.status != TicketStatus.ACTIVE:
        return ""
    told = late_sale.Certificate(anchor=bytes(ticket.anchor), issued_at=millis(sold_at) // 1000)
    return late_sale.text_of(told, key=bytes(event.late_sale_key), event_id=event.pk)
