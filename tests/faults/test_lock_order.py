"""Everything that changes one show, at once, in many threads: nobody waits for somebody who waits for him.

The order of locks stands in `ticketing.sales`. Here Stripe's answers are given, not asked for: only rows are raced for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from random import Random

import pytest
from django.db import OperationalError, connection

from tests.factories import a_device, a_scan, a_show, codes_of
from tests.money import Money, Sight, check_seats, check_tickets
from tests.race import together
from tests.stripe_simulator import StripeSimulator
from ticketing import disputes, door, events, foreign_refunds, inventory, refunds, sales
from ticketing.clock import utc_now
from ticketing.domain_events import EventStatus, ReleaseReason
from ticketing.events import NewTicketType
from ticketing.foreign_refunds import News
from ticketing.inventory import Seats
from ticketing.models import Device, Event, Order, RefundReason
from ticketing.payments import gateway
from ticketing.refunds import RefundBegun
from ticketing.sales import Held

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

THREADS, TURNS = 6, 40
TYPES = (
    NewTicketType(name="General admission", price=2_000, allocation=900),
    NewTicketType(name="VIP", price=5_050, allocation=900),
)
STATUSES = ("needs_response", "under_review", "won", "lost", "warning_needs_response", "warning_closed")
_numbers = count(1)


@dataclass
class Somebody:
    """One thread's choices: whatever may happen to a show, drawn from its own seed."""

    event: Event
    device: Device
    seed: int
    did: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.kinds = list(self.event.ticket_types.order_by("position"))

    def act(self, turns: int) -> Counter[str]:
        deeds: list[Callable[[], object]] = [
            self.buy,
            self.buy,
            self.refund,
            self.refund,
            self.dispute,
            self.dispute,
            self.refund_in_dashboard,
            self.change_terms,
            self.pause_or_resume,
            self.scan,
        ]
        for _ in range(turns):
            deed = self.chance.choice(deeds)
            deed()
            self.did[getattr(deed, "__name__", "")] += 1
        return self.did

    def buy(self) -> None:
        """Both types, in either order; paid, or put back."""
        kinds = self.chance.sample(self.kinds, 2)
        seats = tuple(Seats(ticket_type_id=kind.pk, quantity=self.chance.randint(1, 2)) for kind in kinds)
        email = f"fan{self.chance.randint(1, 4)}@example.org"
        held = sales.place_hold(event_id=self.event.pk, seats=seats, email=email, now=utc_now())
        if not isinstance(held, Held):
            return
        if self.chance.random() < 0.2:
            sales.release(order_pk=held.order.pk, reason=ReleaseReason.ABANDONED, now=utc_now())
        else:
            paid = f"pi_race_{next(_numbers)}"
            sales.fulfil(order_pk=held.order.pk, payment_intent_id=paid, now=utc_now())

    def refund(self) -> None:
        """Some of an order's tickets; Stripe says yes, no, or first yes and then that the bank refused."""
        order = self.any_order()
        chosen = refunds.remaining_tickets(order)[: self.chance.randint(1, 3)]
        begun = refunds.request(
            order_pk=order.pk,
            ticket_ids=chosen,
            return_fee=True,
            reason=RefundReason.ASKED,
            by=None,
            now=utc_now(),
        )
        if not isinstance(begun, RefundBegun):
            return
        mine = {"order_pk": order.pk, "refund_pk": begun.refund.pk}
        if self.chance.random() < 0.3:
            refunds.refuse(**mine, why="not today", now=utc_now())
            return
        name = f"re_race_{next(_numbers)}"
        for status in ("succeeded", "failed")[: self.chance.choice((1, 1, 2))]:
            told = _told(order, name, amount=begun.refund.total, status=status)
            refunds.settle(**mine, told=told, now=utc_now())

    def refund_in_dashboard(self) -> None:
        """All that is left, or a little, for which the tickets are named later."""
        order = self.any_order()
        left = order.total - sum(order.refunds.values_list("total", flat=True))
        if left < 10:
            return
        amount = self.chance.choice((left, left // 10))
        news = News(told=_told(order, f"re_race_{next(_numbers)}", amount=amount, status="succeeded"))
        try:
            foreign_refunds.record(order_pk=order.pk, news=news, now=utc_now())
        except gateway.PaymentUnavailable:
            return  # somebody else's refund of the same order has no answer yet
        for refund in order.refunds.filter(status="unallocated"):
            chosen = refunds.remaining_tickets(order)[:1]
            foreign_refunds.allocate(refund_pk=refund.pk, ticket_ids=chosen, now=utc_now())

    def dispute(self) -> None:
        """A dispute of the order's, at any state, in any order."""
        order = self.any_order()
        told = gateway.DisputeTold(
            id=f"du_race_{order.pk.hex}",
            status=self.chance.choice(STATUSES),
            amount=order.total,
            currency=order.currency,
            reason="fraudulent",
            charge_id="ch_race",
            payment_intent_id=order.stripe_payment_intent_id,
            due_by=None,
            fee=0,
        )
        disputes.settle(order=order, told=told, now=utc_now())

    def change_terms(self) -> None:
        events.change_terms(
            event_id=self.event.pk,
            ticket_type_id=self.chance.choice(self.kinds).pk,
            allocation=self.chance.randint(600, 900),
            price=self.chance.choice((2_000, 3_333)),
            now=utc_now(),
        )

    def pause_or_resume(self) -> None:
        status = self.chance.choice((EventStatus.PAUSED, EventStatus.ON_SALE, EventStatus.ON_SALE))
        events.set_status(event_id=self.event.pk, status=status, now=utc_now())

    def scan(self) -> None:
        code = codes_of(self.any_order(), at=utc_now())[0]
        door.record(device_id=self.device.pk, scan=a_scan(code, at=utc_now()), now=utc_now())

    def any_order(self) -> Order:
        """One of the oldest, so that many want the same; it was paid, whatever became of it."""
        paid = Order.objects.filter(event=self.event, paid_at__isnull=False).order_by("created_at")
        return self.chance.choice(list(paid[:12]))


def _told(order: Order, name: str, *, amount: int, status: str) -> gateway.RefundTold:
    return gateway.RefundTold(
        id=name,
        status=status,
        amount=amount,
        charge_id="ch_race",
        payment_intent_id=order.stripe_payment_intent_id,
        refund_pk="",
        reversed=amount,
    )


def a_night(*, seed: int, turns: int = TURNS) -> tuple[Event, Counter[str]]:
    """Let everybody act at once; what was done."""
    event = a_show(types=TYPES, doors_at=utc_now() - timedelta(minutes=15))
    people = [
        Somebody(event=event, device=a_device(event, now=utc_now())[0], seed=seed + n) for n in range(THREADS)
    ]
    while event.orders.filter(paid_at__isnull=False).count() < THREADS:
        people[0].buy()
    return event, sum(together(*[partial(person.act, turns) for person in people]), Counter[str]())


def test_sales_refunds_disputes_terms_and_doors_of_one_show_never_wait_in_a_circle() -> None:
    event, did = a_night(seed=1)

    assert sum(did.values()) == THREADS * TURNS
    sight = Sight.of(event)
    check_seats(sight)
    check_tickets(sight)
    assert all(sum(amounts) == 0 for _, *amounts in sight.ledger)
    Money(StripeSimulator(url=""), event).check_door(sight)


def test_types_locked_in_an_order_of_ones_own_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: refunds and sales take the ticket types as they come. SQLite's writers take turns anyway."""
    ways = Random(1)
    monkeypatch.setattr(inventory, "take", lambda _order_pk: None)
    monkeypatch.setattr(inventory, "_in_lock_order", lambda seats: sorted(seats, key=lambda _: ways.random()))

    if connection.vendor == "postgresql":
        with pytest.raises(OperationalError, match="deadlock"):
            a_night(seed=1)
    else:
        a_night(seed=1, turns=5)
