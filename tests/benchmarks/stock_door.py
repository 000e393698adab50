"""The door's stock way, for comparison: each scan is a transaction of its own, row by row through the ORM.

It keeps what ours keeps in the ordinary case (the scan, the ticket, the log's entry) and judges nothing else: no order
whole, no fact told again, no undo. So it does less.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from ticketing import live_code, log
from ticketing.admission import TicketStatus
from ticketing.clock import millis, moment
from ticketing.domain_events import TicketRedeemed
from ticketing.models import Device, Scan, Ticket
from ticketing.scans import Outcome, ScanFact


@transaction.atomic
def redeem(*, device_id: UUID, scan: ScanFact, now: datetime) -> bool:
    """Let one ticket in; False if it is in already."""
    device = Device.objects.select_related("event").get(pk=device_id)
    code, chain = live_code.parse(scan.code), device.event.chain
    assert code is not None
    qr_hash = live_code.walk(salt=chain.salt, value=code.value, step=code.step).hex()
    ticket = Ticket.objects.select_for_update().get(event=device.event, qr_hash=qr_hash)
    is_first = ticket.status == TicketStatus.ACTIVE
    if is_first:
        ticket.status, ticket.redeemed_at, ticket.redeemed_door = TicketStatus.REDEEMED, now, device.name
        ticket.save()
    Scan.objects.create(
        scan_id=UUID(scan.scan_id),
        event=device.event,
        device=device,
        device_seq=scan.device_seq,
        ticket=ticket,
        order_id=ticket.order_id,
        code=scan.code,
        decision=scan.decision,
        scanned_at=moment(scan.scanned_at),
        clock_offset_ms=scan.clock_offset_ms,
        received_at=now,
        verdict={"t": "admitted"} if is_first else {"t": "already_in"},
        redeems=is_first,
        outcome=Outcome.REDEMPTION if is_first else Outcome.TURNED_AWAY,
    )
    if is_first:
        redeemed = TicketRedeemed(
            ticket=str(ticket.pk),
            ticket_type=str(ticket.ticket_type_id),
            anchor=bytes(ticket.anchor).hex(),
            device=str(device.pk),
            door=device.name,
            scan=scan.scan_id,
            at=millis(now),
        )
        log.append(event_id=device.event_id, happened=redeemed, now=now)
    return is_first
