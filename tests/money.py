"""A show whose money moves at the Stripe simulator, and what must be true of it: at every moment, and at rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import requests
from django.db.models import Sum
from msgspec.structs import replace

from realtime.topics import Audience
from tests import folding
from tests.factories import a_connected_venue, a_device, a_scan, a_show, codes_of
from tests.stripe_simulator import StripeSimulator
from ticketing import cancellation, checkout, disputes, door, log, refunds, statements
from ticketing.admission import TicketStatus
from ticketing.checkout import CheckoutStarted
from ticketing.clock import utc_now
from ticketing.events import NewTicketType
from ticketing.inventory import Seats
from ticketing.models import (
    MONEY_IS_BACK,
    ChargeMode,
    Device,
    Dispute,
    Event,
    InboxState,
    LedgerEntry,
    Order,
    OrderLine,
    OrderStatus,
    Refund,
    RefundReason,
    RefundStatus,
    RefundTicket,
    StripeEvent,
    Venue,
)
from ticketing.payments import reconciliation, upkeep, webhooks
from ticketing.refunds import RefundBegun, RefundRefusal
from ticketing.sales import SaleRefused

PARTIES = ("fan", "venue", "platform", "stripe")
HANDLED = tuple(webhooks._HANDLERS)
"""What our endpoints subscribe to; the rest of Stripe's events never comes."""


@dataclass
class Money:
    """One show of one venue, its Stripe, and a clock that only a test moves."""

    stripe: StripeSimulator
    event: Event
    ahead: timedelta = timedelta(0)
    folded: folding.Manifest = field(default_factory=dict)
    office: folding.Everything | None = None
    seq: int = 0

    @property
    def now(self) -> datetime:
        return utc_now() + self.ahead

    @property
    def venue(self) -> Venue:
        return self.event.venue

    # --- what people do ------------------------------------------------------------------------------------------

    def buy(self, *quantities: int, email: str = "fan@example.org") -> Order | None:
        """Begin to buy so many of each ticket type; the order, if the fan was shown to Stripe's page."""
        kinds = self.event.ticket_types.order_by("position")
        seats = tuple(
            Seats(ticket_type_id=k.pk, quantity=q) for k, q in zip(kinds, quantities, strict=False) if q
        )
        started = checkout.begin(event_id=self.event.pk, seats=seats, email=email, now=self.now)
        if isinstance(started, SaleRefused):
            return None
        assert isinstance(started, CheckoutStarted)
        return Order.objects.get(token=started.order_token)

    def a_sale(self, *quantities: int, email: str = "fan@example.org") -> Order:
        """A paid order with its tickets, of which everything has been told."""
        order = self.buy(*(quantities or (1,)), email=email)
        assert order is not None
        self.stripe.pay(str(order.stripe_session_id))
        self.come_to_rest()
        order.refresh_from_db()
        assert order.status == OrderStatus.PAID
        return order

    def ask_back(
        self, order: Order, *, tickets: int | None = None, return_fee: bool = True
    ) -> RefundBegun | RefundRefusal:
        """The owner refunds the first so many open tickets, or all."""
        left = order.tickets.filter(pk__in=refunds.remaining_tickets(order))
        chosen = left.order_by("ticket_type__position", "number").values_list("pk", flat=True)[:tickets]
        return refunds.request(
            order_pk=order.pk,
            ticket_ids=chosen,
            return_fee=return_fee,
            reason=RefundReason.ASKED,
            by=None,
            now=self.now,
        )

    def refund(self, order: Order, *, tickets: int | None = None, return_fee: bool = True) -> Refund:
        """The same, sent to Stripe at once."""
        begun = self.ask_back(order, tickets=tickets, return_fee=return_fee)
        assert isinstance(begun, RefundBegun), begun
        refunds.send(refund_pk=begun.refund.pk, now=self.now)
        begun.refund.refresh_from_db()
        return begun.refund

    def scan(self, order: Order, device: Device) -> None:
        """The order's first ticket is shown at a door."""
        code = codes_of(order, at=self.now)[0]
        door.record(device_id=device.pk, scan=a_scan(code, at=self.now), now=self.now)

    def a_phone(self) -> Device:
        return a_device(self.event, now=self.now)[0]

    # --- what happens at Stripe ----------------------------------------------------------------------------------

    def charge_of(self, order: Order) -> dict[str, Any]:
        """The order's charge, or {} while there is none."""
        intent_id = order.stripe_payment_intent_id or self._intent_of_session(order)
        found = self.stripe.ask("GET", f"charges?payment_intent={intent_id}", account=self.account_of(order))
        return next((c for c in found["data"] if c["status"] == "succeeded"), {}) if intent_id else {}

    def account_of(self, order: Order) -> str:
        return order.stripe_account_id if order.charge_mode == "direct" else ""

    def refund_at_stripe(self, order: Order, amount: int | None = None, **flags: bool) -> str:
        """Somebody refunds in Stripe's dashboard; the refund's id."""
        asked: dict[str, Any] = {"charge": self.charge_of(order)["id"], **flags}
        made = self.stripe.control("refund", **asked, **({} if amount is None else {"amount": amount}))
        return str(made["id"])

    def dispute_at_stripe(self, order: Order, *, kind: str = "chargeback", amount: int | None = None) -> str:
        """The fan's bank complains; the dispute's id."""
        asked = {"kind": kind, **({} if amount is None else {"amount": amount})}
        return str(self.stripe.control(f"charges/{self.charge_of(order)['id']}/dispute", **asked)["id"])

    def resolve(self, dispute_id: str, outcome: str) -> None:
        self.stripe.control(f"disputes/{dispute_id}/resolve", outcome=outcome)

    def pass_time(self, by: timedelta) -> None:
        """For us and for Stripe."""
        self.ahead += by
        self.stripe.control("clock", advance_s=by.total_seconds())

    def _intent_of_session(self, order: Order) -> str:
        if not order.stripe_session_id:
            return ""
        path = f"checkout/sessions/{order.stripe_session_id}"
        return str(self.stripe.ask("GET", path, account=self.account_of(order))["payment_intent"] or "")

    # --- what happens by itself ----------------------------------------------------------------------------------

    def sweep(self, *, later: timedelta = timedelta(seconds=3)) -> int:
        """What the worker does in one round, `later` by its clock: how much there was to do."""
        now = self.now + later
        works = (
            checkout.sweep_holds,
            webhooks.sweep,
            cancellation.sweep,
            refunds.sweep,
            disputes.sweep,
            upkeep.complete_orders,
        )
        return sum(work(now=now) for work in works)

    def come_to_rest(self, *, later: timedelta = timedelta(seconds=3)) -> None:
        """Everything that was told arrives, or is fetched, and the worker has done all that there is to do."""
        for number in range(12):
            self.stripe.deliver()
            fetched = upkeep.fetch_missed_events(now=self.now)
            if not fetched + self.sweep(later=later + number * timedelta(seconds=5)) and number:
                return
        raise AssertionError("it never comes to rest")

    # --- what must be true ---------------------------------------------------------------------------------------

    def check(self) -> Sight:
        """At every moment; what was seen of it."""
        sight = Sight.of(self.event)
        check_seats(sight)
        check_tickets(sight)
        check_ledger(sight)
        self.check_door(sight)
        self.check_office()
        return sight

    def check_door(self, sight: Sight) -> None:
        """A door phone that has followed the log shows each ticket as it is."""
        entries = log.read(event_id=self.event.pk, since=self.seq, limit=100_000)
        seqs = [entry.seq for entry in entries]
        assert seqs == list(range(self.seq + 1, self.seq + 1 + len(entries))), seqs
        self.folded = folding.manifest_after(self.folded, self.event.pk, entries)
        self.seq += len(entries)
        at_door = {anchor: row.status for anchor, row in self.folded.items()}
        assert at_door == {ticket.anchor: ticket.status for ticket in sight.tickets}

    def check_office(self) -> None:
        """The office's page that has followed the log is a fresh one, and its sums are the settlement's."""
        fresh = folding.fresh(self.event.pk)
        page = replace(fresh.sales, types=())  # some tests take seats off the market behind everybody's back
        if self.office is not None:
            assert replace(folding.after(self.office, self.event.pk).sales, types=()) == page
        self.office = fresh
        whole = statements.of_show(event_id=self.event.pk, currency=page.currency)
        # Stripe's own fees are the settlement's only; and a payment that found no seat is no sale.
        kept = whole.total.plus(whole.late.negated)
        assert page.base - page.refunded.base - page.disputed == kept.net - kept.stripe_fees
        assert page.fee - page.refunded.fee == kept.fees_kept

    def check_at_rest(self) -> None:
        """When all is told and done: ours are Stripe's books, to the cent, for everybody."""
        self.check()
        unsettled, drifts = (
            self.unsettled(),
            reconciliation.reconcile(since=self.now - timedelta(days=90)).drifts,
        )
        assert not unsettled, unsettled
        here, there = self.balances_here(), self.balances_there()
        assert here == there, (here, there, self.ledger_lines())
        assert not drifts, drifts

    def unsettled(self) -> list[str]:
        """What still waits for something or somebody."""
        waiting = Refund.objects.filter(status=RefundStatus.REQUESTED)
        inbox = StripeEvent.objects.exclude(state__in=(InboxState.PROCESSED, InboxState.IGNORED))
        stuck = Dispute.objects.exclude(problem="")
        return [
            *(f"refund {refund.pk}: {refund.problem}" for refund in waiting),
            *(f"{event.type} {event.pk} {event.state}: {event.problem}" for event in inbox),
            *(f"dispute {dispute.stripe_id}: {dispute.problem}" for dispute in stuck),
        ]

    def ledger_lines(self) -> list[str]:
        rows = LedgerEntry.objects.filter(order__event__venue=self.venue).order_by("at")
        return [f"{r.order} {r.kind} {r.stripe_id} {[getattr(r, party) for party in PARTIES]}" for r in rows]

    def balances_here(self) -> dict[str, int]:
        """By our ledger, over all that this Stripe ever saw."""
        sums = self._ledger()
        return {name: amount for name, amount in sums.items() if amount}

    def balances_there(self) -> dict[str, int]:
        """By Stripe's."""
        state = requests.get(f"{self.stripe.url}/_sim/state", timeout=20).json()
        names = {"outside:customers": "fan", "outside:stripe": "stripe", "platform": "platform"}
        sums: Counter[str] = Counter()
        for party, by_currency in state["balances"].items():
            sums[names.get(party, "venue")] += sum(by_currency.values())
        return {name: amount for name, amount in sums.items() if amount}

    def _ledger(self, **which: Any) -> dict[str, int]:
        rows = LedgerEntry.objects.filter(order__event__venue=self.venue, **which)
        return rows.aggregate(**{name: Sum(name, default=0) for name in PARTIES})


class SeenType(NamedTuple):
    pk: UUID
    name: str
    allocation: int
    held: int
    sold: int


class SeenOrder(NamedTuple):
    pk: UUID
    status: str
    total: int
    paid_at: datetime | None
    session: str | None


class SeenTicket(NamedTuple):
    pk: UUID
    order: UUID
    ticket_type: UUID
    status: str
    anchor: str


@dataclass(frozen=True)
class Sight:
    """A show's rows at one moment."""

    types: list[SeenType]
    orders: list[SeenOrder]
    tickets: list[SeenTicket]
    lines: list[tuple[UUID, UUID, int]]
    refunds: list[Refund]
    disputes: list[Dispute]
    settled: set[UUID]
    """Tickets that a refund has ended whose money has moved."""
    ledger: list[tuple[UUID, int, int, int, int]]

    @classmethod
    def of(cls, event: Event) -> Sight:
        types = event.ticket_types.order_by("position").values_list(*SeenType._fields)
        columns = ("pk", "status", "total", "paid_at", "stripe_session_id")
        tickets = ("pk", "order_id", "ticket_type_id", "status", "anchor")
        moved = RefundTicket.objects.filter(
            refund__order__event=event, refund__status__in=(*MONEY_IS_BACK, RefundStatus.FAILED)
        )
        return cls(
            types=[SeenType(*row) for row in types],
            orders=[SeenOrder(*row) for row in event.orders.order_by("created_at").values_list(*columns)],
            tickets=[
                SeenTicket(pk, order, kind, status, bytes(anchor).hex())
                for pk, order, kind, status, anchor in event.tickets.values_list(*tickets)
            ],
            lines=list(
                OrderLine.objects.filter(order__event=event).values_list(
                    "order_id", "ticket_type_id", "quantity"
                )
            ),
            refunds=list(Refund.objects.filter(order__event=event).order_by("created_at")),
            disputes=list(Dispute.objects.filter(order__event=event).order_by("created_at")),
            settled=set(moved.values_list("ticket_id", flat=True)),
            ledger=list(
                LedgerEntry.objects.filter(order__event=event).values_list("order_id", *PARTIES),
            ),
        )

    def given_back(self, ticket: SeenTicket) -> bool:
        """Whether its seat is on sale again: its money went back by a refund, or by a dispute that was lost."""
        if ticket.status == TicketStatus.REFUNDED:
            return ticket.pk in self.settled
        lost = any(d.order_id == ticket.order and d.status == "lost" for d in self.disputes)
        return ticket.status == TicketStatus.VOID and lost


def check_seats(sight: Sight) -> None:
    """Held and sold are what orders hold and tickets are, and never beyond the allocation."""
    holds = {order.pk for order in sight.orders if order.status == OrderStatus.HELD}
    held, sold = Counter[UUID](), Counter[UUID]()
    for order, kind, quantity in sight.lines:
        held[kind] += quantity if order in holds else 0
    sold.update(ticket.ticket_type for ticket in sight.tickets if not sight.given_back(ticket))
    for seen in sight.types:
        assert (seen.held, seen.sold) == (held[seen.pk], sold[seen.pk]), (seen, held, sold)
        assert seen.held + seen.sold <= seen.allocation, seen


def check_tickets(sight: Sight) -> None:
    """Every paid order has exactly its tickets, and nobody else has any; its name follows from them."""
    for order in sight.orders:
        bought = Counter({kind: n for pk, kind, n in sight.lines if pk == order.pk and order.paid_at})
        mine = [ticket for ticket in sight.tickets if ticket.order == order.pk]
        assert Counter(ticket.ticket_type for ticket in mine) == bought, (order, bought, mine)
        gone = {ticket.status == TicketStatus.REFUNDED for ticket in mine}
        names = {
            frozenset([True]): OrderStatus.REFUNDED,
            frozenset([True, False]): OrderStatus.PARTIALLY_REFUNDED,
            frozenset([False]): OrderStatus.PAID,
        }
        assert not order.paid_at or order.status == names[frozenset(gone)], (order, mine)


def check_ledger(sight: Sight) -> None:
    """Every row sums to zero, and nobody gets back more than was paid."""
    for order in sight.orders:
        rows = [amounts for pk, *amounts in sight.ledger if pk == order.pk]
        assert all(sum(amounts) == 0 for amounts in rows), rows
        fan = sum(amounts[0] for amounts in rows)
        assert -order.total <= fan <= 0 or not rows, (order, rows)


TYPES = (
    NewTicketType(name="General admission", price=2_000, allocation=12),
    NewTicketType(name="VIP 🥂", price=5_050, allocation=4),
)


def money_at(
    stripe: StripeSimulator,
    *,
    types: tuple[NewTicketType, ...] = TYPES,
    charge_mode: ChargeMode = ChargeMode.DESTINATION,
    currency: str = "USD",
) -> Money:
    """A connected venue's show, on sale at the real present, at a simulator of its own."""
    stripe.switch(paused=True, platform_events=HANDLED, connect_events=HANDLED)
    venue = a_connected_venue(stripe, charge_mode=charge_mode, currency=currency)
    return Money(stripe, a_show(venue=venue, doors_at=utc_now() - timedelta(minutes=15), types=types))


def facts_of(event: Event, *, since: int = 0) -> list[str]:
    """The door's frames, as it is told them."""
    entries = log.read(event_id=event.pk, since=since, limit=10_000)
    return [folding.fact_text(Audience.DOOR, event.pk, entry) for entry in entries]
