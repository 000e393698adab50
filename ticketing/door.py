"""The door: a scan comes in as a fact, a verdict goes out, and at most one redemption a ticket is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction

from ticketing import admission, live_code, log
from ticketing.admission import Admitted, AlreadyIn, Entry, TicketStatus, Verdict
from ticketing.clock import millis, moment
from ticketing.domain_events import DoubleScanDetected, TicketRedeemed
from ticketing.models import Device, Event, Scan, Ticket
from ticketing.scans import Decision, ScanFact

_STRENGTH = (Decision.ASKED, Decision.REFUSED_OFFLINE, Decision.ADMITTED_OFFLINE)


class ScanRefusal(StrEnum):
    """Why a scan was not even judged; nothing of it was kept."""

    DEVICE_REVOKED = "device_revoked"
    SCAN_ID_TAKEN = "scan_id_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The scan is on record. Only a fact of the kind `acknowledged` may leave the phone's journal for it."""

    verdict: Verdict
    acknowledged: Decision


class _ScanIdTaken(Exception):
    """Another device has just committed a scan under this id; the transaction must not commit."""


def record(*, device_id: UUID, scan: ScanFact, now: datetime) -> Recorded | ScanRefusal:
    """Judge a scan and keep it. Telling the same fact again gives its first verdict again.

    An offline decision told under the id of an earlier question overwrites that question: it is what happened.
    """
    try:
        return _record(device_id, scan, now)
    except _ScanIdTaken:
        return ScanRefusal.SCAN_ID_TAKEN


@transaction.atomic
def _record(device_id: UUID, scan: ScanFact, now: datetime) -> Recorded | ScanRefusal:
    # The device's row is the lock of its scans: the same question twice at once is asked once after the other.
    device = Device.objects.select_for_update(of=("self",)).select_related("event").get(pk=device_id)
    if device.revoked_at is not None:
        return ScanRefusal.DEVICE_REVOKED
    earlier = Scan.objects.filter(pk=UUID(scan.scan_id)).first()
    if earlier is not None and earlier.device_id != device.pk:
        return ScanRefusal.SCAN_ID_TAKEN
    if earlier is not None and not _overwrites(scan.decision, earlier.decision):
        return Recorded(verdict=_verdict_of(earlier), acknowledged=scan.decision)
    ticket = _ticket_of(device.event, scan)
    verdict = _own_admission(earlier, scan) or _judge(device, ticket, scan, now)
    _keep(device, ticket, scan, verdict, now, earlier=earlier)
    return Recorded(verdict=verdict, acknowledged=scan.decision)


def _overwrites(told: Decision, kept: str) -> bool:
    """Of several facts told under one id the strongest stays, in whatever order they come."""
    return _STRENGTH.index(told) > _STRENGTH.index(Decision(kept))


def _own_admission(earlier: Scan | None, scan: ScanFact) -> Verdict | None:
    """The answer to a phone's question was lost, and it let the same fan in by itself: one admission, not two."""
    if earlier is None or earlier.decision != Decision.ASKED:
        return None
    verdict = _verdict_of(earlier)
    if isinstance(verdict, Admitted) and scan.decision is Decision.ADMITTED_OFFLINE:
        return verdict
    return None


def _verdict_of(scan: Scan) -> Verdict:
    verdict: Verdict = msgspec.convert(scan.verdict, type=Verdict)
    return verdict


def _ticket_of(event: Event, scan: ScanFact) -> Ticket | None:
    """Walk the digits again: a rogue door phone cannot invent a ticket that it has not seen."""
    code, chain = live_code.parse(scan.code), event.chain
    if code is None or code.step > chain.steps:
        return None
    qr_hash = live_code.walk(salt=chain.salt, value=code.value, step=code.step).hex()
    rows = Ticket.objects.select_for_update(of=("self",)).select_related("ticket_type")
    return rows.filter(event=event, qr_hash=qr_hash).first()


def _judge(device: Device, ticket: Ticket | None, scan: ScanFact, now: datetime) -> Verdict:
    """A question is judged by the server's clock and an offline decision by its own moment."""
    asked = scan.decision is Decision.ASKED
    at = millis(now) if asked else min(scan.scanned_at, millis(now))
    here = Entry(at=at, door=device.name)
    code = live_code.parse(scan.code)
    now_step = live_code.step_at(window_starts_ms=device.event.window_starts_ms, at_ms=at)
    verdict = admission.decide(code=code, standing=_standing_of(ticket), now_step=now_step, here=here)
    if ticket is None or scan.decision is Decision.REFUSED_OFFLINE:
        return verdict
    if isinstance(verdict, Admitted):
        _redeem(device, ticket, here, now)
    elif isinstance(verdict, AlreadyIn):
        _tell_double_scan(ticket, verdict.entry, here, admitted=not asked, now=now)
    return verdict


def _standing_of(ticket: Ticket | None) -> admission.Standing | None:
    if ticket is None:
        return None
    entry = None
    if ticket.redeemed_at is not None:
        entry = Entry(at=millis(ticket.redeemed_at), door=ticket.redeemed_door)
    return admission.Standing(
        ticket_type=ticket.ticket_type.name, status=TicketStatus(ticket.status), entry=entry
    )


def _redeem(device: Device, ticket: Ticket, here: Entry, now: datetime) -> None:
    active = Ticket.objects.filter(pk=ticket.pk, status=TicketStatus.ACTIVE)
    changed = active.update(
        status=TicketStatus.REDEEMED, redeemed_at=moment(here.at), redeemed_door=device.name
    )
    if changed != 1:
        raise RuntimeError("a locked, active ticket was redeemed by somebody else")
    redeemed = TicketRedeemed(
        ticket=str(ticket.pk),
        ticket_type=str(ticket.ticket_type_id),
        anchor=bytes(ticket.anchor).hex(),
        device=str(device.pk),
        door=device.name,
        at=here.at,
    )
    log.append(event_id=device.event_id, happened=redeemed, now=now)


def _tell_double_scan(ticket: Ticket, first: Entry, second: Entry, *, admitted: bool, now: datetime) -> None:
    happened = DoubleScanDetected(
        ticket=str(ticket.pk),
        anchor=bytes(ticket.anchor).hex(),
        first_at=first.at,
        first_door=first.door,
        second_at=second.at,
        second_door=second.door,
        admitted=admitted,
        at=millis(now),
    )
    log.append(event_id=ticket.event_id, happened=happened, now=now)


def _keep(
    device: Device,
    ticket: Ticket | None,
    scan: ScanFact,
    verdict: Verdict,
    now: datetime,
    *,
    earlier: Scan | None,
) -> None:
    fields = {
        "event_id": device.event_id,
        "device": device,
        "device_seq": scan.device_seq,
        "ticket": ticket,
        "code": scan.code.replace("\x00", "\ufffd"),  # a foreign QR may hold it; no PostgreSQL text can
        "decision": scan.decision,
        "scanned_at": moment(scan.scanned_at),
        "clock_offset_ms": scan.clock_offset_ms,
        "received_at": now,
        "verdict": msgspec.to_builtins(verdict),
    }
    if earlier is not None:
        Scan.objects.filter(pk=earlier.pk).update(**fields)
        return
    try:
        Scan.objects.create(scan_id=UUID(scan.scan_id), **fields)
    except IntegrityError as error:
        raise _ScanIdTaken from error
