"""The rows that some facts of the door concern: read under the locks of their orders, judged, and written back.

An order is judged whole (`ticketing.outcome`): who came in by its Order ID takes of what its codes leave. So its row is
the lock of everything that happens to its tickets, here as for refunds and disputes, and several are taken in the order
of their keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection

from ticketing import log, order_id, outcome, prepared, undoing
from ticketing.admission import Entry, TicketStatus
from ticketing.clock import millis, moment
from ticketing.domain_events import (
    AdmissionDoubted,
    AnyDomainEvent,
    DoubleScanDetected,
    Doubt,
    RedemptionMoved,
    TicketRedeemed,
    TicketsClosed,
    TicketUndone,
)
from ticketing.models import Device, Order, Scan, Ticket, Undo
from ticketing.outcome import Admission, Judged, TicketFact
from ticketing.scans import Decision, Outcome

_CLOSED = (TicketStatus.REFUNDED, TicketStatus.VOID)
_DOUBTS = {
    Outcome.TICKET_CLOSED: Doubt.TICKET_CLOSED,
    Outcome.AFTER_REVOCATION: Doubt.AFTER_REVOCATION,
    Outcome.BEYOND_ORDER: Doubt.BEYOND_ORDER,
    Outcome.ORDER_UNKNOWN: Doubt.ORDER_UNKNOWN,
    Outcome.CODE_UNKNOWN: Doubt.CODE_UNKNOWN,
}
_SCAN_FIELDS = (
    "device_seq",
    "ticket",
    "order",
    "code",
    "decision",
    "scanned_at",
    "clock_offset_ms",
    "received_at",
    "verdict",
    "redeems",
    "admits",
    "admitted_at",
    "entered_at",
    "clock_wrong",
    "outcome",
    "alerted_at",
)
_TICKET_FIELDS = ("status", "redeemed_at", "redeemed_door", "redeemed_scan")


def is_admission(scan: Scan) -> bool:
    """Whether people came in by this scan, rightly or not, as far as anybody knows."""
    if scan.decision in (Decision.ADMITTED_OFFLINE, Decision.ADMITTED_MANUALLY):
        return True
    return scan.admitted_at is not None and scan.decision in (Decision.ASKED, Decision.UNKNOWN)


@dataclass(slots=True)
class Party:
    """One order at the door: its tickets by number, and the scans of it."""

    order: Order
    tickets: list[Ticket]
    scans: dict[UUID, Scan] = field(default_factory=dict)
    judged: Judged = field(default_factory=Judged)

    @property
    def has_free_ticket(self) -> bool:
        """Whether a ticket is left that nobody came in by."""
        return any(ticket.status == TicketStatus.ACTIVE for ticket in self.tickets)

    def came_in_by_order(self, ticket: Ticket) -> bool:
        """Whether somebody claimed this very ticket by the Order ID; it could have been another of the order."""
        scan = self.scans.get(ticket.redeemed_scan) if ticket.redeemed_scan else None
        return scan is not None and scan.ticket_id is None


@dataclass(slots=True)
class Book:
    """What some facts of one event's door concern. `told` is what the log is to be told of them, in order."""

    event_id: UUID
    now: datetime
    devices: dict[UUID, Device]
    parties: dict[UUID, Party] = field(default_factory=dict)
    scans: dict[UUID, Scan] = field(default_factory=dict)
    undos: dict[UUID, list[Undo]] = field(default_factory=dict)
    undos_by_id: dict[UUID, Undo] = field(default_factory=dict)
    told: list[AnyDomainEvent] = field(default_factory=list)
    _as_read: dict[UUID, tuple[object, ...]] = field(default_factory=dict)
    _new_undos: list[Undo] = field(default_factory=list)

    # --- reading ---------------------------------------------------------------------------------------------------

    def read(self, *, orders: Collection[UUID], scans: Collection[UUID], undos: Collection[UUID]) -> None:
        """Lock these orders, and read all that is known of them, and of these scans and undos."""
        locked = Order.objects.select_for_update(no_key=True).filter(pk__in=orders).order_by("pk")
        self.parties = {order.pk: Party(order, []) for order in locked} if orders else {}
        if orders:
            rows = Ticket.objects.filter(order__in=orders).select_related("ticket_type").order_by("number")
            for ticket in rows:
                self.parties[ticket.order_id].tickets.append(ticket)
                self._as_read[ticket.pk] = _state(ticket, _TICKET_FIELDS)
        for scan in self._scans_of(orders, scans):
            self.keep(scan)
            self._as_read[scan.pk] = _state(scan, _SCAN_FIELDS)
        self._read_undos(undos)

    def _scans_of(self, orders: Collection[UUID], scans: Collection[UUID]) -> Iterable[Scan]:
        of_orders = Scan.objects.filter(order__in=orders) if orders else Scan.objects.none()
        return [*of_orders, *Scan.objects.filter(pk__in=scans, order=None)]

    def _read_undos(self, undos: Collection[UUID]) -> None:
        of_scans = Undo.objects.filter(scan__in=self.scans) if self.scans else Undo.objects.none()
        known = [*of_scans, *(Undo.objects.filter(pk__in=undos) if undos else ())]
        for undo in {undo.pk: undo for undo in known}.values():
            self._note_undo(undo)

    def _note_undo(self, undo: Undo) -> None:
        self.undos.setdefault(undo.scan_id, []).append(undo)
        self.undos_by_id[undo.pk] = undo

    # --- facts -----------------------------------------------------------------------------------------------------

    def keep(self, scan: Scan) -> None:
        """Take a scan among the rows."""
        self.scans[scan.pk] = scan
        if scan.order_id is not None:
            self.parties[scan.order_id].scans[scan.pk] = scan

    def keep_undo(self, undo: Undo) -> None:
        """Take a new undo among the rows."""
        self._note_undo(undo)
        self._new_undos.append(undo)

    # --- judging ---------------------------------------------------------------------------------------------------

    def judge(self, parties: Iterable[Party]) -> None:
        """Make the tickets and the scans of these orders what all facts together make them."""
        for party in parties:
            admissions = [self._admission(scan) for scan in party.scans.values() if is_admission(scan)]
            party.judged = outcome.judge([self._fact(t, admissions) for t in party.tickets], admissions)
            self._settle(party)

    def judge_lone(self, scans: Iterable[Scan]) -> None:
        """The same for scans that are of no order of ours."""
        for scan in scans:
            scan.outcome = self._lone_outcome(scan)
            self._alert(scan, None, scan.admits)

    def _admission(self, scan: Scan) -> Admission:
        assert scan.entered_at is not None
        return Admission(
            scan_id=str(scan.pk),
            at=millis(scan.entered_at),
            ticket=str(scan.ticket_id) if scan.ticket_id else None,
            people=scan.admits,
            undone=undoing.takes_back(self.undos.get(scan.pk, ())),
            after_revocation=self._is_after_revocation(scan),
        )

    def _is_after_revocation(self, scan: Scan) -> bool:
        revoked_at = self.devices[scan.device_id].revoked_at
        return revoked_at is not None and scan.entered_at is not None and scan.entered_at > revoked_at

    def _fact(self, ticket: Ticket, admissions: Collection[Admission]) -> TicketFact:
        closed_at = None
        if ticket.status in _CLOSED and admissions:
            closed = log.latest_naming(event_id=ticket.event_id, kind="tickets_closed", name=str(ticket.pk))
            closed_at = closed.at if isinstance(closed, TicketsClosed) else 0
        return TicketFact(id=str(ticket.pk), number=ticket.number, closed_at=closed_at)

    def _lone_outcome(self, scan: Scan) -> Outcome:
        if not is_admission(scan):
            return Outcome.UNKNOWN if scan.decision == Decision.UNKNOWN else Outcome.TURNED_AWAY
        if undoing.takes_back(self.undos.get(scan.pk, ())):
            return Outcome.UNDONE
        if self._is_after_revocation(scan):
            return Outcome.AFTER_REVOCATION
        by_order = scan.decision == Decision.ADMITTED_MANUALLY
        return Outcome.ORDER_UNKNOWN if by_order else Outcome.CODE_UNKNOWN

    def _settle(self, party: Party) -> None:
        for ticket in party.tickets:
            entry = party.judged.entries.get(str(ticket.pk))
            self._enter(party, ticket, party.scans[UUID(entry)] if entry else None)
        for scan in sorted(
            party.scans.values(), key=lambda scan: (scan.entered_at or scan.scanned_at, scan.pk)
        ):
            scan.outcome = party.judged.outcomes.get(str(scan.pk)) or (
                Outcome.UNKNOWN if scan.decision == Decision.UNKNOWN else Outcome.TURNED_AWAY
            )
            scan.redeems = scan.outcome == Outcome.REDEMPTION
            self._alert(scan, party, party.judged.beyond.get(str(scan.pk), scan.admits))

    def _enter(self, party: Party, ticket: Ticket, scan: Scan | None) -> None:
        """Have the ticket entered by this scan, or by none, and tell what that changes."""
        if (scan and scan.pk) == ticket.redeemed_scan and (scan is None) == (ticket.redeemed_at is None):
            return
        was = party.scans.get(ticket.redeemed_scan) if ticket.redeemed_scan else None
        was_at, was_door = ticket.redeemed_at, ticket.redeemed_door
        is_displaced = was is not None and party.judged.outcomes.get(str(was.pk)) in (
            Outcome.SECOND,
            Outcome.REDEMPTION,
            Outcome.BEYOND_ORDER,
        )
        if was_at is not None and not (is_displaced and scan):
            self._leave(ticket, was, millis(was_at), was_door)
        if scan is None:
            return
        assert scan.entered_at is not None
        ticket.redeemed_at, ticket.redeemed_scan = scan.entered_at, scan.pk
        ticket.redeemed_door = self.devices[scan.device_id].name
        if ticket.status not in _CLOSED:
            ticket.status = TicketStatus.REDEEMED
        if was_at is not None and is_displaced:
            self.told.append(self._moved(ticket, scan, millis(was_at), was_door))
        else:
            self.told.append(self._redeemed(ticket, scan))

    def _leave(self, ticket: Ticket, was: Scan | None, entered_at: int, door: str) -> None:
        ticket.redeemed_at, ticket.redeemed_door, ticket.redeemed_scan = None, "", None
        if ticket.status not in _CLOSED:
            ticket.status = TicketStatus.ACTIVE
        self.told.append(
            TicketUndone(
                ticket=str(ticket.pk),
                ticket_type=str(ticket.ticket_type_id),
                anchor=bytes(ticket.anchor).hex(),
                device=str(was.device_id) if was else "",
                door=door,
                entered_at=entered_at,
                status=TicketStatus(ticket.status),
                at=millis(self.now),
            )
        )

    def _redeemed(self, ticket: Ticket, scan: Scan) -> TicketRedeemed:
        assert ticket.redeemed_at is not None
        return TicketRedeemed(
            ticket=str(ticket.pk),
            ticket_type=str(ticket.ticket_type_id),
            anchor=bytes(ticket.anchor).hex(),
            device=str(scan.device_id),
            door=ticket.redeemed_door,
            scan=str(scan.pk),
            status=TicketStatus(ticket.status),
            at=millis(ticket.redeemed_at),
        )

    def _moved(self, ticket: Ticket, scan: Scan, was_at: int, was_door: str) -> RedemptionMoved:
        assert ticket.redeemed_at is not None
        return RedemptionMoved(
            ticket=str(ticket.pk),
            ticket_type=str(ticket.ticket_type_id),
            anchor=bytes(ticket.anchor).hex(),
            status=TicketStatus(ticket.status),
            scan=str(scan.pk),
            device=str(scan.device_id),
            door=ticket.redeemed_door,
            entered_at=millis(ticket.redeemed_at),
            was_at=was_at,
            was_door=was_door,
            at=millis(self.now),
        )

    # --- alerts ----------------------------------------------------------------------------------------------------

    def _alert(self, scan: Scan, party: Party | None, count: int) -> None:
        """Tell of an admission that was one too many, once for each scan."""
        outcome_ = Outcome(scan.outcome)
        if scan.alerted_at is not None or outcome_ not in (*_DOUBTS, Outcome.SECOND):
            return
        scan.alerted_at = self.now
        ticket = next((t for t in party.tickets if t.pk == scan.ticket_id), None) if party else None
        if outcome_ is Outcome.SECOND:
            assert ticket is not None
            self.seen_twice(ticket, self.entry_by(scan), admitted=True)
        else:
            self.told.append(self._doubted(scan, ticket, _DOUBTS[outcome_], count))

    def seen_twice(self, ticket: Ticket, second: Entry, *, admitted: bool) -> None:
        """Tell that a ticket was shown, or even let in, again."""
        assert ticket.redeemed_at is not None
        self.told.append(
            DoubleScanDetected(
                ticket=str(ticket.pk),
                anchor=bytes(ticket.anchor).hex(),
                first_at=millis(ticket.redeemed_at),
                first_door=ticket.redeemed_door,
                second_at=second.at,
                second_door=second.door,
                admitted=admitted,
                at=millis(self.now),
            )
        )

    def entry_by(self, scan: Scan) -> Entry:
        """The entry that an admission makes, or would have made."""
        assert scan.entered_at is not None
        return Entry(at=millis(scan.entered_at), door=self.devices[scan.device_id].name, scan_id=str(scan.pk))

    def _doubted(self, scan: Scan, ticket: Ticket | None, why: Doubt, count: int) -> AdmissionDoubted:
        entry = self.entry_by(scan)
        typed = scan.decision == Decision.ADMITTED_MANUALLY
        return AdmissionDoubted(
            scan=str(scan.pk),
            device=str(scan.device_id),
            door=entry.door,
            entered_at=entry.at,
            why=why,
            count=count,
            anchor=bytes(ticket.anchor).hex() if ticket else None,
            ticket_type=str(ticket.ticket_type_id) if ticket else None,
            order_id=order_id.parse(scan.code) if typed else None,
            at=millis(self.now),
        )

    # --- writing ---------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Write back what changed, and tell the log of it, which comes last: its other writers wait from then on."""
        changed = [s for s in self.scans.values() if self._as_read.get(s.pk) != _state(s, _SCAN_FIELDS)]
        new = [scan for scan in changed if scan.pk not in self._as_read]
        old = [scan for scan in changed if scan.pk in self._as_read]
        # A ticket has one redemption at any moment, so the one that ends goes first.
        if ending := [scan.pk for scan in old if not scan.redeems]:
            Scan.objects.filter(pk__in=ending, redeems=True).update(redeems=False)
        if old:
            Scan.objects.bulk_update(old, _SCAN_FIELDS)
        tickets = [
            ticket
            for party in self.parties.values()
            for ticket in party.tickets
            if self._as_read[ticket.pk] != _state(ticket, _TICKET_FIELDS)
        ]
        _write_rows(new, tickets)
        if self._new_undos:
            Undo.objects.bulk_create(self._new_undos)
        log.append_all(event_id=self.event_id, happened=self.told, now=self.now)


def _state(row: Scan | Ticket, fields: Iterable[str]) -> tuple[object, ...]:
    return tuple(getattr(row, f"{name}_id" if name in ("ticket", "order") else name) for name in fields)


def _write_rows(scans: Sequence[Scan], tickets: Sequence[Ticket]) -> None:
    """What every ordinary scan writes: its row, and the ticket's. On PostgreSQL both go in one round trip."""
    if connection.vendor == "postgresql":
        statements = []
        if scans:
            statements.append((_INSERT, {"scans": prepared.as_json(scans)}))
        if tickets:
            statements.append((_UPDATE, {"tickets": prepared.as_json(tickets)}))
        prepared.rows_of_each(*statements)
        return
    if scans:
        Scan.objects.bulk_create(scans)
    if tickets:
        Ticket.objects.bulk_update(tickets, _TICKET_FIELDS)


_INSERT = """
INSERT INTO cdm_scans SELECT * FROM jsonb_populate_recordset(NULL::cdm_scans, %(scans)s::jsonb)
RETURNING scan_id
"""
_UPDATE = """
UPDATE cdm_tickets t
SET status = told.status, redeemed_at = told.redeemed_at, redeemed_door = told.redeemed_door,
    redeemed_scan = told.redeemed_scan
FROM jsonb_populate_recordset(NULL::cdm_tickets, %(tickets)s::jsonb) told
WHERE t.id = told.id
RETURNING t.id
"""


def settle(order: Order, *, now: datetime) -> None:
    """Judge an order anew whose tickets were closed, or opened again: part of a transaction that holds its row."""
    if not Scan.objects.filter(order=order).exists():
        return
    devices = {device.pk: device for device in Device.objects.filter(event_id=order.event_id)}
    book = Book(order.event_id, now, devices)
    book.read(orders=[order.pk], scans=(), undos=())
    book.judge(book.parties.values())
    book.write()


def plausible(scan: Scan, *, step_starts_at: int | None) -> None:
    """Set when people came in by a scan: the server's own answer to its question is beyond doubt."""
    told = outcome.moment_of(
        scanned_at=millis(scan.scanned_at),
        received_at=millis(scan.received_at),
        step_starts_at=step_starts_at,
    )
    scan.clock_wrong = told.clock_wrong
    scan.entered_at = scan.admitted_at or moment(told.at)
