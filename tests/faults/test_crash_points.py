"""The process dies at every point of every verb that moves money. Stripe tells again, the worker goes round again: the
show is one truth right after the death and after the second try, and at rest Stripe's books are ours to the cent.

Nobody does anything by hand, but for what a person had begun: whoever saw no answer asks again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

import msgspec
import pytest
import stripe._http_client as stripe_http
from django.conf import settings as django_settings
from django.db import transaction
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests import stripe_simulator
from tests.faults.dying import die_at
from tests.money import Money, money_at
from tests.stripe_simulator import StripeSimulator, signed
from ticketing import cancellation, checkout, disputes, events, refunds, sales
from ticketing.domain_events import EventStatus, ReleaseReason
from ticketing.events import NewTicketType
from ticketing.models import (
    ChargeMode,
    Dispute,
    Event,
    InboxState,
    LedgerKind,
    Order,
    OrderStatus,
    RefundStatus,
    StripeEvent,
)
from ticketing.payments import gateway, upkeep, webhooks
from ticketing.payments.gateway import speaking
from ticketing.payments.webhooks import Endpoint
from ticketing.refunds import RefundRefusal

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

TYPES = (
    NewTicketType(name="General admission", price=2_000, allocation=2_000),
    NewTicketType(name="VIP 🥂", price=5_050, allocation=1_000),
)
LATER = timedelta(seconds=5)
INBOX = "before INSERT INTO cdm_stripe_events"
"""The point before a delivery is stored: by one statement, a transaction of its own."""


class Case(NamedTuple):
    """Work to die in; what happens afterwards of itself, or because a person asks again; and whether it is done."""

    work: Callable[[], object]
    again: Callable[[], object]
    done: Callable[[], bool]


@pytest.fixture
def simulator(
    live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StripeSimulator]:
    """In a thread, and asked again without a pause: these tests begin hundreds of sales."""
    monkeypatch.setattr(stripe_http.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe_http.HTTPClient, "MAX_DELAY", 0.002)
    with stripe_simulator.in_a_thread(site=str(live_server.url)) as running:
        settings.ENV = msgspec.structs.replace(settings.ENV, stripe_api_base=running.url)
        gateway.client.cache_clear()
        yield running
    gateway.client.cache_clear()


@pytest.fixture
def money(simulator: StripeSimulator) -> Money:
    return money_at(simulator, types=TYPES)


# --- what the cases are made of ----------------------------------------------------------------------------------


def die_everywhere(money: Money, case_of: Callable[[], Case]) -> list[str]:
    """Die at each point of a case, each time of a new one; the points. Then everything comes to rest."""
    points: list[str] = []
    for number in count(1):
        case = case_of()
        point = die_at(number, case.work)
        look(money, case, number, point)
        if not point:
            break
        points.append(point)
    print(f"{len(points)} deaths, before {sum(point == 'before COMMIT' for point in points)} COMMITs")
    money.come_to_rest(later=timedelta(days=1))
    money.check_at_rest()
    return points


def look(money: Money, case: Case, number: int, point: str) -> None:
    try:
        money.check()
        case.again()
        money.check()
        assert case.done()
    except Exception as problem:
        problem.add_note(f"the process had died at point {number}: {point or 'nowhere'}")
        raise


def hear(money: Money, event: dict[str, Any]) -> None:
    """Stripe delivers an event, as often as it likes."""
    env, connected = django_settings.ENV, "account" in event
    secrets = env.stripe_connect_webhook_secrets if connected else env.stripe_webhook_secrets
    body = json.dumps(event).encode()
    stored = webhooks.receive(
        endpoint=Endpoint.CONNECT if connected else Endpoint.PLATFORM,
        body=body,
        signature=signed(body, secret=secrets[0], at=int(money.now.timestamp())),
        now=money.now,
    )
    assert isinstance(stored, webhooks.Stored)
    webhooks.process(event_id=stored.event_id, now=money.now)


def paid_at_stripe(money: Money) -> tuple[Order, dict[str, Any]]:
    """An order whose fan has paid, and the news of it, which has not been told."""
    order = money.buy(2, 1)
    assert order is not None
    money.stripe.pay(str(order.stripe_session_id))
    return order, news_about(money, order, "checkout.session.completed", str(order.stripe_session_id))


def news_about(money: Money, order: Order, kind: str, object_id: str) -> dict[str, Any]:
    account = money.account_of(order)
    told = money.stripe.ask("GET", f"events?limit=100&type={kind}", account=account)["data"]
    return next(event for event in told if event["data"]["object"]["id"] == object_id)


def sold(money: Money) -> Order:
    order, news = paid_at_stripe(money)
    hear(money, news)
    order.refresh_from_db()
    assert order.status == OrderStatus.PAID
    return order


def status_of(order: Order) -> str:
    return str(Order.objects.values_list("status", flat=True).get(pk=order.pk))


def refunds_of(order: Order) -> list[str]:
    return list(order.refunds.values_list("status", flat=True))


# --- the verbs ---------------------------------------------------------------------------------------------------


def test_beginning_to_buy(money: Money) -> None:
    """The fan tries again; what the first try holds goes back on sale when its time is up."""

    def case() -> Case:
        return Case(lambda: money.buy(1, 1), lambda: money.buy(1), lambda: True)

    points = die_everywhere(money, case)
    money.pass_time(timedelta(minutes=40))
    money.come_to_rest()
    money.check_at_rest()

    assert {"before a call to Stripe", "after a call to Stripe"} <= set(points)
    assert {order.status for order in money.event.orders.all()} == {OrderStatus.EXPIRED}


def test_a_sale_that_stripe_tells_of(money: Money) -> None:
    points = die_everywhere(money, lambda: a_told_sale(money))

    assert any(point.startswith(INBOX) for point in points)
    assert "before COMMIT" in points


def a_told_sale(money: Money) -> Case:
    order, news = paid_at_stripe(money)
    return Case(
        lambda: hear(money, news),
        lambda: hear(money, news),
        lambda: status_of(order) == OrderStatus.PAID and order.tickets.count() == 3,
    )


@pytest.mark.parametrize("of", ["nobody_paid", "session_unknown", "paid_untold"])
def test_the_end_of_a_hold_whose_time_is_up(money: Money, of: str) -> None:
    def case() -> Case:
        order = paid_at_stripe(money)[0] if of == "paid_untold" else money.buy(2, 1)
        assert order is not None
        mine = Order.objects.filter(pk=order.pk)
        mine.update(hold_expires_at=money.now - LATER)
        if of == "session_unknown":
            mine.update(stripe_session_id=None, stripe_session_url="")
        wanted = OrderStatus.PAID if of == "paid_untold" else OrderStatus.EXPIRED

        def work() -> None:
            checkout.sweep_holds(now=money.now)

        return Case(work, work, lambda: status_of(order) == wanted)

    points = die_everywhere(money, case)

    assert "after a call to Stripe" in points


@pytest.mark.parametrize("mode", list(ChargeMode))
def test_a_refund_whose_fee_goes_back_by_a_call_of_its_own(
    simulator: StripeSimulator, mode: ChargeMode
) -> None:
    """The owner asks again if there is nothing on record; from then on it is the worker's."""
    money = money_at(simulator, types=TYPES, charge_mode=mode)

    def case() -> Case:
        order = sold(money)

        def work() -> None:
            money.refund(order, tickets=1)

        def again() -> None:
            if not order.refunds.exists():
                assert not isinstance(money.ask_back(order, tickets=1), RefundRefusal)
            refunds.sweep(now=money.now + LATER)

        return Case(work, again, lambda: refunds_of(order) == [RefundStatus.SUCCEEDED])

    points = die_everywhere(money, case)

    assert (
        points.count("before a call to Stripe") == 3
    )  # the refund, which fee that was, and the fee's return


def test_a_refund_in_stripes_dashboard(money: Money) -> None:
    def case() -> Case:
        order = sold(money)
        made = money.refund_at_stripe(order, reverse_transfer=True, refund_application_fee=True)
        news = news_about(money, order, "refund.created", made)
        return Case(
            lambda: hear(money, news),
            lambda: hear(money, news),
            lambda: (
                status_of(order) == OrderStatus.REFUNDED and refunds_of(order) == [RefundStatus.SUCCEEDED]
            ),
        )

    points = die_everywhere(money, case)

    assert "after a call to Stripe" in points


def test_a_payment_after_its_seats_were_sold_again(money: Money) -> None:
    """Somebody ends the hold in our books and buys all that is left; then the first fan's payment is told."""

    def case() -> Case:
        order, news = paid_at_stripe(money)
        Order.objects.filter(pk=order.pk).update(hold_expires_at=money.now - LATER)
        sell_out_instead_of(order, money)

        def work() -> None:
            hear(money, news)
            refunds.sweep(now=money.now + LATER)

        def done() -> bool:
            money.event.ticket_types.update(allocation=2_000)
            return status_of(order) == OrderStatus.REFUNDED and refunds_of(order) == [RefundStatus.SUCCEEDED]

        return Case(work, work, done)

    points = die_everywhere(money, case)

    assert points.count("before a call to Stripe") == 1


def sell_out_instead_of(order: Order, money: Money) -> None:
    """The hold is gone, and so are its seats: to the venue, which takes back what nobody holds."""
    assert sales.release(order_pk=order.pk, reason=ReleaseReason.EXPIRED, now=money.now)
    for kind in money.event.ticket_types.all():
        events.change_terms(
            event_id=money.event.pk,
            ticket_type_id=kind.pk,
            allocation=kind.held + kind.sold,
            price=kind.price,
            now=money.now,
        )


@pytest.mark.parametrize("end", ["open", "won", "lost"])
def test_a_dispute_and_the_venues_share(money: Money, end: str) -> None:
    def case() -> Case:
        order = sold(money)
        upkeep.complete_orders(now=money.now + LATER)
        name = money.dispute_at_stripe(order)
        news = news_about(money, order, "charge.dispute.created", name)

        def work() -> None:
            hear(money, news)
            disputes.sweep(now=money.now)

        if end != "open":
            work()
            money.resolve(name, end)
            news = news_about(money, order, "charge.dispute.closed", name)

        return Case(work, work, lambda: is_settled(Dispute.objects.get(stripe_id=name), end))

    points = die_everywhere(money, case)

    assert any(point.startswith(INBOX) for point in points)
    assert "before COMMIT" in points


def is_settled(dispute: Dispute, end: str) -> bool:
    status = {"open": "needs_response"}.get(end, end)
    return (
        dispute.status == status
        and dispute.reversal_id.startswith("trr_")
        and (bool(dispute.repayment_id) == (end == "won"))
    )


def test_a_show_that_is_called_off(money: Money) -> None:
    """Always the same show, called off anew for each order."""

    def case() -> Case:
        Event.objects.filter(pk=money.event.pk).update(status=EventStatus.ON_SALE)
        order = sold(money)

        def work() -> None:
            events.cancel(event_id=money.event.pk, now=money.now)
            cancellation.sweep(now=money.now)
            refunds.sweep(now=money.now + LATER)

        return Case(
            work,
            work,
            lambda: (
                status_of(order) == OrderStatus.REFUNDED and refunds_of(order) == [RefundStatus.SUCCEEDED]
            ),
        )

    points = die_everywhere(money, case)

    assert points.count("before COMMIT") >= 3  # the show's, that of the refund's intent, that of its answer
    assert cancellation.progress(money.event.pk).refunded == money.event.orders.count()


def test_what_stripe_kept_of_a_sale(money: Money) -> None:
    def case() -> Case:
        order = sold(money)

        def work() -> None:
            upkeep.complete_orders(now=money.now + LATER)

        return Case(work, work, lambda: order.ledger_entries.filter(kind=LedgerKind.STRIPE_FEE).count() == 1)

    die_everywhere(money, case)


# --- and these tests would tell -----------------------------------------------------------------------------------


def test_news_that_is_noted_before_it_is_acted_on_is_lost(
    money: Money, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: the inbox and the sale in two transactions."""

    def in_two(event_id: str, change: Callable[[], object] | None, now: datetime) -> InboxState:
        StripeEvent.objects.filter(pk=event_id).update(state=InboxState.PROCESSED, processed_at=now)
        with transaction.atomic():
            if change is not None:
                change()
        return InboxState.PROCESSED

    monkeypatch.setattr(webhooks, "_apply", in_two)

    with pytest.raises(AssertionError):
        die_everywhere(money, lambda: a_told_sale(money))


def test_a_refund_without_a_key_is_paid_twice(money: Money, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: Stripe cannot tell the second question from another one."""
    monkeypatch.setattr(speaking, "on_account", lambda _order, **_: {})

    def case() -> Case:
        order = sold(money)

        def work() -> None:
            money.refund(order, tickets=1, return_fee=False)

        def again() -> None:
            if not order.refunds.exists():
                money.ask_back(order, tickets=1, return_fee=False)
            refunds.sweep(now=money.now + LATER)

        return Case(work, again, lambda: True)

    with pytest.raises(AssertionError):
        die_everywhere(money, case)
