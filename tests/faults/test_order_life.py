"""The whole life of orders, in any order of things: Hypothesis sells, pays, refunds, disputes, cancels, and drops,
doubles, shuffles and loses what Stripe tells. After every step the show must be one truth; at rest, Stripe's too.

NGN_NIGHTS=20 makes the run so many times as long. A failure prints the steps that lead to it; NGN_SHRINK=1 looks for
fewer of them, which takes minutes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

import msgspec
import pytest
import stripe._http_client as stripe_http
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django.live_server_helper import LiveServer

from tests import emptying, stripe_simulator
from tests.money import HANDLED, Money, Sight, money_at
from ticketing import (
    cancellation,
    checkout,
    disputes,
    events,
    foreign_refunds,
    fulfilment,
    inventory,
    log,
    refunds,
)
from ticketing.domain_events import AnyDomainEvent, TicketsClosed
from ticketing.models import ChargeMode, Dispute, Order, OrderStatus, Refund, RefundStatus
from ticketing.payments import gateway, ledger, upkeep, webhooks
from ticketing.payments.gateway import refunds as gateway_refunds

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
NIGHTS = float(os.environ.get("NGN_NIGHTS", "1"))
LIVES, STEPS = int(50 * NIGHTS), 50
PHASES = (Phase.generate, Phase.shrink) if "NGN_SHRINK" in os.environ else (Phase.generate,)
SWEEPS = (
    checkout.sweep_holds,
    webhooks.sweep,
    cancellation.sweep,
    refunds.sweep,
    disputes.sweep,
    upkeep.complete_orders,
)
Thing = TypeVar("Thing")
steps: Counter[str] = Counter()
pick = st.integers(0, 99)


class OrderLife(RuleBasedStateMachine):
    """One show, one Stripe, and whatever can happen between them. Each choice is an index into what there is."""

    site = ""

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.began = False
        self.sight: Sight

    @initialize(direct=st.sampled_from((False, False, True)), slow_banks=st.booleans())
    def begin(self, direct: bool, slow_banks: bool) -> None:
        emptying.empty()  # lives know nothing of each other
        simulator = self.open.enter_context(stripe_simulator.in_a_thread(site=self.site))
        self.open.enter_context(spoken_to(simulator))
        mode = ChargeMode.DIRECT if direct else ChargeMode.DESTINATION
        self.money = money_at(simulator, charge_mode=mode)
        self.phone = self.money.a_phone()
        self.two_sales()
        simulator.switch(pending_refunds=slow_banks)
        self.sight = self.money.check()
        self.began = True

    # --- fans ----------------------------------------------------------------------------------------------------

    @rule(ga=st.integers(0, 3), vip=st.integers(0, 2), fan=st.integers(1, 3))
    def hold(self, ga: int, vip: int, fan: int) -> None:
        self.did("hold")
        self.money.buy(ga, vip, email=f"fan{fan}@example.org")

    @rule(ga=st.integers(1, 3), vip=st.integers(0, 2))
    def buy(self, ga: int, vip: int) -> None:
        """Hold and pay at once, so that most lives get somewhere; what is told of it comes when it comes."""
        self.did("buy")
        if (order := self.money.buy(ga, vip)) is not None:
            self.pay_session(order, "pay")

    @precondition(lambda self: self.began and self.orders(OrderStatus.HELD))
    @rule(which=pick, how=st.sampled_from(("pay", "decline", "insufficient_funds", "three_d_secure", "late")))
    def pay(self, which: int, how: str) -> None:
        self.did(f"pay {how}")
        self.pay_session(self.order(self.orders(OrderStatus.HELD), which), how)

    @precondition(lambda self: self.began and self.orders(OrderStatus.EXPIRED))
    @rule(which=pick)
    def pay_late(self, which: int) -> None:
        self.did("pay late")
        self.pay_session(self.order(self.orders(OrderStatus.EXPIRED), which), "late")

    @precondition(lambda self: self.began and self.orders(OrderStatus.HELD))
    @rule(which=pick)
    def abandon(self, which: int) -> None:
        self.did("abandon")
        order = self.order(self.orders(OrderStatus.HELD), which)
        checkout.abandon(order_token=order.token, now=self.money.now)

    @precondition(lambda self: self.began and self.paid())
    @rule(which=pick)
    def scan(self, which: int) -> None:
        self.did("scan")
        self.money.scan(self.order(self.paid(), which), self.phone)

    # --- the office ----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.began and self.paid())
    @rule(which=pick, tickets=st.none() | st.integers(1, 3), fee=st.booleans(), sent=st.booleans())
    def ask_back(self, which: int, tickets: int | None, fee: bool, sent: bool) -> None:
        self.did("refund sent" if sent else "refund asked")
        order = self.order(self.paid(), which)
        begun = self.money.ask_back(order, tickets=tickets, return_fee=fee)
        if sent and isinstance(begun, refunds.RefundBegun):
            refunds.send(refund_pk=begun.refund.pk, now=self.money.now)

    @precondition(lambda self: self.began and self.unallocated())
    @rule(which=pick, tickets=st.integers(1, 3))
    def allocate(self, which: int, tickets: int) -> None:
        self.did("allocate")
        refund = self.one_of(self.unallocated(), which)
        chosen = refunds.remaining_tickets(refund.order)[:tickets]
        foreign_refunds.allocate(refund_pk=refund.pk, ticket_ids=chosen, now=self.money.now)

    @precondition(lambda self: self.began)
    @rule(which=pick, more=st.integers(-3, 3), price=st.sampled_from((0, 500, 3_333)))
    def change_terms(self, which: int, more: int, price: int) -> None:
        self.did("terms")
        kind = self.one_of(list(self.money.event.ticket_types.order_by("position")), which)
        events.change_terms(
            event_id=self.money.event.pk,
            ticket_type_id=kind.pk,
            allocation=kind.allocation + more,
            price=price or kind.price,
            now=self.money.now,
        )

    @precondition(lambda self: self.began and self.paid())
    @rule(sure=st.integers(0, 11))
    def cancel_show(self, sure: int) -> None:
        if sure == 7:  # Hypothesis likes the ends of a range
            self.did("cancel show")
            events.cancel(event_id=self.money.event.pk, now=self.money.now)

    # --- Stripe and the banks ------------------------------------------------------------------------------------

    @precondition(lambda self: self.began and self.paid())
    @rule(which=pick, share=st.sampled_from((1, 7, 50, 97, 100, 100)), flags=st.sampled_from((0, 1, 3, 3, 3)))
    def refund_in_dashboard(self, which: int, share: int, flags: int) -> None:
        """Some of it or all, with what it was split into or without."""
        self.did("dashboard refund")
        order = self.order(self.paid(), which)
        charge = self.money.charge_of(order)
        amount = (charge["amount"] - charge["amount_refunded"]) * share // 100
        self.try_at_stripe(
            "refund",
            charge=charge["id"],
            amount=amount or 1,
            reverse_transfer=bool(flags & 1),
            refund_application_fee=bool(flags & 2),
        )

    @precondition(lambda self: self.began and self.made_refunds())
    @rule(which=pick, ok=st.booleans())
    def bank_answers(self, which: int, ok: bool) -> None:
        self.did("refund succeeds" if ok else "refund fails")
        refund = self.one_of(self.made_refunds(), which)
        self.try_at_stripe(f"refunds/{refund.stripe_refund_id}", outcome="succeeded" if ok else "failed")

    @precondition(lambda self: self.began and self.ever_paid())
    @rule(which=pick, inquiry=st.booleans(), share=st.sampled_from((30, 100, 100)))
    def dispute(self, which: int, inquiry: bool, share: int) -> None:
        self.did("inquiry" if inquiry else "dispute")
        order = self.order(self.ever_paid(), which)
        charge = self.money.charge_of(order)
        amount = (charge["amount"] - charge["amount_refunded"]) * share // 100
        kind = "inquiry" if inquiry else "chargeback"
        self.try_at_stripe(f"charges/{charge['id']}/dispute", kind=kind, amount=amount)

    @precondition(lambda self: self.began and self.disputes())
    @rule(which=pick, outcome=st.sampled_from(("won", "lost", "escalate")))
    def resolve(self, which: int, outcome: str) -> None:
        self.did(f"dispute {outcome}")
        self.try_at_stripe(
            f"disputes/{self.one_of(self.disputes(), which).stripe_id}/resolve", outcome=outcome
        )

    @precondition(lambda self: self.began and self.disputes())
    @rule(which=pick)
    def send_evidence(self, which: int) -> None:
        self.did("evidence")
        try:
            disputes.submit_evidence(dispute=self.one_of(self.disputes(), which), now=self.money.now)
        except (gateway.PaymentUnavailable, gateway.PaymentRefused):
            return

    # --- the wire, the worker, and time --------------------------------------------------------------------------

    @precondition(lambda self: self.began)
    @rule(
        how=st.sampled_from(("deliver", "deliver", "deliver", "lose", "fetch")),
        shuffled=st.none() | st.randoms(use_true_random=False),
        part=st.integers(1, 3),
        twice=st.booleans(),
    )
    def tell(self, how: str, shuffled: Random | None, part: int, twice: bool) -> None:
        """Stripe's news: all that waits, or a part of all that ever was, shuffled and doubled; lost; or fetched."""
        self.did(f"news: {how}{' shuffled' if shuffled and how == 'deliver' else ''}")
        if how == "fetch":
            upkeep.fetch_missed_events(now=self.money.now)
            return
        told = self.money.stripe.events(*HANDLED) if shuffled else []
        if shuffled:
            shuffled.shuffle(told)
        self.money.stripe.switch(duplicate=int(twice), drop=float(how == "lose"))
        self.money.stripe.deliver(*(event["id"] for event in told[: 1 + len(told) * part // 3]))
        self.money.stripe.switch(duplicate=0, drop=0.0)

    @precondition(lambda self: self.began)
    @rule(work=st.sampled_from(SWEEPS))
    def sweep(self, work: Callable[..., int]) -> None:
        """One of the worker's, as long after the last as it may please."""
        self.did(f"worker: {work.__module__.split('.')[-1]}")
        work(now=self.money.now + timedelta(seconds=6))

    @precondition(lambda self: self.began)
    @rule(
        minutes=st.sampled_from((0, 0, 1, 11, 32)),
        lost=st.sampled_from((1, 3)),
        refused=st.sampled_from((0, 3)),
    )
    def trouble(self, minutes: int, lost: int, refused: int) -> None:
        """Time passes, or the wire breaks: three times is as often as the SDK asks."""
        self.did("time" if minutes else "answers lost")
        if minutes:
            self.money.pass_time(timedelta(minutes=minutes))
        else:
            self.money.stripe.switch(lose_answers=lost, refuse_requests=refused)

    @precondition(lambda self: self.began)
    @rule(now=st.integers(0, 5))
    def come_to_rest(self, now: int) -> None:
        if now == 3:
            self.did("rest")
            self.rest()

    # --- what must be true ---------------------------------------------------------------------------------------

    @invariant()
    def is_one_truth(self) -> None:
        if self.began:
            self.sight = self.money.check()

    def rest(self) -> None:
        self.money.stripe.switch(lose_answers=0, refuse_requests=0)
        self.money.come_to_rest(later=timedelta(days=1))
        self.money.check_at_rest()

    def teardown(self) -> None:
        try:
            if self.began:
                self.rest()
        finally:
            self.open.close()

    def two_sales(self) -> None:
        """What most lives are about."""
        for order in (self.money.buy(2, 1), self.money.buy(1)):
            assert order is not None
            self.pay_session(order, "pay")
        self.money.come_to_rest()
        assert self.money.event.orders.filter(status=OrderStatus.PAID).count() == 2

    # --- what there is -------------------------------------------------------------------------------------------

    def did(self, what: str) -> None:
        steps[what] += 1

    def orders(self, *statuses: OrderStatus) -> list[UUID]:
        """As the last look at the show told."""
        return [order.pk for order in self.sight.orders if order.status in statuses and order.session]

    def paid(self) -> list[UUID]:
        return self.orders(OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED)

    def ever_paid(self) -> list[UUID]:
        return self.orders(OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED)

    def unallocated(self) -> list[Refund]:
        return [refund for refund in self.sight.refunds if refund.status == RefundStatus.UNALLOCATED]

    def made_refunds(self) -> list[Refund]:
        return [refund for refund in self.sight.refunds if refund.stripe_refund_id]

    def disputes(self) -> list[Dispute]:
        return self.sight.disputes

    def order(self, orders: list[UUID], which: int) -> Order:
        return Order.objects.get(pk=self.one_of(orders, which))

    def one_of(self, things: Sequence[Thing], which: int) -> Thing:
        return things[which % len(things)]

    def pay_session(self, order: Order, how: str) -> None:
        self.try_at_stripe(f"sessions/{order.stripe_session_id}/pay", outcome=how)

    def try_at_stripe(self, path: str, **body: object) -> None:
        """Push a button that may make no sense by now."""
        self.money.stripe.try_control(path, **body)


@contextmanager
def spoken_to(simulator: stripe_simulator.StripeSimulator) -> Iterator[None]:
    from django.conf import settings as django_settings  # noqa: PLC0415

    before = django_settings.ENV
    django_settings.ENV = msgspec.structs.replace(before, stripe_api_base=simulator.url)
    gateway.client.cache_clear()
    try:
        yield
    finally:
        django_settings.ENV = before
        gateway.client.cache_clear()


@pytest.fixture
def site(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The SDK asks again as often as ever, and waits less in between."""
    monkeypatch.setattr(stripe_http.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe_http.HTTPClient, "MAX_DELAY", 0.002)
    return str(live_server.url)


def lives(site: str, *, number: int, length: int, phases: tuple[Phase, ...] = PHASES) -> None:
    """Live so many lives of so many steps."""
    machine = type("Life", (OrderLife,), {"site": site})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=number,
            stateful_step_count=length,
            deadline=None,
            phases=phases,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def a_story(money: Money) -> None:
    """A little of everything, at the end at rest; enough for each check to have something to say."""
    order = money.a_sale(2, 1)
    other = money.a_sale(1)
    money.ask_back(order, tickets=1)
    money.check()
    money.sweep()
    money.check()
    money.dispute_at_stripe(other)
    money.come_to_rest()
    money.check_at_rest()


def seats_that_never_return(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "give_back", lambda _seats: None)


def one_ticket_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    tickets_of = fulfilment.tickets_of
    monkeypatch.setattr(fulfilment, "tickets_of", lambda due: tickets_of(due)[:-1])


def a_door_that_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    append = log.append

    def mute(*, event_id: UUID, happened: AnyDomainEvent, now: datetime) -> int:
        if isinstance(happened, TicketsClosed):
            return 0
        return append(event_id=event_id, happened=happened, now=now)

    monkeypatch.setattr(log, "append", mute)


def a_cent_booked_to_the_wrong_party(monkeypatch: pytest.MonkeyPatch) -> None:
    def shifted(*, base: int, fee: int) -> ledger.Movement:
        return ledger.Movement(fan=base + fee, venue=-base - 1, platform=1 - fee)

    monkeypatch.setattr(ledger, "refunded", shifted)


def a_fee_that_the_platform_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_refunds, "_return_fee", lambda **_: None)


def a_worker_that_sends_no_refunds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refunds, "sweep", lambda **_: 0)


def a_share_that_stays_with_the_venue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "reverse_transfer", lambda **_: gateway.ReversalTold(id="trr_x", amount=1))


@pytest.mark.parametrize(
    "plant",
    [
        seats_that_never_return,
        one_ticket_too_few,
        a_door_that_is_not_told,
        a_cent_booked_to_the_wrong_party,
        a_fee_that_the_platform_keeps,
        a_worker_that_sends_no_refunds,
        a_share_that_stays_with_the_venue,
    ],
    ids=lambda plant: plant.__name__,
)
def test_the_checks_find_a_planted_bug(
    site: str, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    with stripe_simulator.in_a_thread(site=site) as simulator, spoken_to(simulator):
        plant(monkeypatch)

        with pytest.raises(AssertionError):
            a_story(money_at(simulator))


def test_without_a_bug_the_same_story_has_no_fault(site: str) -> None:
    with stripe_simulator.in_a_thread(site=site) as simulator, spoken_to(simulator):
        a_story(money_at(simulator))


def test_whatever_happens_in_whatever_order_the_money_adds_up(site: str) -> None:
    steps.clear()

    lives(site, number=LIVES, length=STEPS)

    print(f"{sum(steps.values())} steps: {dict(steps.most_common())}")
    assert sum(steps.values()) >= LIVES * STEPS // 3
