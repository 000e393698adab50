"""Undo: within minutes, at the phone that let somebody in; the ticket is as it was, and everybody hears of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.factories import NOW, a_device, a_paid_order, a_scan, a_show, an_undo, codes_of
from tests.race import times, together
from ticketing import door, log, pairing
from ticketing.admission import Admitted, AlreadyIn, TicketStatus, Verdict
from ticketing.clock import millis
from ticketing.domain_events import AnyDomainEvent, DoubleScanDetected, TicketRedeemed, TicketUndone
from ticketing.door import Recorded, ScanRefusal
from ticketing.models import Device, Event, Order, Scan, Ticket, Undo
from ticketing.scans import Decision, ScanFact, UndoFact, UndoRefusal
from ticketing.undoing import UNDO_MINUTES, UndoRecorded

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
TAKEN_BACK = UndoRecorded(refusal=None)


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@dataclass(frozen=True)
class Door:
    """A show, one ticket's holder, and two phones."""

    event: Event
    order: Order
    a: Device
    b: Device

    def code(self, at: datetime = NOW) -> str:
        return codes_of(self.order, at=at)[0]

    def ticket(self) -> Ticket:
        return self.order.tickets.get()

    def told(self) -> list[AnyDomainEvent]:
        entries = log.read(event_id=self.event.pk, since=0, limit=1_000)
        return [entry.happened for entry in entries][3:]  # after the sale


@pytest.fixture
def a_door(transactional_db: None) -> Door:
    event = a_show()
    order = a_paid_order(event)
    return Door(event, order, a_device(event, name="Door A")[0], a_device(event, name="Door B")[0])


def tell(device: Device, scan: ScanFact, *, now: datetime = NOW) -> Verdict:
    outcome = door.record(device_id=device.pk, scan=scan, now=now)
    assert isinstance(outcome, Recorded), outcome
    return outcome.verdict


def let_in(door: Door) -> ScanFact:
    scan = a_scan(door.code())
    assert isinstance(tell(door.a, scan), Admitted)
    return scan


def offline(code: str, at: datetime = NOW) -> ScanFact:
    return a_scan(code, at=at, decision=Decision.ADMITTED_OFFLINE)


def undo(device: Device, fact: UndoFact, *, now: datetime = NOW) -> UndoRecorded | ScanRefusal:
    return door.undo(device_id=device.pk, fact=fact, now=now)


def test_an_admission_taken_back_leaves_the_ticket_as_it_was(a_door: Door) -> None:
    scan = let_in(a_door)

    outcome = undo(a_door.a, an_undo(scan.scan_id, at=after(1)), now=after(1))

    ticket = a_door.ticket()
    assert outcome == TAKEN_BACK
    assert (ticket.status, ticket.redeemed_at, ticket.redeemed_door) == (TicketStatus.ACTIVE, None, "")


def test_everybody_is_told_what_was_taken_back_and_when_it_had_been(a_door: Door) -> None:
    scan = let_in(a_door)

    undo(a_door.a, an_undo(scan.scan_id, at=after(1)), now=after(1))

    ticket = a_door.ticket()
    assert a_door.told()[-1] == TicketUndone(
        ticket=str(ticket.pk),
        ticket_type=str(ticket.ticket_type_id),
        anchor=bytes(ticket.anchor).hex(),
        device=str(a_door.a.pk),
        door="Door A",
        entered_at=millis(NOW),
        status=TicketStatus.ACTIVE,
        at=millis(after(1)),
    )


def test_a_ticket_taken_back_enters_again_at_any_door(a_door: Door) -> None:
    scan = let_in(a_door)
    undo(a_door.a, an_undo(scan.scan_id, at=after(1)), now=after(1))

    verdict = tell(a_door.b, a_scan(a_door.code(after(2)), at=after(2)), now=after(2))

    assert isinstance(verdict, Admitted)
    assert verdict.entry.door == "Door B"


def test_an_undo_is_kept_as_the_phone_told_it(a_door: Door) -> None:
    scan = let_in(a_door)
    fact = an_undo(scan.scan_id, at=after(1), device_seq=18, clock_offset_ms=-250)

    undo(a_door.a, fact, now=after(3))

    kept = Undo.objects.get()
    assert (str(kept.pk), str(kept.scan_id), kept.device_id) == (fact.undo_id, scan.scan_id, a_door.a.pk)
    assert (kept.device_seq, kept.clock_offset_ms, kept.refusal) == (18, -250, "")
    assert (kept.undone_at, kept.received_at) == (after(1), after(3))


def test_an_undo_told_ten_times_at_once_takes_back_once(a_door: Door) -> None:
    fact = an_undo(let_in(a_door).scan_id)

    outcomes = times(10, lambda: undo(a_door.a, fact))

    assert outcomes == [TAKEN_BACK] * 10
    assert [type(told) for told in a_door.told()].count(TicketUndone) == 1
    assert Undo.objects.count() == 1


def test_an_undo_told_again_after_the_ticket_came_in_anew_takes_nothing_back(a_door: Door) -> None:
    fact = an_undo(let_in(a_door).scan_id)
    undo(a_door.a, fact)
    tell(a_door.b, a_scan(a_door.code()))

    assert undo(a_door.a, fact, now=after(1)) == TAKEN_BACK

    assert a_door.ticket().redeemed_door == "Door B"


def test_the_scan_told_again_gets_its_first_answer_and_lets_nobody_in(a_door: Door) -> None:
    scan = let_in(a_door)
    undo(a_door.a, an_undo(scan.scan_id))

    again = tell(a_door.a, scan)
    by_itself = tell(
        a_door.a, a_scan(a_door.code(), decision=Decision.ADMITTED_OFFLINE, scan_id=scan.scan_id)
    )

    assert isinstance(again, Admitted)
    assert isinstance(by_itself, Admitted)
    assert a_door.ticket().status == TicketStatus.ACTIVE


# --- refusals ----------------------------------------------------------------------------------------------------


def test_after_some_minutes_it_is_too_late(a_door: Door) -> None:
    scan = let_in(a_door)
    too_late = after(UNDO_MINUTES + 0.1)

    outcome = undo(a_door.a, an_undo(scan.scan_id, at=too_late), now=too_late)

    assert outcome == UndoRecorded(refusal=UndoRefusal.TOO_LATE)
    assert a_door.ticket().status == TicketStatus.REDEEMED


def test_an_undo_in_time_may_be_told_late(a_door: Door) -> None:
    admission = offline(a_door.code())
    tell(a_door.a, admission, now=after(90))

    outcome = undo(a_door.a, an_undo(admission.scan_id, at=after(UNDO_MINUTES)), now=after(90))

    assert outcome == TAKEN_BACK


def test_an_undo_from_the_future_is_of_now(a_door: Door) -> None:
    scan = let_in(a_door)

    assert undo(a_door.a, an_undo(scan.scan_id, at=after(600)), now=after(1)) == TAKEN_BACK


def test_another_phones_admission_is_not_ones_own_to_take_back(a_door: Door) -> None:
    scan = let_in(a_door)

    outcome = undo(a_door.b, an_undo(scan.scan_id))

    assert outcome == UndoRecorded(refusal=UndoRefusal.NOT_THIS_DEVICE)
    assert a_door.ticket().status == TicketStatus.REDEEMED


def test_who_was_not_let_in_cannot_be_taken_back(a_door: Door) -> None:
    let_in(a_door)
    refused = a_scan(a_door.code())
    assert isinstance(tell(a_door.b, refused), AlreadyIn)
    by_itself = a_scan(a_door.code(), decision=Decision.REFUSED_OFFLINE)
    tell(a_door.b, by_itself)

    outcomes = [undo(a_door.b, an_undo(scan.scan_id)) for scan in (refused, by_itself)]

    assert outcomes == [UndoRecorded(refusal=UndoRefusal.NOT_AN_ADMISSION)] * 2
    assert a_door.ticket().status == TicketStatus.REDEEMED


def test_an_admission_is_taken_back_once(a_door: Door) -> None:
    scan = let_in(a_door)
    undo(a_door.a, an_undo(scan.scan_id))

    outcome = undo(a_door.a, an_undo(scan.scan_id))

    assert outcome == UndoRecorded(refusal=UndoRefusal.ALREADY_UNDONE)


def test_a_refused_undo_is_kept_and_refused_again(a_door: Door) -> None:
    fact = an_undo(let_in(a_door).scan_id)
    refused = undo(a_door.b, fact)

    assert undo(a_door.b, fact) == refused
    assert Undo.objects.get().refusal == UndoRefusal.NOT_THIS_DEVICE


def test_a_scan_that_was_never_told_must_be_told_first(a_door: Door) -> None:
    admission = offline(a_door.code())
    fact = an_undo(admission.scan_id)

    before = undo(a_door.a, fact)
    tell(a_door.a, admission)

    assert before is ScanRefusal.SCAN_UNKNOWN
    assert undo(a_door.a, fact) == TAKEN_BACK


def test_another_shows_scan_is_unknown_here(a_door: Door) -> None:
    stranger, _ = a_device(a_show())

    assert undo(stranger, an_undo(let_in(a_door).scan_id)) is ScanRefusal.SCAN_UNKNOWN


def test_another_devices_undo_id_is_refused(a_door: Door) -> None:
    fact = an_undo(let_in(a_door).scan_id)
    undo(a_door.a, fact)

    assert undo(a_door.b, fact) is ScanRefusal.SCAN_ID_TAKEN


def test_a_revoked_device_takes_nothing_back(a_door: Door) -> None:
    scan = let_in(a_door)
    pairing.revoke(device_id=a_door.a.pk, event_id=a_door.event.pk, now=NOW)

    assert undo(a_door.a, an_undo(scan.scan_id)) is ScanRefusal.DEVICE_REVOKED
    assert a_door.ticket().status == TicketStatus.REDEEMED


# --- more than one admission -------------------------------------------------------------------------------------


def test_where_a_second_phone_let_the_same_ticket_in_that_entry_stands(a_door: Door) -> None:
    first, second = offline(a_door.code()), offline(a_door.code(after(1)), after(1))
    tell(a_door.a, first, now=after(2))
    tell(a_door.b, second, now=after(2))

    undo(a_door.a, an_undo(first.scan_id, at=after(2)), now=after(2))

    ticket = a_door.ticket()
    assert (ticket.status, ticket.redeemed_at, ticket.redeemed_door) == ("redeemed", after(1), "Door B")
    assert [type(told) for told in a_door.told()] == [
        TicketRedeemed,
        DoubleScanDetected,
        TicketUndone,
        TicketRedeemed,
    ]
    assert str(Scan.objects.get(redeems=True).pk) == second.scan_id


def test_the_second_entry_taken_back_leaves_the_first(a_door: Door) -> None:
    first, second = offline(a_door.code()), offline(a_door.code(after(1)), after(1))
    tell(a_door.a, first, now=after(2))
    tell(a_door.b, second, now=after(2))

    outcome = undo(a_door.b, an_undo(second.scan_id, at=after(2)), now=after(2))

    assert outcome == TAKEN_BACK
    assert a_door.ticket().redeemed_door == "Door A"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_both_entries_taken_back_leave_the_ticket_as_it_was_in_whatever_order(
    a_door: Door, order: tuple[int, int]
) -> None:
    phones = (a_door.a, a_door.b)
    scans = [offline(a_door.code()), offline(a_door.code(after(1)), after(1))]
    for phone, scan in zip(phones, scans, strict=True):
        tell(phone, scan, now=after(2))

    for i in order:
        assert undo(phones[i], an_undo(scans[i].scan_id, at=after(2)), now=after(2)) == TAKEN_BACK

    assert a_door.ticket().status == TicketStatus.ACTIVE
    assert not Scan.objects.filter(redeems=True).exists()


def test_a_ticket_that_was_refunded_meanwhile_stays_refunded_and_was_never_in(a_door: Door) -> None:
    scan = let_in(a_door)
    Ticket.objects.filter(pk=a_door.ticket().pk).update(status=TicketStatus.REFUNDED)

    outcome = undo(a_door.a, an_undo(scan.scan_id))

    ticket = a_door.ticket()
    assert outcome == TAKEN_BACK
    assert (ticket.status, ticket.redeemed_at) == (TicketStatus.REFUNDED, None)
    undone = a_door.told()[-1]
    assert isinstance(undone, TicketUndone)
    assert undone.status is TicketStatus.REFUNDED


def test_two_scans_can_never_both_be_a_tickets_redemption(a_door: Door) -> None:
    let_in(a_door)
    again = a_scan(a_door.code())
    tell(a_door.b, again)

    with pytest.raises(IntegrityError), transaction.atomic():
        Scan.objects.filter(pk=again.scan_id).update(redeems=True)


def test_undo_and_scans_at_once_end_in_one_entry_or_none_and_the_log_says_which(a_door: Door) -> None:
    for _ in range(6):
        order = a_paid_order(a_door.event)
        scan = a_scan(codes_of(order)[0])
        tell(a_door.a, scan)

        def rescan(code: str = scan.code) -> object:
            return tell(a_door.b, a_scan(code))

        def take_back(fact: UndoFact = an_undo(scan.scan_id)) -> object:  # noqa: B008  # this round's own
            return undo(a_door.a, fact)

        together(take_back, rescan, rescan, rescan)

        ticket = order.tickets.get()
        mine = [t for t in a_door.told() if getattr(t, "ticket", "") == str(ticket.pk)]
        kinds = Counter(type(told) for told in mine)
        assert kinds[TicketUndone] == 1
        assert (ticket.status == TicketStatus.REDEEMED) == (kinds[TicketRedeemed] == 2)
        assert Scan.objects.filter(ticket=ticket, redeems=True).count() == kinds[TicketRedeemed] - 1
