"""The door: scans and undos come in as facts, verdicts go out, and each ticket has at most one redemption.

Facts are taken in together, as many as wait: one transaction, a few statements, the same outcome as if they had come
one after the other in any order (`ticketing.outcome`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Q

from ticketing import admission, live_code, order_id, undoing
from ticketing.admission import (
    Admitted,
    AlreadyIn,
    ByOrder,
    Entry,
    RefusalReason,
    Refused,
    TicketStatus,
    Verdict,
)
from ticketing.clock import millis, moment
from ticketing.door_book import Book, Party, is_admission, plausible
from ticketing.live_code import LiveCode
from ticketing.models import Device, Event, Order, Scan, Ticket, Undo
from ticketing.scans import Decision, Outcome, ScanFact, UndoFact, UndoRefusal
from ticketing.undoing import UndoRecorded

_STRENGTH = list(Decision)


class ScanRefusal(StrEnum):
    """Why a scan, or an undo, was not even judged; nothing of it was kept."""

    DEVICE_REVOKED = "device_revoked"
    SCAN_ID_TAKEN = "scan_id_taken"
    SCAN_UNKNOWN = "scan_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The scan is on record. Only a fact of the kind `acknowledged` may leave the phone's journal for it."""

    verdict: Verdict
    acknowledged: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What one device has to tell: scans and undos, oldest first."""

    device_id: UUID
    scans: tuple[ScanFact, ...] = ()
    undos: tuple[UndoFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The answer to a journal: one to each scan and each undo, in their order."""

    scans: tuple[Recorded | ScanRefusal, ...]
    undos: tuple[UndoRecorded | ScanRefusal, ...]


def record(*, device_id: UUID, scan: ScanFact, now: datetime) -> Recorded | ScanRefusal:
    """Judge a scan and keep it. Telling the same fact again gives its first verdict again.

    Of several facts told under one id the strongest stays, in whatever order they come: it is what happened.
    """
    [taken] = take_in([Journal(device_id=device_id, scans=(scan,))], now=now)
    return taken.scans[0]


def undo(*, device_id: UUID, fact: UndoFact, now: datetime) -> UndoRecorded | ScanRefusal:
    """Take an admission back: the ticket may enter again. Telling the same fact again gives its first answer again.

    It is judged by its own moment, since a phone without network tells it late. Where a second phone had let the same
    ticket in, the ticket stays in, by that entry.
    """
    [taken] = take_in([Journal(device_id=device_id, undos=(fact,))], now=now)
    return taken.undos[0]


def take_in(journals: Sequence[Journal], *, now: datetime, though_revoked: bool = False) -> list[Taken]:
    """Judge and keep what several devices of one event tell, in one transaction; an answer to each journal.

    A revoked device is refused, unless its journal may still come up (`though_revoked`): what it did before counts.
    """
    if not journals:
        return []
    facts = _Facts.of(journals, though_revoked=though_revoked)
    try:
        with transaction.atomic():
            return _TakingIn(facts, now).answers(journals)
    except IntegrityError:
        # Another process has just kept one of these ids.
        return [_one_by_one(journal, now, though_revoked=though_revoked) for journal in journals]


def _one_by_one(journal: Journal, now: datetime, *, though_revoked: bool) -> Taken:
    def alone(part: Journal) -> Taken | None:
        facts = _Facts.of([part], though_revoked=though_revoked)
        try:
            with transaction.atomic():
                return _TakingIn(facts, now).answers([part])[0]
        except IntegrityError:
            return None

    device = journal.device_id
    scans = [alone(Journal(device_id=device, scans=(fact,))) for fact in journal.scans]
    undos = [alone(Journal(device_id=device, undos=(fact,))) for fact in journal.undos]
    return Taken(
        scans=tuple(taken.scans[0] if taken else ScanRefusal.SCAN_ID_TAKEN for taken in scans),
        undos=tuple(taken.undos[0] if taken else ScanRefusal.SCAN_ID_TAKEN for taken in undos),
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a scan's text says: a live code and the ticket that it walks to, or an Order ID."""

    code: LiveCode | None
    qr_hash: str | None
    order_id: str | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """Facts of one event, with all that can be found out about them before any row is locked: codes are walked here,
    so that a rogue door phone cannot invent a ticket that it has not seen."""

    event: Event
    devices: dict[UUID, Device]
    shown: dict[str, _Shown]
    though_revoked: bool

    @classmethod
    def of(cls, journals: Sequence[Journal], *, though_revoked: bool) -> _Facts:
        """Raises Device.DoesNotExist, and ValueError for devices of several events."""
        wanted = {journal.device_id for journal in journals}
        # All of the event's devices: whoever let somebody in before may be another one.
        theirs = Device.objects.filter(pk__in=wanted).values("event")
        devices = {device.pk: device for device in Device.objects.filter(event__in=theirs).order_by()}
        if missing := wanted - devices.keys():
            raise Device.DoesNotExist(f"no device {missing}")
        if len({device.event_id for device in devices.values()}) > 1:
            raise ValueError("these devices are of several events")
        event = Event.objects.get(pk=next(iter(devices.values())).event_id)
        scans = (fact for journal in journals for fact in journal.scans)
        return cls(event, devices, {fact.code: _read(event, fact) for fact in scans}, though_revoked)

    def orders(self) -> set[UUID]:
        """The orders that were shown."""
        hashes = {shown.qr_hash for shown in self.shown.values() if shown.qr_hash}
        typed = {shown.order_id for shown in self.shown.values() if shown.order_id}
        found: set[UUID] = set()
        if hashes:
            tickets = Ticket.objects.filter(event=self.event, qr_hash__in=hashes)
            found.update(tickets.values_list("order_id", flat=True))
        if typed:
            orders = Order.objects.filter(event=self.event, order_id__in=typed)
            found.update(orders.values_list("pk", flat=True))
        return found


def _read(event: Event, fact: ScanFact) -> _Shown:
    if fact.decision is Decision.ADMITTED_MANUALLY:
        return _Shown(None, None, order_id.parse(fact.code))
    code, chain = live_code.parse(fact.code), event.chain
    if code is None or code.step > chain.steps:
        return _Shown(code, None, None)
    return _Shown(code, live_code.walk(salt=chain.salt, value=code.value, step=code.step).hex(), None)


class _TakingIn:
    """One transaction: the rows are read, each fact becomes a row, the orders are judged, and all is written back.

    What happened comes first and is judged at once, whatever its order; questions come after, one by one, since each
    is answered with what the one before it changed.
    """

    def __init__(self, facts: _Facts, now: datetime) -> None:
        self._facts, self._now = facts, now
        self._book = Book(facts.event.pk, now, facts.devices)
        self._tickets: dict[str, Ticket] = {}
        self._orders: dict[str, Party] = {}
        self._scans: dict[tuple[UUID, str, Decision], Scan | ScanRefusal] = {}
        self._undos: dict[tuple[UUID, str], UndoRecorded | ScanRefusal] = {}

    def answers(self, journals: Sequence[Journal]) -> list[Taken]:
        """Take everything in; the answers."""
        self._read(journals)
        told = [(j.device_id, fact) for j in journals for fact in j.scans if fact.decision != Decision.ASKED]
        asked = [(j.device_id, fact) for j in journals for fact in j.scans if fact.decision == Decision.ASKED]
        undos = [(j.device_id, fact) for j in journals for fact in j.undos]
        kept = [scan for device, fact in told if (scan := self._keep(device, fact)) is not None]
        self._undo(undos, is_last=False)
        self._judge(kept)
        for scan in kept:
            scan.verdict = msgspec.to_builtins(self._verdict_of(scan))
        for device, fact in asked:
            self._ask(device, fact)
        self._undo(undos, is_last=True)
        self._book.write()
        return [self._taken(journal) for journal in journals]

    def _read(self, journals: Sequence[Journal]) -> None:
        scan_ids = {UUID(fact.scan_id) for j in journals for fact in j.scans}
        scan_ids |= {UUID(fact.scan_id) for j in journals for fact in j.undos}
        undo_ids = {UUID(fact.undo_id) for j in journals for fact in j.undos}
        known = Scan.objects.filter(Q(pk__in=scan_ids), order__isnull=False)
        orders = self._facts.orders() | set(known.values_list("order_id", flat=True))
        self._book.read(orders=orders, scans=scan_ids, undos=undo_ids)
        for party in self._book.parties.values():
            self._orders[party.order.order_id] = party
            self._tickets.update((ticket.qr_hash, ticket) for ticket in party.tickets)

    def _taken(self, journal: Journal) -> Taken:
        device = journal.device_id
        return Taken(
            scans=tuple(self._answer(device, fact) for fact in journal.scans),
            undos=tuple(self._undos[device, fact.undo_id] for fact in journal.undos),
        )

    def _answer(self, device_id: UUID, fact: ScanFact) -> Recorded | ScanRefusal:
        scan = self._scans[device_id, fact.scan_id, fact.decision]
        if isinstance(scan, ScanRefusal):
            return scan
        verdict: Verdict = msgspec.convert(scan.verdict, type=Verdict)
        return Recorded(verdict=verdict, acknowledged=fact.decision)

    # --- facts become rows -----------------------------------------------------------------------------------------

    def _keep(self, device_id: UUID, fact: ScanFact) -> Scan | None:
        """The row that a fact makes or overwrites; None when it changes nothing."""
        key = (device_id, fact.scan_id, fact.decision)
        earlier = self._book.scans.get(UUID(fact.scan_id))
        if (refusal := self._refusal(device_id, fact, earlier)) is not None:
            self._scans.setdefault(key, refusal)
            return None
        scan = self._scans[key] = earlier or Scan(scan_id=UUID(fact.scan_id), verdict={})
        if earlier is not None and not _overwrites(fact.decision, earlier.decision):
            return None
        self._fill(scan, device_id, fact)
        self._book.keep(scan)
        return scan

    def _refusal(self, device_id: UUID, fact: ScanFact, earlier: Scan | None) -> ScanRefusal | None:
        is_revoked = self._book.devices[device_id].revoked_at is not None
        if is_revoked and not (self._facts.though_revoked and fact.decision is not Decision.ASKED):
            return ScanRefusal.DEVICE_REVOKED
        if earlier is None:
            return None
        ticket = self._ticket_of(fact)
        is_other = earlier.ticket_id is not None and (ticket is None or ticket.pk != earlier.ticket_id)
        if earlier.device_id != device_id or (is_other and _overwrites(fact.decision, earlier.decision)):
            return ScanRefusal.SCAN_ID_TAKEN
        return None

    def _fill(self, scan: Scan, device_id: UUID, fact: ScanFact) -> None:
        ticket, party = self._ticket_of(fact), self._party_of(fact)
        scan.event_id, scan.device_id = self._facts.event.pk, device_id
        scan.ticket, scan.order = ticket, party.order if party else None
        scan.code = fact.code.replace("\x00", "\ufffd")  # a foreign QR may hold it; no PostgreSQL text can
        scan.decision, scan.device_seq, scan.admits = fact.decision, fact.device_seq, fact.admits
        scan.scanned_at, scan.clock_offset_ms = moment(fact.scanned_at), fact.clock_offset_ms
        scan.received_at = self._now
        code = self._facts.shown[fact.code].code
        plausible(scan, step_starts_at=self._starts_at(code.step) if code and ticket else None)

    def _starts_at(self, step: int) -> int:
        return self._facts.event.window_starts_ms + step * live_code.STEP_S * 1000

    def _ticket_of(self, fact: ScanFact) -> Ticket | None:
        qr_hash = self._facts.shown[fact.code].qr_hash
        return self._tickets.get(qr_hash) if qr_hash else None

    def _party_of(self, fact: ScanFact) -> Party | None:
        if (ticket := self._ticket_of(fact)) is not None:
            return self._book.parties[ticket.order_id]
        typed = self._facts.shown[fact.code].order_id
        return self._orders.get(typed) if typed else None

    # --- judging ---------------------------------------------------------------------------------------------------

    def _judge(self, scans: Iterable[Scan]) -> None:
        of = {scan.pk: self._book.parties.get(scan.order_id) if scan.order_id else None for scan in scans}
        parties = {party.order.pk: party for party in of.values() if party is not None}
        self._book.judge(parties.values())
        self._book.judge_lone(self._book.scans[pk] for pk, party in of.items() if party is None)

    def _ask(self, device_id: UUID, fact: ScanFact) -> None:
        """A question is judged by the server's clock, and by what is true now."""
        if (scan := self._keep(device_id, fact)) is None:
            return
        ticket = self._ticket_of(fact)
        here = Entry(at=millis(self._now), door=self._door(scan), scan_id=fact.scan_id)
        verdict = self._decide(fact.code, ticket, here)
        if isinstance(verdict, Admitted):
            scan.admitted_at = scan.entered_at = self._now
            scan.clock_wrong = False
            self._judge([scan])
        elif ticket is not None and isinstance(verdict, AlreadyIn):
            self._book.seen_twice(ticket, here, admitted=False)
        scan.verdict = msgspec.to_builtins(verdict)

    def _decide(self, text: str, ticket: Ticket | None, here: Entry) -> Verdict:
        starts_at = self._facts.event.window_starts_ms
        now_step = live_code.step_at(window_starts_ms=starts_at, at_ms=here.at)
        code, standing = self._facts.shown[text].code, self._standing_of(ticket)
        return admission.decide(code=code, standing=standing, now_step=now_step, here=here)

    def _standing_of(self, ticket: Ticket | None) -> admission.Standing | None:
        if ticket is None:
            return None
        party = self._book.parties[ticket.order_id]
        entry = _entry_of(ticket)
        if entry and party.has_free_ticket and party.came_in_by_order(ticket):
            entry = None  # whoever came in by the Order ID has one of the other tickets then
        return admission.Standing(
            ticket_type=ticket.ticket_type.name, status=TicketStatus(ticket.status), entry=entry
        )

    def _verdict_of(self, scan: Scan) -> Verdict:
        """What a fact that was told is answered with: how it looks to who knows all."""
        if scan.decision == Decision.ADMITTED_MANUALLY:
            party = self._book.parties.get(scan.order_id) if scan.order_id else None
            entries = party.judged.entries.values() if party else ()
            return ByOrder(known=party is not None, counted=list(entries).count(str(scan.pk)))
        ticket = scan.ticket
        if not is_admission(scan):
            at = min(millis(scan.scanned_at), millis(self._now))
            here = Entry(at=at, door=self._door(scan), scan_id=str(scan.pk))
            return self._decide(scan.code, ticket, here)
        if ticket is None:
            form = self._facts.shown[scan.code].code
            return Refused(reason=RefusalReason.UNKNOWN if form else RefusalReason.NOT_A_TICKET)
        return self._on_admission(scan, ticket)

    def _on_admission(self, scan: Scan, ticket: Ticket) -> Verdict:
        kind, entry = ticket.ticket_type.name, _entry_of(ticket)
        if scan.outcome in (Outcome.REDEMPTION, Outcome.UNDONE):
            return Admitted(ticket_type=kind, entry=self._book.entry_by(scan))
        if ticket.status in (TicketStatus.REFUNDED, TicketStatus.VOID):
            return Refused(reason=RefusalReason(ticket.status))
        return AlreadyIn(ticket_type=kind, entry=entry) if entry else Refused(reason=RefusalReason.UNKNOWN)

    def _door(self, scan: Scan) -> str:
        return self._book.devices[scan.device_id].name

    # --- undos -----------------------------------------------------------------------------------------------------

    def _undo(self, undos: Iterable[tuple[UUID, UndoFact]], *, is_last: bool) -> None:
        """Take in those whose scan is known by now; what is not known in the end is refused."""
        changed: dict[UUID, Scan] = {}
        for device_id, fact in undos:
            if (device_id, fact.undo_id) in self._undos:
                continue
            scan = self._book.scans.get(UUID(fact.scan_id))
            if scan is None and not is_last:
                continue
            self._undos[device_id, fact.undo_id] = answer = self._undo_one(device_id, fact, scan)
            if scan is not None and isinstance(answer, UndoRecorded):
                changed[scan.pk] = scan
        self._judge(changed.values())

    def _undo_one(self, device_id: UUID, fact: UndoFact, scan: Scan | None) -> UndoRecorded | ScanRefusal:
        device = self._book.devices[device_id]
        if device.revoked_at is not None and not self._facts.though_revoked:
            return ScanRefusal.DEVICE_REVOKED
        if (earlier := self._book.undos_by_id.get(UUID(fact.undo_id))) is not None:
            return _first_answer(device_id, earlier)
        if scan is None or scan.event_id != device.event_id:
            return ScanRefusal.SCAN_UNKNOWN
        undo_ = Undo(
            undo_id=UUID(fact.undo_id),
            scan_id=scan.pk,
            device_id=device_id,
            device_seq=fact.device_seq,
            undone_at=moment(fact.undone_at),
            clock_offset_ms=fact.clock_offset_ms,
            received_at=self._now,
        )
        others = self._book.undos.get(scan.pk, ())
        refusal = undoing.refusal_of(
            undo_, scan=scan, is_admission=is_admission(scan), others=others, device=device
        )
        undo_.refusal = refusal or ""
        self._book.keep_undo(undo_)
        return UndoRecorded(refusal=refusal)


def _overwrites(told: Decision, kept: str) -> bool:
    """Of several facts told under one id the strongest stays, in whatever order they come."""
    return _STRENGTH.index(told) > _STRENGTH.index(Decision(kept))


def _entry_of(ticket: Ticket) -> Entry | None:
    if ticket.redeemed_at is None:
        return None
    scan = str(ticket.redeemed_scan) if ticket.redeemed_scan else None
    return Entry(at=millis(ticket.redeemed_at), door=ticket.redeemed_door, scan_id=scan)


def _first_answer(device_id: UUID, earlier: Undo) -> UndoRecorded | ScanRefusal:
    if earlier.device_id != device_id:
        return ScanRefusal.SCAN_ID_TAKEN
    return UndoRecorded(refusal=UndoRefusal(earlier.refusal) if earlier.refusal else None)
