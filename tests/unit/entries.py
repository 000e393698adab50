"""Entries of one show's log, for tests of what follows it."""

from __future__ import annotations

from uuid import UUID

from tests.unit.examples import ANCHOR, AT, DEVICE_PK, GA, TICKET_PK
from ticketing import domain_events as e
from ticketing.log import Entry

EVENT = UUID("018f4e1a-0000-7000-8000-000000000001")


def entered(seq: int) -> Entry:
    """Somebody comes in."""
    happened = e.TicketRedeemed(
        ticket=TICKET_PK, ticket_type=GA, anchor=ANCHOR, device=DEVICE_PK, door="Door A", at=AT + seq
    )
    return Entry(seq=seq, happened=happened)


def held(seq: int) -> Entry:
    """A seat is held."""
    return Entry(
        seq=seq, happened=e.HoldPlaced(order="x", lines=(e.Line(ticket_type=GA, quantity=1),), at=AT)
    )
