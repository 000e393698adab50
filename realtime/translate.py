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
            order = _order_now(happened.order_hash, len(happened.tickets))
            return p.TicketsIssued(tickets=tuple(rows), order=order)
        case (
            e.TicketRedeemed()
            | e.TicketUndone()
            | e.RedemptionMoved()
            | e.DoubleScanDetected()
            | e.AdmissionDoubted()
        ):
            return _for_the_door(happened)
        case e.TicketsClosed() | e.TicketsReopened():
            now = (p.TicketNow(anchor=t.anchor, status=t.status) for t in happened.tickets)
            order = _order_now(happened.order_hash, happened.admits)
            return p.TicketsChanged(tickets=tuple(now), order=order)
        case e.DoorPolicyChanged(unknown_orders=policy, supervisor=check):
            return p.DoorPolicy(unknown_orders=policy, supervisor_check=check)
        case (
            e.HoldPlaced()
            | e.HoldReleased()
            | e.EventStatusChanged()
            | e.AllocationThresholdReached()
            | e.SoldOut()
            | e.RefundMade()
            | e.RefundFailed()
            | e.DisputeChanged()
            | e.DisputeMoneyMoved()
            | e.AllocationChanged()
        ):
            return p.Nothing()
        case _:
            assert_never(happened)


AtTheDoor = e.TicketRedeemed | e.TicketUndone | e.RedemptionMoved | e.DoubleScanDetected | e.AdmissionDoubted


def _for_the_door(happened: AtTheDoor) -> p.DoorFact:
    match happened:
        case e.TicketRedeemed():
            return p.TicketEntered(
                anchor=happened.anchor,
                at=happened.at,
                door=happened.door,
                status=happened.status,
                scan_id=happened.scan,
            )
        case e.TicketUndone():
            return p.TicketUndone(anchor=happened.anchor, status=happened.status)
        case e.RedemptionMoved():
            return p.EntryMoved(
                anchor=happened.anchor,
                status=happened.status,
                at=happened.entered_at,
                door=happened.door,
                scan_id=happened.scan,
                was_at=happened.was_at,
                was_door=happened.was_door,
            )
        case e.DoubleScanDetected():
            return p.TicketSeenTwice(
                anchor=happened.anchor,
                first_at=happened.first_at,
                first_door=happened.first_door,
                second_at=happened.second_at,
                second_door=happened.second_door,
                admitted=happened.admitted,
            )
        case e.AdmissionDoubted():
            return p.EntryDoubted(
                why=happened.why,
                at=happened.entered_at,
                door=happened.door,
                count=happened.count,
                anchor=happened.anchor,
            )


def _order_now(order_hash: str, admits: int) -> p.OrderNow | None:
    """None for an entry that was written before doors knew orders."""
    return p.OrderNow(hash=order_hash, admits=admits) if order_hash else None


def sales_fact(happened: AnyDomainEvent) -> p.SalesFact:  # noqa: PLR0911  # an arm for each domain event
    """What the venue's office follows: money, seats and the door's count; never who bought."""
    match happened:
        case e.OrderPaid():
            return _sale_made(happened)
        case e.HoldPlaced():
            return p.SeatsHeld(lines=_lines(happened.lines))
        case e.HoldReleased():
            return p.SeatsReleased(lines=_lines(happened.lines), reason=happened.reason)
        case (
            e.TicketRedeemed()
            | e.TicketUndone()
            | e.RedemptionMoved()
            | e.DoubleScanDetected()
            | e.AdmissionDoubted()
        ):
            return _at_the_door(happened)
        case e.EventStatusChanged():
            return p.StatusChanged(status=happened.status)
        case e.AllocationThresholdReached():
            return p.ThresholdReached(percent=happened.percent, left=happened.left)
        case e.SoldOut():
            return p.AllocationSoldOut(at=happened.at)
        case e.RefundMade() | e.RefundFailed() | e.DisputeChanged() | e.DisputeMoneyMoved():
            return _money_back(happened)
        case e.AllocationChanged():
            terms = (
                p.TypeNow(id=t.ticket_type, allocation=t.allocation, price=t.price) for t in happened.types
            )
            return p.TermsChanged(types=tuple(terms))
        case e.TicketsClosed() | e.TicketsReopened():
            return p.Nothing()  # the office is told of the refund or the dispute itself
        case e.DoorPolicyChanged():
            return p.Nothing()
        case _:
            assert_never(happened)


def _at_the_door(happened: AtTheDoor) -> p.SalesFact:
    match happened:
        case e.TicketRedeemed():
            return p.FanEntered(ticket_type=happened.ticket_type, at=happened.at, door=happened.door)
        case e.TicketUndone():
            return p.EntryUndone(
                ticket_type=happened.ticket_type,
                entered_at=happened.entered_at,
                door=happened.door,
                at=happened.at,
            )
        case e.RedemptionMoved():
            return p.AdmissionMoved(
                ticket_type=happened.ticket_type,
                at=happened.entered_at,
                door=happened.door,
                was_at=happened.was_at,
                was_door=happened.was_door,
            )
        case e.AdmissionDoubted():
            return p.AdmissionDoubted(
                why=happened.why,
                at=happened.entered_at,
                door=happened.door,
                count=happened.count,
                ticket_type=happened.ticket_type,
                order_id=happened.order_id,
            )
        case e.DoubleScanDetected():
            return p.DoubleScan(
                first_at=happened.first_at,
                first_door=happened.first_door,
                second_at=happened.second_at,
                second_door=happened.second_door,
                admitted=happened.admitted,
            )


def _money_back(
    happened: e.RefundMade | e.RefundFailed | e.DisputeChanged | e.DisputeMoneyMoved,
) -> p.SalesFact:
    match happened:
        case e.RefundMade():
            return p.RefundSent(
                order_id=happened.order_id,
                base=happened.base,
                fee=happened.fee,
                total=happened.total,
                currency=happened.currency,
                seats=_lines(happened.seats),
                at=happened.at,
                of_sale=happened.of_sale,
            )
        case e.RefundFailed():
            return p.RefundReturned(
                order_id=happened.order_id,
                base=happened.base,
                fee=happened.fee,
                total=happened.total,
                currency=happened.currency,
                at=happened.at,
                of_sale=happened.of_sale,
                to_venue=happened.to_venue,
            )
        case e.DisputeMoneyMoved():
            return p.DisputeMoneyMoved(
                dispute=happened.dispute,
                order_id=happened.order_id,
                to_venue=happened.to_venue,
                currency=happened.currency,
                at=happened.at,
            )
        case e.DisputeChanged():
            return p.DisputeMoved(
                dispute=happened.dispute,
                order_id=happened.order_id,
                phase=happened.phase,
                amount=happened.amount,
                currency=happened.currency,
                seats=_lines(happened.seats),
                at=happened.at,
            )


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
