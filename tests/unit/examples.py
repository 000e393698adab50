"""One of every domain event, with marks in the places that no audience may be told."""

from __future__ import annotations

from msgspec.structs import replace

from ticketing import domain_events as e
from ticketing.admission import TicketStatus
from ticketing.domain_events import (
    AnyDomainEvent,
    ClosedBy,
    DisputePhase,
    Doubt,
    EventStatus,
    ReleaseReason,
    UnknownOrders,
)

GA, VIP = "018f4e1a-0000-7000-8000-0000000000a1", "018f4e1a-0000-7000-8000-0000000000a2"
ORDER_PK, TICKET_PK, DEVICE_PK = (f"deadbeef-0000-7000-8000-00000000000{n}" for n in (1, 2, 3))
SCAN_ID = "018f4e1b-7777-7000-8000-000000000001"
ANCHOR = "ab" * 16
AT = 1_700_000_000_000
LINES = (e.Line(ticket_type=GA, quantity=2), e.Line(ticket_type=VIP, quantity=1))

PAID = e.OrderPaid(
    order=ORDER_PK,
    order_id="3G9230VQVSQ",
    lines=(
        e.PaidLine(ticket_type=GA, quantity=2, base=4_000, fee=400),
        e.PaidLine(ticket_type=VIP, quantity=1, base=5_000, fee=200),
    ),
    base=9_000,
    fee=600,
    total=9_600,
    currency="USD",
    tickets=(
        e.IssuedTicket(ticket=TICKET_PK, ticket_type=GA, type_name="General admission", anchor=ANCHOR),
        e.IssuedTicket(ticket=TICKET_PK, ticket_type=GA, type_name="General admission", anchor="cd" * 16),
        e.IssuedTicket(ticket=TICKET_PK, ticket_type=VIP, type_name="VIP 🥂", anchor="ef" * 16),
    ),
    from_hold=True,
    order_hash="0123456789abcdef",
    at=AT,
)
CLOSED = e.TicketsClosed(
    order=ORDER_PK,
    tickets=(
        e.ClosedTicket(ticket=TICKET_PK, ticket_type=GA, anchor=ANCHOR, status=TicketStatus.REFUNDED),
        e.ClosedTicket(ticket=TICKET_PK, ticket_type=GA, anchor="cd" * 16, status=TicketStatus.REFUNDED),
    ),
    closed_by=ClosedBy.REFUND,
    order_hash=PAID.order_hash,
    admits=1,
    at=AT,
)
REFUNDED = e.RefundMade(
    order=ORDER_PK,
    order_id="3G9230VQVSQ",
    base=4_000,
    fee=400,
    total=4_400,
    currency="USD",
    seats=(e.Line(ticket_type=GA, quantity=2),),
    of_sale=True,
    at=AT,
)
EVENTS: tuple[AnyDomainEvent, ...] = (
    e.EventStatusChanged(status=EventStatus.PAUSED, at=AT),
    e.HoldPlaced(order=ORDER_PK, lines=LINES, at=AT),
    e.HoldReleased(order=ORDER_PK, lines=LINES, reason=ReleaseReason.EXPIRED, at=AT),
    PAID,
    e.AllocationThresholdReached(percent=90, left=10, at=AT),
    e.SoldOut(sold=100, at=AT),
    e.TicketRedeemed(
        ticket=TICKET_PK,
        ticket_type=GA,
        anchor=ANCHOR,
        device=DEVICE_PK,
        door="Door A",
        scan=SCAN_ID,
        at=AT,
    ),
    e.RedemptionMoved(
        ticket=TICKET_PK,
        ticket_type=GA,
        anchor=ANCHOR,
        status=TicketStatus.REDEEMED,
        scan=SCAN_ID,
        device=DEVICE_PK,
        door="Door B",
        entered_at=AT - 90_000,
        was_at=AT,
        was_door="Door A",
        at=AT + 1,
    ),
    e.AdmissionDoubted(
        scan=SCAN_ID,
        device=DEVICE_PK,
        door="Door B",
        entered_at=AT,
        why=Doubt.BEYOND_ORDER,
        count=2,
        anchor=None,
        ticket_type=None,
        order_id="3G9230VQVSQ",
        at=AT + 1,
    ),
    e.DoorPolicyChanged(
        unknown_orders=UnknownOrders.SUPERVISOR,
        supervisor=e.PinCheck(salt="c2FsdA==", rounds=600_000, hash="aGFzaA=="),
        at=AT,
    ),
    e.TicketUndone(
        ticket=TICKET_PK,
        ticket_type=GA,
        anchor=ANCHOR,
        device=DEVICE_PK,
        door="Door A",
        entered_at=AT - 60_000,
        status=TicketStatus.ACTIVE,
        at=AT,
    ),
    e.DoubleScanDetected(
        ticket=TICKET_PK,
        anchor=ANCHOR,
        first_at=AT - 5,
        first_door="Door A",
        second_at=AT,
        second_door="Door B",
        admitted=True,
        at=AT + 1,
    ),
    CLOSED,
    e.TicketsReopened(
        order=ORDER_PK,
        tickets=(replace(CLOSED.tickets[0], status=TicketStatus.ACTIVE),),
        order_hash=PAID.order_hash,
        admits=2,
        at=AT + 2,
    ),
    REFUNDED,
    e.RefundFailed(
        order=ORDER_PK,
        order_id="3G9230VQVSQ",
        base=4_000,
        fee=400,
        total=4_400,
        currency="USD",
        of_sale=True,
        to_venue=0,
        at=AT,
    ),
    e.DisputeChanged(
        order=ORDER_PK,
        order_id="3G9230VQVSQ",
        dispute="du_1",
        phase=DisputePhase.LOST,
        amount=9_600,
        currency="USD",
        seats=LINES,
        at=AT,
    ),
    e.DisputeMoneyMoved(
        order=ORDER_PK, order_id="3G9230VQVSQ", dispute="du_1", to_venue=-9_000, currency="USD", at=AT
    ),
    e.AllocationChanged(types=(e.TypeTerms(ticket_type=GA, allocation=120, price=2_500),), at=AT),
)
