"""The truth after the fact: whatever phones did without network, and in whatever order they tell it, ends the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec
import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dashboards import review_words
from realtime import protocol as p
from tests import folding
from tests.factories import (
    NOW,
    a_device,
    a_member,
    a_paid_order,
    a_scan,
    a_show,
    an_undo,
    codes_of,
    uuid7,
)
from ticketing import door, log, order_id, outcome, pairing, refund_effects, review
from ticketing.admission import Admitted, AlreadyIn, ByOrder, Refused
from ticketing.clock import millis
from ticketing.domain_events import (
    AdmissionDoubted,
    AnyDomainEvent,
    DoubleScanDetected,
    Doubt,
    RedemptionMoved,
    TicketRedeemed,
    TicketUndone,
)
from ticketing.door import Journal, Recorded, ScanRefusal, Taken
from ticketing.events import NewTicketType
from ticketing.models import Device, Event, Order, Refund, RefundReason, Role, Scan, Ticket
from ticketing.review import Why
from ticketing.scans import Decision, Outcome, ScanFact, UndoFact
from ticketing.undoing import UNDO_MINUTES

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
LATER = NOW + timedelta(minutes=10)
KINDS = (NewTicketType(name="General admission", price=2_000, allocation=100),)


@dataclass
class Door:
    """A show, an order of three tickets, and four phones."""

    event: Event
    order: Order
    phones: list[Device]
    tokens: list[str] = field(default_factory=list)

    def code(self, number: int = 0, *, at: datetime = NOW) -> str:
        return codes_of(self.order, at=at)[number]

    def tickets(self) -> list[Ticket]:
        return list(self.order.tickets.order_by("number"))

    def told(self) -> list[AnyDomainEvent]:
        return [entry.happened for entry in log.read(event_id=self.event.pk, since=3, limit=10_000)]

    def kinds(self) -> list[type]:
        return [type(happened) for happened in self.told()]

    def admit(self, at: datetime, *, number: int = 0) -> ScanFact:
        decision = Decision.ADMITTED_OFFLINE
        return a_scan(self.code(number, at=at), at=at, decision=decision)

    def tell(
        self, phone: int, *scans: ScanFact, undos: tuple[UndoFact, ...] = (), now: datetime = LATER
    ) -> Taken:
        journal = Journal(device_id=self.phones[phone].pk, scans=scans, undos=undos)
        [taken] = door.take_in([journal], now=now)
        return taken

    def refund(self, ticket: Ticket, *, now: datetime) -> Refund:
        """What a refund does to one ticket."""
        refund = Refund.objects.create(
            order=self.order,
            base=0,
            fee=0,
            total=0,
            currency="USD",
            reason=RefundReason.ASKED,
            created_at=now,
        )
        with transaction.atomic():
            refund_effects.close(self.order, refund, [Ticket.objects.get(pk=ticket.pk)], now)
        return refund


def a_door(phones: int = 4) -> Door:
    event = a_show(types=KINDS)
    order = a_paid_order(event, quantity=3)
    paired = [a_device(event, name=f"Door {name}") for name in "ABCD"[:phones]]
    return Door(event, order, [device for device, _ in paired], [token for _, token in paired])


def verdict_of(answer: Recorded | ScanRefusal) -> object:
    assert isinstance(answer, Recorded), answer
    return answer.verdict


# --- the entry moves ---------------------------------------------------------------------------------------------


def test_an_earlier_entry_that_is_told_later_is_the_entry_and_the_other_was_one_too_many() -> None:
    a = a_door()
    late, early = a.admit(NOW + timedelta(seconds=60)), a.admit(NOW)
    a.tell(0, late)

    [answer] = a.tell(1, early).scans

    ticket = a.tickets()[0]
    assert isinstance(verdict_of(answer), Admitted)
    assert (ticket.redeemed_at, ticket.redeemed_door) == (NOW, "Door B")
    assert str(ticket.redeemed_scan) == early.scan_id
    moved, seen = a.told()[1:]
    assert isinstance(moved, RedemptionMoved)
    assert (moved.door, moved.entered_at) == ("Door B", millis(NOW))
    assert (moved.was_door, moved.was_at) == ("Door A", late.scanned_at)
    assert isinstance(seen, DoubleScanDetected)
    assert (seen.first_door, seen.second_door, seen.second_at) == ("Door B", "Door A", late.scanned_at)
    assert seen.admitted


def test_both_orders_of_telling_end_in_the_same_rows() -> None:
    ends = []
    for order in ((0, 1), (1, 0)):
        a = a_door()
        facts = [a.admit(NOW + timedelta(seconds=60)), a.admit(NOW)]
        for i in order:
            a.tell(i, facts[i])
        ticket = a.tickets()[0]
        outcomes = [Scan.objects.get(pk=fact.scan_id).outcome for fact in facts]
        ends.append((ticket.status, ticket.redeemed_at, ticket.redeemed_door, outcomes))

    assert ends[0] == ends[1]


def test_an_entry_that_moved_and_is_taken_back_leaves_the_ticket_to_the_other() -> None:
    a = a_door()
    late, early = a.admit(NOW + timedelta(seconds=60)), a.admit(NOW)
    a.tell(0, late)
    a.tell(1, early)

    a.tell(1, undos=(an_undo(early.scan_id, at=NOW + timedelta(seconds=90)),))

    assert str(a.tickets()[0].redeemed_scan) == late.scan_id
    assert a.kinds() == [
        TicketRedeemed,
        RedemptionMoved,
        DoubleScanDetected,
        TicketUndone,
        TicketRedeemed,
    ]


def test_an_admission_and_its_undo_in_one_journal_alarm_nobody() -> None:
    a = a_door()
    first = a.admit(NOW)
    a.tell(0, first)
    wrong = a.admit(NOW + timedelta(seconds=10))

    taken = a.tell(1, wrong, undos=(an_undo(wrong.scan_id, at=NOW + timedelta(seconds=20)),))

    assert isinstance(verdict_of(taken.scans[0]), Admitted)
    assert a.kinds() == [TicketRedeemed]
    assert Scan.objects.get(pk=wrong.scan_id).outcome == Outcome.UNDONE


def test_a_refusal_that_overwrites_a_question_takes_the_servers_own_entry_back() -> None:
    """The server said yes too late: the phone, which had let the ticket in before, had turned it away by then."""
    a = a_door()
    question = a_scan(a.code(), at=NOW)
    a.tell(0, question, now=NOW)

    decided = msgspec.structs.replace(question, decision=Decision.REFUSED_OFFLINE)
    a.tell(0, a.admit(NOW - timedelta(seconds=30)), decided)

    ticket = a.tickets()[0]
    assert ticket.redeemed_at == NOW - timedelta(seconds=30)
    assert DoubleScanDetected not in a.kinds()


def test_a_phone_that_was_killed_in_mid_scan_leaves_the_servers_entry_and_says_so() -> None:
    a = a_door()
    question = a_scan(a.code(), at=NOW)
    a.tell(0, question, now=NOW)
    lost = a_scan(a.code(1), at=NOW, decision=Decision.UNKNOWN)

    a.tell(0, msgspec.structs.replace(question, decision=Decision.UNKNOWN), lost)

    first, second, _ = a.tickets()
    assert (first.status, second.status) == ("redeemed", "active")
    outcomes = [Scan.objects.get(pk=fact.scan_id).outcome for fact in (question, lost)]
    assert outcomes == [Outcome.REDEMPTION, Outcome.UNKNOWN]


# --- clocks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong_by", [timedelta(days=-1), timedelta(days=1), timedelta(minutes=4)])
def test_a_phone_clock_that_is_wrong_counts_by_the_time_of_the_code_and_is_marked(
    wrong_by: timedelta,
) -> None:
    a = a_door()
    fact = a_scan(a.code(at=NOW), at=NOW + wrong_by, decision=Decision.ADMITTED_OFFLINE)

    a.tell(0, fact)

    scan = Scan.objects.get()
    assert scan.clock_wrong
    assert abs(a.tickets()[0].redeemed_at - NOW) < timedelta(seconds=15)  # type: ignore[operator]


def test_an_undo_by_a_clock_that_is_wrong_is_judged_by_the_same_clock() -> None:
    a = a_door()
    wrong = NOW + timedelta(days=1)
    fact = a_scan(a.code(at=NOW), at=wrong, decision=Decision.ADMITTED_OFFLINE)
    undo = an_undo(fact.scan_id, at=wrong + timedelta(minutes=UNDO_MINUTES - 1))

    a.tell(0, fact, undos=(undo,), now=NOW + timedelta(hours=2))

    assert a.tickets()[0].redeemed_at is None


# --- refunds -----------------------------------------------------------------------------------------------------


def test_who_was_in_before_the_refund_stays_on_record_and_the_ticket_stays_refunded() -> None:
    a = a_door()
    before = folding.fresh(a.event.pk)
    fact = a.admit(NOW)
    a.refund(a.tickets()[0], now=NOW + timedelta(seconds=30))

    a.tell(0, fact)

    ticket = a.tickets()[0]
    assert (ticket.status, ticket.redeemed_at, ticket.redeemed_door) == ("refunded", NOW, "Door A")
    assert Scan.objects.get().outcome == Outcome.REDEMPTION
    assert folding.after(before, a.event.pk) == folding.fresh(a.event.pk)


def test_who_was_let_in_after_the_refund_is_told_to_doors_and_office() -> None:
    a = a_door()
    a.refund(a.tickets()[0], now=NOW)
    fact = a.admit(NOW + timedelta(seconds=30))

    [answer] = a.tell(0, fact).scans

    ticket = a.tickets()[0]
    assert isinstance(verdict_of(answer), Refused)
    assert (ticket.status, ticket.redeemed_at) == ("refunded", None)
    doubted = a.told()[-1]
    assert isinstance(doubted, AdmissionDoubted)
    assert (doubted.why, doubted.door, doubted.entered_at) == (Doubt.TICKET_CLOSED, "Door A", fact.scanned_at)


def test_a_refund_that_is_refused_gives_the_ticket_to_who_was_let_in_meanwhile() -> None:
    a = a_door()
    before = folding.fresh(a.event.pk)
    refund = a.refund(a.tickets()[0], now=NOW)
    a.tell(0, a.admit(NOW + timedelta(seconds=30)))

    with transaction.atomic():
        refund_effects.reopen(a.order, refund, LATER)

    ticket = a.tickets()[0]
    assert (ticket.status, ticket.redeemed_door) == ("redeemed", "Door A")
    assert folding.after(before, a.event.pk) == folding.fresh(a.event.pk)


# --- Order IDs ---------------------------------------------------------------------------------------------------


def by_order(a: Door, people: int, *, at: datetime = NOW, typed: str = "") -> ScanFact:
    code = typed or order_id.display(a.order.order_id).lower()
    return a_scan(code, at=at, decision=Decision.ADMITTED_MANUALLY, admits=people)


def test_who_came_in_by_the_order_id_takes_so_many_of_its_tickets() -> None:
    a = a_door()

    [answer] = a.tell(0, by_order(a, 2)).scans

    assert verdict_of(answer) == ByOrder(known=True, counted=2)
    assert [ticket.status for ticket in a.tickets()] == ["redeemed", "redeemed", "active"]
    assert a.kinds() == [TicketRedeemed, TicketRedeemed]


def test_a_code_of_an_order_that_came_in_by_its_id_is_green_while_a_ticket_is_left() -> None:
    a = a_door()
    a.tell(0, by_order(a, 2), now=NOW)

    verdicts = [verdict_of(a.tell(1, a_scan(a.code(number)), now=NOW).scans[0]) for number in (0, 1)]

    assert [type(verdict) for verdict in verdicts] == [Admitted, AlreadyIn]
    assert [ticket.status for ticket in a.tickets()] == ["redeemed"] * 3
    assert str(a.tickets()[0].redeemed_door) == "Door B"


def test_more_people_than_the_order_has_tickets_are_told() -> None:
    a = a_door()
    a.tell(0, by_order(a, 2))

    [answer] = a.tell(1, by_order(a, 3, at=NOW + timedelta(seconds=5))).scans

    assert verdict_of(answer) == ByOrder(known=True, counted=1)
    doubted = a.told()[-1]
    assert isinstance(doubted, AdmissionDoubted)
    assert (doubted.why, doubted.count, doubted.order_id) == (Doubt.BEYOND_ORDER, 2, a.order.order_id)


def test_an_unknown_order_id_is_kept_and_told() -> None:
    a = a_door()
    stranger = order_id.new()

    answers = a.tell(0, by_order(a, 2, typed=stranger), by_order(a, 1, typed="whatever")).scans

    assert [verdict_of(answer) for answer in answers] == [ByOrder(known=False, counted=0)] * 2
    assert {scan.outcome for scan in Scan.objects.all()} == {Outcome.ORDER_UNKNOWN}
    told = [happened for happened in a.told() if isinstance(happened, AdmissionDoubted)]
    assert {(one.order_id, one.count) for one in told} == {(stranger, 2), (None, 1)}


def test_another_shows_order_is_unknown_here() -> None:
    a, other = a_door(), a_paid_order(a_show())

    [answer] = a.tell(0, by_order(a, 1, typed=other.order_id)).scans

    assert verdict_of(answer) == ByOrder(known=False, counted=0)


# --- revoked phones ----------------------------------------------------------------------------------------------


def upload(token: str, drain: p.Drain) -> tuple[int, p.Drained | None]:
    response = Client().post(
        "/door/api/scans",
        msgspec.json.encode(drain),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    told = msgspec.json.decode(response.content, type=p.Drained) if response.status_code == 200 else None
    return response.status_code, told


def test_what_a_revoked_phone_did_before_counts_and_what_it_did_after_is_told() -> None:
    a = a_door()
    before, after = a.admit(NOW), a.admit(NOW + timedelta(seconds=60), number=1)
    pairing.revoke(device_id=a.phones[0].pk, event_id=a.event.pk, now=NOW + timedelta(seconds=30))

    journal = Journal(device_id=a.phones[0].pk, scans=(before, after))
    door.take_in([journal], now=LATER, though_revoked=True)

    assert [ticket.status for ticket in a.tickets()] == ["redeemed", "active", "active"]
    assert Scan.objects.get(pk=after.scan_id).outcome == Outcome.AFTER_REVOCATION
    doubted = a.told()[-1]
    assert isinstance(doubted, AdmissionDoubted)
    assert doubted.why is Doubt.AFTER_REVOCATION


def test_a_revoked_phone_cannot_date_its_scans_back_behind_the_code_itself() -> None:
    a = a_door()
    shown = NOW + timedelta(minutes=9)
    forged = a_scan(a.code(at=shown), at=NOW - timedelta(minutes=1), decision=Decision.ADMITTED_OFFLINE)
    pairing.revoke(device_id=a.phones[0].pk, event_id=a.event.pk, now=NOW)

    door.take_in([Journal(device_id=a.phones[0].pk, scans=(forged,))], now=LATER, though_revoked=True)

    assert a.tickets()[0].redeemed_at is None
    assert Scan.objects.get().outcome == Outcome.AFTER_REVOCATION


def test_over_http_a_revoked_phone_uploads_for_a_week_and_asks_nothing() -> None:
    a = a_door()
    fact, question = a.admit(NOW), a_scan(a.code(1))
    drain = p.Drain(ref=1, scans=(fact, question))
    pairing.revoke(device_id=a.phones[0].pk, event_id=a.event.pk, now=NOW + timedelta(seconds=30))

    status, told = upload(a.tokens[0], drain)

    assert status == 200
    assert told is not None
    assert [(one.scan_id, one.acknowledged) for one in told.scans] == [
        (fact.scan_id, Decision.ADMITTED_OFFLINE)
    ]
    assert told.refused == (p.NotKept(id=question.scan_id, code=p.ErrorCode.TOKEN_INVALID),)
    Device.objects.update(revoked_at=NOW - timedelta(days=8))
    assert upload(a.tokens[0], drain) == (401, None)


# --- over HTTP ---------------------------------------------------------------------------------------------------


def test_over_http_a_question_is_answered_and_a_journal_is_taken_in() -> None:
    a = a_door()
    fact, undone = a.admit(NOW, number=1), an_undo(uuid7())

    status, told = upload(a.tokens[0], p.Drain(ref=7, scans=(a_scan("nothing"), fact), undos=(undone,)))

    assert status == 200
    assert told is not None
    assert told.ref == 7
    assert [type(one.verdict) for one in told.scans] == [Refused, Admitted]
    assert told.refused == (p.NotKept(id=undone.undo_id, code=p.ErrorCode.SCAN_UNKNOWN),)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{}", 400), (b'{"t":"drain","ref":1,"x":2}', 400), (b" " * 70_000, 413)],
)
def test_over_http_what_is_no_journal_is_refused(body: bytes, status: int) -> None:
    headers = {"Authorization": f"Bearer {a_door().tokens[0]}"}

    response = Client().post("/door/api/scans", body, content_type="application/json", headers=headers)

    assert (response.status_code, response.json()) == (status, {"code": "malformed"})


@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer nobody", "Basic x", "Bearer \u00e9"])
def test_over_http_nobody_else_tells_scans(authorization: str) -> None:
    body = msgspec.json.encode(p.Drain(ref=1))
    headers = {"Authorization": authorization}

    response = Client().post("/door/api/scans", body, content_type="application/json", headers=headers)

    assert (response.status_code, response.json()) == (401, {"code": "token_invalid"})


# --- several at once ---------------------------------------------------------------------------------------------


def test_scans_judged_together_are_judged_as_one_after_the_other() -> None:
    a = a_door()
    journals = [Journal(device_id=phone.pk, scans=(a_scan(a.code()),)) for phone in a.phones]

    taken = door.take_in(journals, now=NOW)

    verdicts = [verdict_of(one.scans[0]) for one in taken]
    assert [type(verdict) for verdict in verdicts] == [Admitted, AlreadyIn, AlreadyIn, AlreadyIn]
    assert Counter(a.kinds()) == {TicketRedeemed: 1, DoubleScanDetected: 3}


def test_one_stolen_scan_id_among_many_costs_the_others_nothing() -> None:
    a = a_door()
    taken_id = a_scan("nothing")
    a.tell(0, taken_id)
    thief = a_scan(a.code(), scan_id=taken_id.scan_id)
    good = a_scan(a.code(1))

    taken = door.take_in(
        [
            Journal(device_id=a.phones[1].pk, scans=(thief,)),
            Journal(device_id=a.phones[2].pk, scans=(good,)),
        ],
        now=NOW,
    )

    assert taken[0].scans == (ScanRefusal.SCAN_ID_TAKEN,)
    assert isinstance(verdict_of(taken[1].scans[0]), Admitted)


def test_a_fact_told_twice_in_one_journal_is_one_scan() -> None:
    a = a_door()
    fact = a.admit(NOW)
    weaker = msgspec.structs.replace(fact, decision=Decision.REFUSED_OFFLINE)

    taken = a.tell(0, weaker, fact, fact, weaker)

    assert len({msgspec.json.encode(verdict_of(one)) for one in taken.scans}) == 1
    assert a.kinds() == [TicketRedeemed]


# --- anything at all ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deed:
    """Something a phone did, `s` seconds after `NOW`: at a ticket, or (None) by the Order ID; perhaps taken back."""

    phone: int
    s: int
    number: int | None
    people: int
    clock_wrong_by_s: int
    undone_after_s: int | None


deeds = st.builds(
    Deed,
    phone=st.integers(0, 3),
    s=st.integers(0, 240),
    number=st.none() | st.integers(0, 2),
    people=st.integers(1, 3),
    clock_wrong_by_s=st.sampled_from((0, 0, 0, -86_400)),
    undone_after_s=st.none() | st.none() | st.integers(0, 400),
)


@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # shrinking what takes a database takes minutes
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(deeds, min_size=1, max_size=8),
    st.none() | st.tuples(st.integers(0, 2), st.integers(0, 240)),
    st.none() | st.tuples(st.integers(0, 3), st.integers(0, 240)),
    st.randoms(use_true_random=False),
)
def test_any_interleaving_ends_in_the_same_truth(
    done: list[Deed],
    refund: tuple[int, int] | None,
    revoked: tuple[int, int] | None,
    dice: object,
) -> None:
    with transaction.atomic():
        _live_through(done, refund, revoked, dice)
        transaction.set_rollback(True)


def _live_through(
    done: list[Deed],
    refund: tuple[int, int] | None,
    revoked: tuple[int, int] | None,
    dice: object,
) -> None:
    a = a_door()
    before = folding.fresh(a.event.pk)
    journals = [_journal(a, deed) for deed in done]
    closed_at: dict[int, int] = {}
    if revoked is not None:
        at = NOW + timedelta(seconds=revoked[1])
        Device.objects.filter(pk=a.phones[revoked[0]].pk).update(revoked_at=at)
    steps: list[Journal | None] = [*journals, *journals, None]
    dice.shuffle(steps)  # type: ignore[attr-defined]

    heard_s = 0
    for step in [*steps, *journals]:
        if step is not None:
            door.take_in([step], now=LATER, though_revoked=True)
            heard_s = max(
                heard_s, *(deed.s for deed, told in zip(done, journals, strict=True) if told is step)
            )
        elif refund is not None:
            # The server's own clock: its refund comes after whatever it had been told of by then.
            closed_at[refund[0]] = max(refund[1], heard_s + 1)
            a.refund(a.tickets()[refund[0]], now=NOW + timedelta(seconds=closed_at[refund[0]]))

    judged = _expected(a, done, journals, closed_at, revoked)
    entries = {str(t.pk): str(t.redeemed_scan) for t in a.tickets() if t.redeemed_scan}
    scans = {str(scan.pk): scan for scan in Scan.objects.filter(event=a.event)}
    assert entries == judged.entries
    assert {pk: scan.outcome for pk, scan in scans.items()} == judged.outcomes
    _one_redemption_a_ticket(a)
    _every_admission_too_many_was_told_once(a, scans, judged)
    assert folding.after(before, a.event.pk) == folding.fresh(a.event.pk)


def _journal(a: Door, deed: Deed) -> Journal:
    at = NOW + timedelta(seconds=deed.s)
    wrong = timedelta(seconds=deed.clock_wrong_by_s if deed.number is not None else 0)
    if deed.number is None:
        scan = by_order(a, deed.people, at=at)
    else:
        scan = a_scan(a.code(deed.number, at=at), at=at + wrong, decision=Decision.ADMITTED_OFFLINE)
    undos: tuple[UndoFact, ...] = ()
    if deed.undone_after_s is not None:
        undos = (an_undo(scan.scan_id, at=at + wrong + timedelta(seconds=deed.undone_after_s)),)
    return Journal(device_id=a.phones[deed.phone].pk, scans=(scan,), undos=undos)


def _expected(
    a: Door,
    done: list[Deed],
    journals: list[Journal],
    closed_at: dict[int, int],
    revoked: tuple[int, int] | None,
) -> outcome.Judged:
    """What the facts say, worked out from what was done rather than from any row."""
    facts = [outcome.TicketFact(id=str(t.pk), number=t.number) for t in a.tickets()]
    for number, s in closed_at.items():
        facts[number] = replace(facts[number], closed_at=millis(NOW) + 1_000 * s)
    start = a.event.window_starts_ms
    admissions = []
    for deed, journal in zip(done, journals, strict=True):
        at = millis(NOW) + 1_000 * deed.s
        if deed.clock_wrong_by_s and deed.number is not None:
            at = start + (at - start) // 15_000 * 15_000 + 7_500
        is_late = revoked is not None and revoked[0] == deed.phone
        admissions.append(
            outcome.Admission(
                scan_id=journal.scans[0].scan_id,
                at=at,
                ticket=None if deed.number is None else facts[deed.number].id,
                people=deed.people if deed.number is None else 1,
                undone=deed.undone_after_s is not None and _counts(deed, revoked),
                after_revocation=is_late and at > millis(NOW) + 1_000 * (revoked or (0, 0))[1],
            )
        )
    return outcome.judge(facts, admissions)


def _counts(deed: Deed, revoked: tuple[int, int] | None) -> bool:
    """Whether an undo was in time, by the phone's own clock."""
    assert deed.undone_after_s is not None
    wrong = deed.clock_wrong_by_s if deed.number is not None else 0
    undone_s = deed.s + wrong + deed.undone_after_s
    too_late = revoked is not None and revoked[0] == deed.phone and undone_s > revoked[1]
    in_time = deed.undone_after_s <= 60 * UNDO_MINUTES or wrong < 0
    return in_time and not too_late


def _one_redemption_a_ticket(a: Door) -> None:
    redeeming = Scan.objects.filter(event=a.event, redeems=True, ticket__isnull=False)
    assert max(Counter(redeeming.values_list("ticket_id", flat=True)).values(), default=0) <= 1


def _every_admission_too_many_was_told_once(a: Door, scans: dict[str, Scan], judged: outcome.Judged) -> None:
    fine = (Outcome.REDEMPTION, Outcome.UNDONE)
    too_many = {pk for pk, what in judged.outcomes.items() if what not in fine}
    assert {pk for pk in too_many if scans[pk].alerted_at is None} == set()
    told = [h for h in a.told() if isinstance(h, DoubleScanDetected | AdmissionDoubted)]
    assert len(told) == len([scan for scan in scans.values() if scan.alerted_at is not None])


# --- the office's list -------------------------------------------------------------------------------------------


def test_the_office_is_shown_whatever_is_not_plainly_one_ticket_and_one_entry() -> None:
    a = a_door()
    entry, second = a.admit(NOW), a.admit(NOW + timedelta(seconds=10))
    wrong = a_scan(a.code(1), at=NOW - timedelta(days=1), decision=Decision.ADMITTED_OFFLINE)
    lost = a_scan(a.code(2), at=NOW, decision=Decision.UNKNOWN)
    plain = a_scan(a.code(2), at=NOW)
    for phone, facts in enumerate(((entry, wrong, lost), (second, by_order(a, 3)))):
        a.tell(phone, *facts)
    a.tell(2, plain, now=NOW)

    lines = review.to_review(a.event.pk)

    assert {line.why for line in lines} == {
        Why.SECOND,
        Why.CLOCK_WRONG,
        Why.UNKNOWN,
        Why.BEYOND_ORDER,
    }
    [twice] = [line for line in lines if line.why is Why.SECOND]
    assert (twice.door, twice.first_door, twice.first_at) == ("Door B", "Door A", NOW)
    [beyond] = [line for line in lines if line.why is Why.BEYOND_ORDER]
    assert (beyond.people, beyond.order_id) == (3, order_id.display(a.order.order_id))


def test_an_entry_before_its_refund_is_shown_and_a_night_as_it_should_be_shows_nothing() -> None:
    a = a_door()
    a.tell(0, a.admit(NOW))
    assert review.to_review(a.event.pk) == []

    a.refund(a.tickets()[0], now=NOW + timedelta(seconds=30))

    assert [line.why for line in review.to_review(a.event.pk)] == [Why.BEFORE_REFUND]


def test_the_sales_page_has_the_list_in_words() -> None:
    a = a_door()
    owner = a_member(a.event.venue, Role.OWNER)
    a.tell(0, a.admit(NOW), by_order(a, 4))
    a.tell(1, a.admit(NOW + timedelta(seconds=10)))
    client = Client()
    client.force_login(owner)

    page = client.get(reverse("dashboards:sales", args=[a.event.venue.slug, a.event.slug])).content.decode()

    assert 'data-testid="review"' in page
    assert "Let in twice" in page
    assert "More than the order had" in page
    assert set(review_words._WORDS) == set(Why)
