"""`snapshot + frames == fresh snapshot`, for every projection, after whatever happens to a show."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import get_args
from uuid import uuid4

import pytest
from django.db import transaction

from realtime import protocol as p
from realtime import snapshots
from realtime.snapshots import Stamped
from tests import folding
from tests.factories import (
    NOW,
    a_device,
    a_hold,
    a_paid_order,
    a_scan,
    a_show,
    an_undo,
    codes_of,
)
from tests.race import together
from ticketing import (
    disputes,
    door,
    door_policy,
    events,
    inventory,
    log,
    order_id,
    refunds,
    sales,
    undoing,
)
from ticketing.domain_events import (
    AnyDomainEvent,
    EventStatus,
    OrderPaid,
    ReleaseReason,
    UnknownOrders,
)
from ticketing.events import NewTicketType
from ticketing.inventory import Seats
from ticketing.models import (
    ChargeMode,
    Device,
    Event,
    LogEntry,
    Order,
    Refund,
    RefundReason,
    Ticket,
    Venue,
)
from ticketing.payments.gateway import DisputeTold, RefundTold
from ticketing.refunds import RefundBegun
from ticketing.sales import Held
from ticketing.scans import Decision, ScanFact

pytestmark = [pytest.mark.database]
_BY_CODE = [decision for decision in Decision if decision is not Decision.ADMITTED_MANUALLY]
TYPES = (
    NewTicketType(name="General admission", price=2_000, allocation=24),
    NewTicketType(name="VIP 🥂", price=5_050, allocation=6),
)


@dataclass
class Night:
    """A show to which things happen at random, all of them through the real services."""

    event: Event
    phones: list[Device]
    dice: random.Random
    now: datetime = NOW
    held: list[Order] = field(default_factory=list)
    expired: list[Order] = field(default_factory=list)
    paid: list[Order] = field(default_factory=list)
    asked: list[Refund] = field(default_factory=list)

    def go_on(self) -> None:
        """One more thing happens, some seconds later."""
        self.now += timedelta(seconds=self.dice.uniform(0, 20))
        deed = self.dice.choices(
            (
                self.hold,
                self.pay,
                self.release,
                self.pay_late,
                self.scan,
                self.drain,
                self.change_policy,
                self.undo,
                self.toggle,
                self.refund,
                self.hear_of_refund,
                self.dispute,
                self.change_terms,
                self.connect_otherwise,
            ),
            (30, 26, 6, 3, 40, 16, 2, 16, 4, 12, 12, 3, 6, 3),
        )[0]
        deed()

    def hold(self) -> None:
        kinds = self.dice.sample(list(self.event.ticket_types.all()), self.dice.randint(1, 2))
        seats = tuple(Seats(ticket_type_id=kind.pk, quantity=self.dice.randint(1, 2)) for kind in kinds)
        fan = f"fan{self.dice.randint(1, 9)}@example.org"
        outcome = sales.place_hold(event_id=self.event.pk, seats=seats, email=fan, now=self.now)
        if isinstance(outcome, Held):
            self.held.append(outcome.order)

    def pay(self) -> None:
        if self.held:
            order = self.held.pop(self.dice.randrange(len(self.held)))
            sales.fulfil(order_pk=order.pk, payment_intent_id=None, now=self.now)
            self.paid.append(order)

    def release(self) -> None:
        if self.held:
            order = self.held.pop()
            sales.release(order_pk=order.pk, reason=self.dice.choice(list(ReleaseReason)), now=self.now)
            self.expired.append(order)

    def pay_late(self) -> None:
        if self.expired:
            order = self.expired.pop()
            try:
                sales.fulfil(order_pk=order.pk, payment_intent_id=None, now=self.now)
            except inventory.NotEnoughLeft:
                return
            self.paid.append(order)

    def scan(self) -> None:
        if self.paid:
            shown_at = self.now - timedelta(seconds=self.dice.choice((0, 0, 0, 10, 400)))
            code = self.dice.choice(codes_of(self.dice.choice(self.paid), at=shown_at))
            fact = a_scan(code, at=self.now, decision=self.dice.choice(_BY_CODE))
            door.record(device_id=self.dice.choice(self.phones).pk, scan=fact, now=self.now)

    def drain(self) -> None:
        """A phone tells what it did without network: by codes and by Order IDs, some of it taken back."""
        if not self.paid:
            return
        scans = [self.without_network() for _ in range(self.dice.randint(1, 4))]
        undos = [an_undo(scan.scan_id, at=self.now) for scan in scans if self.dice.random() < 0.2]
        phone = self.dice.choice(self.phones).pk
        journal = door.Journal(device_id=phone, scans=tuple(scans), undos=tuple(undos))
        door.take_in([journal], now=self.now)

    def without_network(self) -> ScanFact:
        order, at = self.dice.choice(self.paid), self.now - timedelta(seconds=self.dice.randint(0, 240))
        if self.dice.random() < 0.3:
            typed = self.dice.choice((order.order_id, order_id.display(order.order_id), order_id.new()))
            people = self.dice.randint(1, 3)
            return a_scan(typed, at=at, decision=Decision.ADMITTED_MANUALLY, admits=people)
        return a_scan(self.dice.choice(codes_of(order, at=at)), at=at, decision=Decision.ADMITTED_OFFLINE)

    def change_policy(self) -> None:
        policy = self.dice.choice((UnknownOrders.ADMIT, UnknownOrders.REFUSE))
        door_policy.change(event_id=self.event.pk, unknown_orders=policy, now=self.now)

    def move_an_entry(self) -> None:
        """So that every night has an entry that turns out to have been an earlier one, and a PIN."""
        [code, *_] = codes_of(self.paid[-4], at=self.now)
        for phone, later in zip(self.phones, (30, 10), strict=False):
            at = self.now + timedelta(seconds=later)
            fact = a_scan(code, at=at, decision=Decision.ADMITTED_OFFLINE)
            door.record(device_id=phone.pk, scan=fact, now=self.now + timedelta(seconds=60))
        supervisor = UnknownOrders.SUPERVISOR
        door_policy.change(event_id=self.event.pk, unknown_orders=supervisor, pin="2580", now=self.now)

    def undo(self) -> None:
        """A phone takes back what it did, or another one's doing, of some minutes ago."""
        if lately := list(self.event.scans.order_by("-received_at")[:6]):
            scan = self.dice.choice(lately)
            phone = self.dice.choice((scan.device_id, scan.device_id, self.phones[0].pk))
            door.undo(device_id=phone, fact=an_undo(str(scan.pk), at=self.now), now=self.now)

    def take_the_last_back(self) -> None:
        """So that every night has a double scan, and an entry that is taken back."""
        code = codes_of(self.paid[-3], at=self.now)[0]
        fact = a_scan(code, at=self.now)
        door.record(device_id=self.phones[0].pk, scan=fact, now=self.now)
        door.record(device_id=self.phones[1].pk, scan=a_scan(code, at=self.now), now=self.now)
        undo = an_undo(fact.scan_id, at=self.now)
        undone = door.undo(device_id=self.phones[0].pk, fact=undo, now=self.now)
        assert undone == undoing.UndoRecorded(refusal=None)

    def refund(self) -> None:
        """Somebody asks for money back: whole or in part, with the fee or without."""
        if self.paid:
            order = self.dice.choice(self.paid)
            tickets = refunds.remaining_tickets(order)
            begun = refunds.request(
                order_pk=order.pk,
                ticket_ids=tickets[: self.dice.randint(0, len(tickets))],
                return_fee=self.dice.random() < 0.5,
                reason=RefundReason.ASKED,
                by=None,
                now=self.now,
            )
            if isinstance(begun, RefundBegun):
                self.asked.append(begun.refund)

    def hear_of_refund(self) -> None:
        """Stripe refuses it, makes it, or (now or later) has it sent back by the bank."""
        if not self.asked:
            return
        answers = ("refused", "pending", "succeeded", "succeeded", "failed")
        self.answer(self.dice.choice(self.asked), self.dice.choice(answers))

    def answer(self, refund: Refund, status: str) -> None:
        if status == "refused":
            refunds.refuse(order_pk=refund.order_id, refund_pk=refund.pk, why="no", now=self.now)
            return
        told = RefundTold(
            id=f"re_{refund.pk}",
            status=status,
            amount=refund.total,
            charge_id="",
            payment_intent_id=None,
            refund_pk=str(refund.pk),
        )
        refunds.settle(order_pk=refund.order_id, refund_pk=refund.pk, told=told, now=self.now)

    def dispute(self) -> None:
        """A fan's bank says something, in no order at all."""
        words = ("warning_needs_response", "needs_response", "under_review", "won", "lost")
        if self.paid:
            self.hear_of_dispute(self.dice.choice(self.paid), self.dice.choice(words))

    def hear_of_dispute(self, order: Order, status: str) -> None:
        told = DisputeTold(
            id=f"du_{order.pk}",
            status=status,
            amount=order.total,
            currency=order.currency,
            reason="fraudulent",
            charge_id="",
            payment_intent_id=None,
            due_by=None,
            fee=1_500,
            charge_refundable=status.startswith("warning"),
        )
        disputes.settle(order=order, told=told, now=self.now)

    def connect_otherwise(self) -> None:
        """The venue's next sales are charges of its own, whose disputes take its own money; or are not any more."""
        mode = self.dice.choice(list(ChargeMode))
        Venue.objects.filter(pk=self.event.venue_id).update(charge_mode=mode)

    def change_terms(self) -> None:
        kind = self.dice.choice(list(self.event.ticket_types.all()))
        terms = {
            "allocation": kind.allocation + self.dice.randint(-3, 3),
            "price": kind.price + self.dice.randint(-1, 1) * 500,
        }
        events.change_terms(event_id=self.event.pk, ticket_type_id=kind.pk, now=self.now, **terms)

    def sell_the_rest(self) -> None:
        """So that every night sells out in the end; the last seats by charges of the venue's own."""
        Venue.objects.filter(pk=self.event.venue_id).update(charge_mode=ChargeMode.DIRECT)
        events.set_status(event_id=self.event.pk, status=EventStatus.ON_SALE, now=self.now)
        while self.held:
            self.pay()
        for kind in self.event.ticket_types.all():
            for _ in range(kind.allocation - kind.sold):
                seat = (Seats(ticket_type_id=kind.pk, quantity=1),)
                outcome = sales.place_hold(
                    event_id=self.event.pk, seats=seat, email="last@example.org", now=self.now
                )
                assert isinstance(outcome, Held)
                self.held.append(outcome.order)
                self.pay()

    def refund_the_last(self) -> None:
        """So that every night has a refund that is refused, and one that is made and comes back."""
        order = self.paid[-1]
        self.answer(self.ask_for_all(order), "refused")
        refund = self.ask_for_all(order)
        self.answer(refund, "succeeded")
        self.answer(refund, "failed")

    def raise_an_allocation(self) -> None:
        """So that every night has other terms."""
        kind = self.dice.choice(list(self.event.ticket_types.all()))
        terms = {"allocation": kind.allocation + 1, "price": kind.price}
        events.change_terms(event_id=self.event.pk, ticket_type_id=kind.pk, now=self.now, **terms)

    def dispute_the_last(self) -> None:
        """So that every night has a dispute that takes the venue's money."""
        self.hear_of_dispute(self.paid[-2], "needs_response")

    def ask_for_all(self, order: Order) -> Refund:
        begun = refunds.request(
            order_pk=order.pk,
            ticket_ids=refunds.remaining_tickets(order),
            return_fee=True,
            reason=RefundReason.ASKED,
            by=None,
            now=self.now,
        )
        assert isinstance(begun, RefundBegun), begun
        return begun.refund

    def toggle(self) -> None:
        status = self.dice.choice((EventStatus.PAUSED, EventStatus.ON_SALE, EventStatus.ON_SALE))
        events.set_status(event_id=self.event.pk, status=status, now=self.now)


def a_night(seed: int) -> Night:
    event = a_show(types=TYPES)
    phones = [a_device(event, name=name)[0] for name in ("Door A", "Tür 🥂", "Balcony")]
    return Night(event, phones, random.Random(seed))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_an_old_snapshot_and_the_frames_since_are_a_fresh_snapshot(seed: int) -> None:
    night = a_night(seed)
    taken = [folding.fresh(night.event.pk)]
    for part in range(8):
        for _ in range(20):
            night.go_on()
        if part == 6:
            night.sell_the_rest()
            night.refund_the_last()
            night.dispute_the_last()
            night.raise_an_allocation()
            night.take_the_last_back()
            night.move_an_entry()
        new = folding.fresh(night.event.pk)

        assert [folding.after(old, night.event.pk) for old in taken] == [new] * len(taken)

        taken.append(new)
    kinds = set(LogEntry.objects.filter(event=night.event).values_list("kind", flat=True))
    assert kinds == {kind.__struct_config__.tag for kind in get_args(AnyDomainEvent)}


@pytest.mark.django_db
def test_the_feeds_hold_their_newest_lines_however_long_the_night() -> None:
    event = a_show(types=(NewTicketType(name="GA", price=100, allocation=80),))
    old = folding.fresh(event.pk)
    for _ in range(p.FEED_LENGTH + 5):
        a_paid_order(event)

    new = folding.fresh(event.pk)

    assert len(new.sales.sales) == p.FEED_LENGTH
    assert new.sales.sales[0].seq > new.sales.sales[-1].seq
    assert folding.after(old, event.pk) == new


@pytest.mark.django_db
def test_the_totals_are_those_of_all_sales_to_the_cent() -> None:
    event = a_show()
    a_paid_order(event, quantity=2)
    a_paid_order(event, quantity=3)
    a_hold(event, quantity=4)

    page = snapshots.sales(event.pk).value

    assert (page.base, page.fee, page.total) == (10_000, 1_000, 11_000)
    assert [(kind.held, kind.sold) for kind in page.types] == [(4, 5)]


@pytest.mark.django_db
def test_the_manifest_tells_what_a_phone_needs_to_walk_codes() -> None:
    event = a_show()
    order = a_paid_order(event, quantity=2)

    manifest = snapshots.door(event.pk).value

    assert (manifest.window.steps, manifest.window.starts_at) == (event.chain.steps, event.window_starts_ms)
    assert set(folding.manifest_of(manifest)) == {bytes(t.anchor).hex() for t in order.tickets.all()}


@pytest.mark.django_db
def test_an_empty_house_has_an_empty_manifest() -> None:
    manifest = snapshots.door(a_show().pk).value

    assert folding.manifest_of(manifest) == {}
    assert manifest.type_names == ("General admission",)


@pytest.mark.django_db
def test_a_manifest_names_no_person_and_no_key() -> None:
    event = a_show()
    order = a_paid_order(event, email="canary@example.org")
    ticket = order.tickets.get()

    text = p.encode(p.TopicSnapshot(topic="door:x", epoch="", seq=0, snapshot=snapshots.door(event.pk).value))
    text += p.encode(
        p.TopicSnapshot(topic="sales:x", epoch="", seq=0, snapshot=snapshots.sales(event.pk).value)
    )

    secrets = ("canary", str(order.pk), str(ticket.pk), order.token, ticket.qr_hash)
    assert [secret for secret in secrets if secret in text] == []


@pytest.mark.django_db
def test_more_doors_than_a_byte_can_count_leave_the_manifest_readable() -> None:
    event = a_show(types=(NewTicketType(name="GA", price=0, allocation=300, per_order_limit=50),))
    orders = [a_paid_order(event, quantity=50) for _ in range(6)]
    tickets = [ticket for order in orders for ticket in order.tickets.all()]
    for number, ticket in enumerate(tickets):
        ticket.status, ticket.redeemed_at, ticket.redeemed_door = "redeemed", NOW, f"Door {number:03}"
    Ticket.objects.bulk_update(tickets, ["status", "redeemed_at", "redeemed_door"])

    rows = folding.manifest_of(snapshots.door(event.pk).value)

    assert len(rows) == 300
    assert {row.status for row in rows.values()} == {"redeemed"}
    wrong = [t for t in tickets if rows[bytes(t.anchor).hex()].door not in (t.redeemed_door, None)]
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("read", [snapshots.sales, snapshots.door, snapshots.counts])
def test_a_show_that_does_not_exist_has_no_snapshot(read: Callable[..., Stamped[object]]) -> None:
    with pytest.raises(Event.DoesNotExist):
        read(uuid4())


@pytest.mark.django_db(transaction=True)
def test_snapshots_taken_while_the_show_sells_are_each_true_at_their_own_seq() -> None:
    event = a_show()
    begin = folding.fresh(event.pk)
    taken: list[Stamped[p.SalesSnapshot]] = []

    def sell(number: int) -> None:
        for _ in range(6):
            a_paid_order(event, email=f"fan{number}@example.org")

    def look() -> None:
        taken.extend(snapshots.sales(event.pk) for _ in range(12))

    together(*[lambda number=number: sell(number) for number in range(3)], look, look)

    entries = log.read(event_id=event.pk, since=begin.seq, limit=10_000)
    wrong = [
        one.seq
        for one in taken
        if one.value != folding.sales_after(begin.sales, event.pk, entries[: one.seq - begin.seq])
    ]
    assert len(taken) == 24
    assert wrong == []


@pytest.mark.django_db(transaction=True)
def test_a_show_that_never_rests_still_gives_a_snapshot() -> None:
    event = a_show()

    def read_while_it_sells(_: log.Head) -> int:
        orders = event.orders.count()
        if not transaction.get_connection().in_atomic_block:
            a_paid_order(event)
        return orders

    stamped = snapshots._stamped(event.pk, read_while_it_sells)

    entries = log.read(event_id=event.pk, since=0, limit=10_000)
    paid = [entry.seq for entry in entries if isinstance(entry.happened, OrderPaid)]
    assert stamped.value == len([seq for seq in paid if seq <= stamped.seq]) > 0
