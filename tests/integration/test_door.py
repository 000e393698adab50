"""The door: every verdict, every scan once, at most one redemption a ticket, whatever phones do at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import pytest
from django.db import transaction

from tests.factories import (
    NOW,
    a_device,
    a_paid_order,
    a_scan,
    a_show,
    codes_of,
    uuid7,
)
from tests.race import times, together
from ticketing import door, live_code, log, pairing
from ticketing.admission import (
    Admitted,
    AlreadyIn,
    Entry,
    RefusalReason,
    Refused,
    Stale,
    TicketStatus,
    Verdict,
)
from ticketing.clock import millis
from ticketing.domain_events import DoubleScanDetected, TicketRedeemed
from ticketing.door import Recorded, ScanRefusal
from ticketing.models import Device, Event, Order, Scan, Ticket
from ticketing.scans import Decision, ScanFact

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
LATER = NOW + timedelta(minutes=6)


@dataclass(frozen=True)
class Door:
    """A show, one ticket's holder, and two phones."""

    event: Event
    order: Order
    a: Device
    b: Device

    def code(self, at: datetime = NOW) -> str:
        return codes_of(self.order, at=at)[0]

    def redemptions(self) -> list[TicketRedeemed]:
        return [h for h in self._told() if isinstance(h, TicketRedeemed)]

    def double_scans(self) -> list[DoubleScanDetected]:
        return [h for h in self._told() if isinstance(h, DoubleScanDetected)]

    def ticket(self) -> Ticket:
        return self.order.tickets.get()

    def _told(self) -> list[object]:
        return [entry.happened for entry in log.read(event_id=self.event.pk, since=0, limit=1_000)]


@pytest.fixture
def a_door(transactional_db: None) -> Door:
    event = a_show()
    order = a_paid_order(event)
    return Door(event, order, a_device(event, name="Door A")[0], a_device(event, name="Door B")[0])


def tell(device: Device, scan: ScanFact, *, now: datetime = NOW) -> Verdict:
    """The verdict on a scan, which must be recorded and acknowledged by its own kind."""
    outcome = door.record(device_id=device.pk, scan=scan, now=now)
    assert isinstance(outcome, Recorded), outcome
    assert outcome.acknowledged is scan.decision
    return outcome.verdict


def offline(code: str, at: datetime = NOW, *, scan_id: str = "") -> ScanFact:
    return a_scan(code, at=at, decision=Decision.ADMITTED_OFFLINE, scan_id=scan_id)


# --- verdicts ----------------------------------------------------------------------------------------------------


def test_an_active_tickets_code_of_now_lets_it_in(a_door: Door) -> None:
    scan = a_scan(a_door.code())

    verdict = tell(a_door.a, scan)

    entry = Entry(at=millis(NOW), door="Door A", scan_id=scan.scan_id)
    assert verdict == Admitted(ticket_type="General admission", entry=entry)
    ticket = a_door.ticket()
    assert str(ticket.redeemed_scan) == scan.scan_id
    assert (ticket.status, ticket.redeemed_at, ticket.redeemed_door) == (TicketStatus.REDEEMED, NOW, "Door A")


def test_a_redemption_is_logged_with_its_device_and_the_moment_at_the_door(a_door: Door) -> None:
    scan = a_scan(a_door.code())
    tell(a_door.a, scan)

    ticket = a_door.ticket()
    assert a_door.redemptions() == [
        TicketRedeemed(
            ticket=str(ticket.pk),
            ticket_type=str(ticket.ticket_type_id),
            anchor=bytes(ticket.anchor).hex(),
            device=str(a_door.a.pk),
            door="Door A",
            scan=scan.scan_id,
            at=millis(NOW),
        )
    ]


def test_a_second_phone_sees_red_with_the_first_entrys_time_and_door(a_door: Door) -> None:
    entry = a_scan(a_door.code())
    tell(a_door.a, entry)

    verdict = tell(a_door.b, a_scan(a_door.code(LATER), at=LATER), now=LATER)

    first = Entry(at=millis(NOW), door="Door A", scan_id=entry.scan_id)
    assert verdict == AlreadyIn(ticket_type="General admission", entry=first)
    [seen] = a_door.double_scans()
    assert (seen.first_door, seen.second_door, seen.second_at) == ("Door A", "Door B", millis(LATER))
    assert not seen.admitted


def test_a_screenshot_is_stale_by_its_exact_age_and_changes_nothing(a_door: Door) -> None:
    verdict = tell(a_door.a, a_scan(a_door.code(), at=LATER), now=LATER)

    assert verdict == Stale(age_s=360)
    assert a_door.ticket().status == TicketStatus.ACTIVE
    assert a_door.redemptions() == []


def test_a_code_from_a_clock_ahead_is_stale_with_a_negative_age(a_door: Door) -> None:
    assert tell(a_door.a, a_scan(a_door.code(LATER))) == Stale(age_s=-360)


@pytest.mark.parametrize("seconds", [-15, 0, 15])
def test_a_clock_may_differ_by_one_step(a_door: Door, seconds: int) -> None:
    verdict = tell(a_door.a, a_scan(a_door.code(NOW + timedelta(seconds=seconds))))

    assert isinstance(verdict, Admitted)


def test_a_question_is_judged_by_the_servers_clock_whatever_the_phone_says(a_door: Door) -> None:
    verdict = tell(a_door.a, a_scan(a_door.code(), at=NOW), now=LATER)

    assert verdict == Stale(age_s=360)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(TicketStatus.REFUNDED, RefusalReason.REFUNDED), (TicketStatus.VOID, RefusalReason.VOID)],
)
def test_a_refunded_or_void_ticket_is_refused(
    a_door: Door, status: TicketStatus, reason: RefusalReason
) -> None:
    Ticket.objects.filter(pk=a_door.ticket().pk).update(status=status)

    assert tell(a_door.a, a_scan(a_door.code())) == Refused(reason=reason)
    assert a_door.ticket().redeemed_at is None


def test_another_shows_ticket_is_unknown_here(a_door: Door) -> None:
    elsewhere = codes_of(a_paid_order(a_show()))[0]

    assert tell(a_door.a, a_scan(elsewhere)) == Refused(reason=RefusalReason.UNKNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org/",
        "11" + "0" * 39,
        "100000" + "0" * 39,
        "100001" + str(2**128),
        "🥂" * 512,
        "a\x00b",
        "\x00",
        "' OR 1=1 --",
        "\uffff\u202e",
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_what_is_not_a_code_is_not_a_ticket_and_is_kept_as_it_was_read(a_door: Door, text: str) -> None:
    scan = a_scan(text)

    verdict = tell(a_door.a, scan)

    assert verdict == Refused(reason=RefusalReason.NOT_A_TICKET)
    assert Scan.objects.get(pk=scan.scan_id).code == text.replace("\x00", "\ufffd")


def test_an_anchor_is_no_code_at_any_step(a_door: Door) -> None:
    anchor = int.from_bytes(bytes(a_door.ticket().anchor), "big")
    steps = a_door.event.chain.steps
    forged = [f"10{step:04d}{anchor:039d}" for step in (1, 2, 8, 9, steps - 1, steps, steps + 1, 9999)]

    verdicts = [tell(a_door.a, a_scan(code)) for code in forged]

    assert set(verdicts) == {Refused(reason=RefusalReason.UNKNOWN)}
    assert a_door.ticket().redeemed_at is None


def test_a_code_relabelled_to_a_later_step_is_unknown(a_door: Door) -> None:
    shown = a_door.code()
    now_step = live_code.step_at(window_starts_ms=a_door.event.window_starts_ms, at_ms=millis(LATER))

    verdict = tell(a_door.a, a_scan(f"10{now_step:04d}{shown[6:]}", at=LATER), now=LATER)

    assert verdict == Refused(reason=RefusalReason.UNKNOWN)


def test_the_first_steps_of_the_window_never_admit(a_door: Door) -> None:
    opening = NOW - timedelta(minutes=75)
    early = opening + timedelta(seconds=live_code.STEP_S * live_code.GUARD)

    verdict = tell(a_door.a, a_scan(a_door.code(early), at=early), now=early)

    assert verdict == Stale(age_s=0)


# --- a scan is a fact --------------------------------------------------------------------------------------------


def test_a_scan_told_again_gets_its_first_answer_and_changes_nothing(a_door: Door) -> None:
    scan = a_scan(a_door.code())
    first = tell(a_door.a, scan)

    again = tell(a_door.a, scan, now=LATER)

    assert again == first
    assert len(a_door.redemptions()) == 1
    assert a_door.double_scans() == []
    assert Scan.objects.count() == 1


def test_a_scan_told_ten_times_at_once_is_one_scan(a_door: Door) -> None:
    scan = a_scan(a_door.code())

    verdicts = times(10, lambda: tell(a_door.a, scan))

    assert {type(verdict) for verdict in verdicts} == {Admitted}
    assert len(a_door.redemptions()) == 1
    assert a_door.double_scans() == []
    assert Scan.objects.count() == 1


def test_another_devices_scan_id_is_refused_and_its_scan_untouched(a_door: Door) -> None:
    scan = a_scan("not a ticket")
    tell(a_door.a, scan)

    outcome = door.record(device_id=a_door.b.pk, scan=a_scan(a_door.code(), scan_id=scan.scan_id), now=NOW)

    assert outcome is ScanRefusal.SCAN_ID_TAKEN
    assert Scan.objects.get().device_id == a_door.a.pk
    assert a_door.ticket().redeemed_at is None


def test_two_devices_claiming_one_scan_id_at_once_leave_one_scan_and_no_half_of_the_other(
    a_door: Door,
) -> None:
    rounds = [a_paid_order(a_door.event, quantity=1) for _ in range(8)]
    for order in rounds:
        scan_id, code = uuid7(), codes_of(order)[0]

        def claim(device: Device, text: str, scan_id: str = scan_id) -> object:
            return door.record(device_id=device.pk, scan=a_scan(text, scan_id=scan_id), now=NOW)

        outcomes = together(lambda: claim(a_door.a, code), lambda: claim(a_door.b, "nothing"))  # noqa: B023  # run here

        kept = Scan.objects.get(pk=scan_id)
        assert Counter(type(outcome) for outcome in outcomes) == {Recorded: 1, ScanRefusal: 1}
        assert (kept.device_id == a_door.a.pk) == isinstance(outcomes[0], Recorded)
        assert (order.tickets.get().redeemed_at is not None) == isinstance(outcomes[0], Recorded)


def test_a_revoked_device_is_refused_and_nothing_is_kept(a_door: Door) -> None:
    pairing.revoke(device_id=a_door.a.pk, event_id=a_door.event.pk, now=NOW)

    outcome = door.record(device_id=a_door.a.pk, scan=a_scan(a_door.code()), now=NOW)

    assert outcome is ScanRefusal.DEVICE_REVOKED
    assert not Scan.objects.exists()
    assert a_door.ticket().redeemed_at is None


def test_a_scan_is_kept_as_the_phone_told_it(a_door: Door) -> None:
    code = a_door.code()
    scan = msgspec.structs.replace(a_scan(code, device_seq=17), clock_offset_ms=-2_500)

    verdict = tell(a_door.a, scan, now=NOW + timedelta(seconds=1))

    kept = Scan.objects.get()
    assert (str(kept.pk), kept.device_id, kept.device_seq) == (scan.scan_id, a_door.a.pk, 17)
    assert (kept.code, kept.decision, kept.clock_offset_ms) == (code, "asked", -2_500)
    assert (kept.scanned_at, kept.received_at) == (NOW, NOW + timedelta(seconds=1))
    assert kept.ticket_id == a_door.ticket().pk
    assert kept.verdict == msgspec.to_builtins(verdict)


# --- offline -----------------------------------------------------------------------------------------------------


def test_an_offline_admission_redeems_at_its_own_moment(a_door: Door) -> None:
    scan = offline(a_door.code())

    verdict = tell(a_door.a, scan, now=LATER)

    entry = Entry(at=millis(NOW), door="Door A", scan_id=scan.scan_id)
    assert verdict == Admitted(ticket_type="General admission", entry=entry)
    assert a_door.ticket().redeemed_at == NOW


def test_a_phone_from_the_future_admits_no_later_than_now(a_door: Door) -> None:
    verdict = tell(a_door.a, offline(a_door.code(), LATER), now=NOW)

    assert isinstance(verdict, Admitted)
    assert verdict.entry.at == millis(NOW)


def test_an_offline_refusal_lets_nobody_in(a_door: Door) -> None:
    scan = a_scan(a_door.code(), decision=Decision.REFUSED_OFFLINE)

    tell(a_door.a, scan)

    assert a_door.ticket().redeemed_at is None
    assert a_door.redemptions() == []


def test_an_offline_admission_overwrites_its_question_and_raises_one_double_scan(a_door: Door) -> None:
    tell(a_door.a, a_scan(a_door.code()))
    question = a_scan(a_door.code(LATER), at=LATER)
    refused = tell(a_door.b, question, now=LATER)
    admission = offline(a_door.code(LATER), LATER, scan_id=question.scan_id)

    tell(a_door.b, admission, now=LATER)
    tell(a_door.b, admission, now=LATER)
    asked_again = tell(a_door.b, question, now=LATER)

    assert isinstance(refused, AlreadyIn)
    assert isinstance(asked_again, AlreadyIn)
    assert [seen.admitted for seen in a_door.double_scans()] == [False, True]
    assert Scan.objects.get(pk=question.scan_id).decision == Decision.ADMITTED_OFFLINE
    assert len(a_door.redemptions()) == 1


def test_an_admission_whose_answer_came_too_late_is_one_person_and_no_double_scan(a_door: Door) -> None:
    """The server said yes, the phone did not hear it in time and let the fan in by itself: the same entry."""
    question = a_scan(a_door.code())
    answer = tell(a_door.a, question)

    verdict = tell(a_door.a, offline(a_door.code(), scan_id=question.scan_id))

    assert verdict == answer
    assert a_door.double_scans() == []
    assert Scan.objects.get().decision == Decision.ADMITTED_OFFLINE


def test_two_phones_without_network_that_let_one_ticket_in_raise_one_double_scan(a_door: Door) -> None:
    tell(a_door.a, offline(a_door.code()), now=LATER)
    tell(a_door.b, offline(a_door.code(NOW + timedelta(seconds=60)), NOW + timedelta(seconds=60)), now=LATER)

    [seen] = a_door.double_scans()
    assert seen.admitted
    assert (seen.first_door, seen.second_door) == ("Door A", "Door B")
    assert (seen.first_at, seen.second_at) == (millis(NOW), millis(NOW) + 60_000)


def test_an_admission_is_never_acknowledged_without_being_kept(a_door: Door) -> None:
    refusal = a_scan(a_door.code(), decision=Decision.REFUSED_OFFLINE)
    tell(a_door.a, refusal)

    tell(a_door.a, offline(a_door.code(), scan_id=refusal.scan_id))

    assert Scan.objects.get().decision == Decision.ADMITTED_OFFLINE
    assert a_door.ticket().redeemed_at == NOW


def test_a_weaker_fact_told_later_takes_nothing_back(a_door: Door) -> None:
    admission = offline(a_door.code())
    tell(a_door.a, admission)

    for decision in (Decision.REFUSED_OFFLINE, Decision.ASKED):
        tell(a_door.a, a_scan(a_door.code(), decision=decision, scan_id=admission.scan_id))

    assert Scan.objects.get().decision == Decision.ADMITTED_OFFLINE
    assert a_door.ticket().redeemed_at == NOW


# --- many phones -------------------------------------------------------------------------------------------------


def test_twenty_phones_and_one_ticket_let_it_in_once(a_door: Door) -> None:
    phones = [a_device(a_door.event, name=f"Door {number}")[0] for number in range(20)]
    code = a_door.code()

    def scan(phone: Device) -> Callable[[], Verdict]:
        return lambda: tell(phone, a_scan(code))

    verdicts = together(*[scan(phone) for phone in phones])

    assert Counter(type(verdict) for verdict in verdicts) == {Admitted: 1, AlreadyIn: 19}
    [redeemed] = a_door.redemptions()
    assert {v.entry for v in verdicts if isinstance(v, Admitted | AlreadyIn)} == {
        Entry(at=redeemed.at, door=redeemed.door, scan_id=redeemed.scan)
    }
    assert len(a_door.double_scans()) == 19


def test_an_order_of_many_enters_through_two_doors_at_once_each_ticket_once(a_door: Door) -> None:
    order = a_paid_order(a_door.event, quantity=6)
    codes = codes_of(order)

    def shift(phone: Device) -> Callable[[], list[Verdict]]:
        return lambda: [tell(phone, a_scan(code)) for code in codes]

    together(shift(a_door.a), shift(a_door.b))

    assert len(a_door.redemptions()) == 6
    assert {ticket.status for ticket in order.tickets.all()} == {TicketStatus.REDEEMED}


def test_a_scan_is_judged_and_kept_together_or_not_at_all(a_door: Door) -> None:
    with transaction.atomic():
        tell(a_door.a, a_scan(a_door.code()))
        transaction.set_rollback(True)

    assert not Scan.objects.exists()
    assert a_door.ticket().redeemed_at is None
    assert a_door.redemptions() == []
