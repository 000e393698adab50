"""A domain event as an audience may see it. Pure; the one point where anything is left out.

Each audience has its own messages, built field by field: nothing reaches a socket because nobody thought of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from realtime import protocol as p
from ticketing import domain_events as e
from ticketing.domain_events import AnyDomainEvent


def door_fact(happened: AnyDomainEvent) -> p.DoorFact:
    """What a door phone needs: which codes open, and which do not any more."""
    match happened:
        case e.OrderPaid():
            rows = (p.TicketRow(anchor=t.anchor, ticket_type=t.type_name) for t in happened.tickets)
            return p.TicketsIssued(tickets=tuple(rows))
        case e.TicketRedeemed():
            return p.TicketEntered(anchor=happened.anchor, at=happened.at, door=happened.door)
        case e.DoubleScanDetected():
            return p.TicketSeenTwice(
                anchor=happened.anchor,
                first_at=happened.first_at,
                first_door=happened.first_door,
                second_at=happened.second_at,
                second_door=happened.second_door,
                admitted=happened.admitted,
            )
        case (
            e.HoldPlaced()
            | e.HoldReleased()
            | e.EventStatusChanged()
            | e.AllocationThresholdReached()
            | e.SoldOut()
        ):
            return p.Nothing()
        case _:
            assert_never(happened)


def sales_fact(happened: AnyDomainEvent) -> p.SalesFact:
    """What the venue's office follows: money, seats and the door's count; never who bought."""
    match happened:
        case e.OrderPaid():
            return _sale_made(happened)
        case e.HoldPlaced():
            return p.SeatsHeld(lines=_lines(happened.lines))
        case e.HoldReleased():
            return p.SeatsReleased(lines=_lines(happened.lines), reason=happened.reason)
        case e.TicketRedeemed():
            return p.FanEntered(ticket_type=happened.ticket_type, at=happened.at, door=happened.door)
        case e.DoubleScanDetected():
            return p.DoubleScan(
                first_at=happened.first_at,
                first_door=happened.first_door,
                second_at=happened.second_at,
                second_door=happened.second_door,
                admitted=happened.admitted,
            )
        case e.EventStatusChanged():
            return p.StatusChanged(status=happened.status)
        case e.AllocationThresholdReached():
            return p.ThresholdReached(percent=happened.percent, left=happened.left)
        case e.SoldOut():
            return p.AllocationSoldOut(at=happened.at)
        case _:
            assert_never(happened)


def _sale_made(paid: e.OrderPaid) -> p.SaleMade:
    return p.SaleMade(
        order_id=paid.order_id,
        lines=_lines(paid.lines),
        quantity=sum(line.quantity for line in paid.lines),
        base=paid.base,
        fee=paid.fee,
        total=paid.total,
        currency=paid.currency,
        at=paid.at,
        from_hold=paid.from_hold,
    )


def _lines(lines: Iterable[e.Line | e.PaidLine]) -> tuple[p.SaleLine, ...]:
    return tuple(p.SaleLine(ticket_type=line.ticket_type, quantity=line.quantity) for line in lines)
