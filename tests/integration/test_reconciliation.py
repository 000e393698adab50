"""Our books beside Stripe's: silent when they agree, and never silent when they do not."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import msgspec
import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from tests.factories import a_paid_order
from tests.money import Money, money_at
from tests.servers import free_port
from tests.stripe_simulator import StripeSimulator
from ticketing.models import ChargeMode, LedgerEntry, LedgerKind, Order
from ticketing.payments import gateway, reconciliation
from ticketing.payments.reconciliation import Drift

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def money(own_stripe_simulator: StripeSimulator) -> Money:
    return money_at(own_stripe_simulator)


def drifts_of(money: Money) -> dict[str, tuple[int, int]]:
    """What does not agree: ours, and Stripe's."""
    found = reconciliation.reconcile(since=money.now - timedelta(days=1))
    return {drift.what: (drift.ours, drift.stripes) for drift in found.drifts}


def command() -> tuple[int, str]:
    """`manage.py reconcile`: its exit code and what it prints."""
    said = StringIO()
    try:
        call_command("reconcile", stdout=said)
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


@pytest.mark.parametrize("mode", list(ChargeMode))
def test_after_an_evening_of_everything_all_agrees(
    own_stripe_simulator: StripeSimulator, mode: ChargeMode
) -> None:
    money = money_at(own_stripe_simulator, charge_mode=mode)
    orders = [money.a_sale(2, email=f"fan{number}@example.org") for number in range(5)]
    money.refund(orders[0])
    money.refund(orders[1], tickets=1, return_fee=False)
    money.refund_at_stripe(orders[2], 1_001)
    money.resolve(money.dispute_at_stripe(orders[3]), "won")
    money.resolve(money.dispute_at_stripe(orders[4]), "lost")
    money.come_to_rest()

    assert drifts_of(money) == {}
    assert command() == (0, "5 orders compared, 0 drifts\n")
    money.check_at_rest()


def test_a_refund_that_we_were_never_told_of_is_a_drift(money: Money) -> None:
    order = money.a_sale(1)

    money.refund_at_stripe(order)

    assert drifts_of(money) == {"refunded": (0, 2_200), "the venue's net": (2_000, 0)}
    code, said = command()
    assert code == 1
    assert f"drift: order {order}: refunded: ours 0, Stripe's 2200\n" in said
    assert said.endswith("1 orders compared, 2 drifts\n")


def test_a_dispute_that_moved_without_a_word_is_a_drift(money: Money) -> None:
    order = money.a_sale(1)
    dispute = money.dispute_at_stripe(order)
    money.come_to_rest()

    money.resolve(dispute, "won")

    assert drifts_of(money) == {"disputed": (2_200, 0)}


@pytest.mark.parametrize(
    ("kind", "drift"),
    [
        (LedgerKind.CHARGE, {"charged": (0, 4_400), "the venue's net": (0, 4_000)}),
        (LedgerKind.STRIPE_FEE, {"Stripe's fee": (0, 158)}),
    ],
)
def test_a_movement_that_we_failed_to_book_is_a_drift(
    money: Money, kind: LedgerKind, drift: dict[str, tuple[int, int]]
) -> None:
    money.a_sale(2)

    LedgerEntry.objects.filter(kind=kind).delete()

    assert drifts_of(money) == drift


def test_one_cent_on_the_wrong_side_is_a_drift(money: Money) -> None:
    money.a_sale(2)

    LedgerEntry.objects.filter(kind=LedgerKind.CHARGE).update(venue=4_001, platform=399)

    assert drifts_of(money) == {"the venue's net": (4_001, 4_000)}


def test_a_payment_that_stripe_does_not_know_is_a_drift_and_the_others_are_compared(money: Money) -> None:
    invented = a_paid_order(money.event, email="ghost@example.org", now=money.now)
    good = money.a_sale(1)

    found = reconciliation.reconcile(since=money.now - timedelta(days=1))

    [drift] = found.drifts
    assert (found.orders, drift.order, drift.ours, drift.stripes) == (2, str(invented), invented.total, 0)
    assert "Stripe does not know the payment" in drift.what
    assert good.ledger_entries.exists()


def test_what_was_before_the_asked_time_is_not_compared(money: Money) -> None:
    order = money.a_sale(1)
    money.refund_at_stripe(order)
    Order.objects.update(created_at=money.now - timedelta(days=40))

    assert command() == (0, "0 orders compared, 0 drifts\n")


def test_comparing_changes_nothing(money: Money) -> None:
    order = money.a_sale(1)
    money.refund_at_stripe(order)
    before = money.ledger_lines()

    found = [reconciliation.reconcile(since=money.now - timedelta(days=1)) for _ in range(2)]

    assert found[0] == found[1]
    assert Drift(order=str(order), what="refunded", ours=0, stripes=2_200) in found[0].drifts
    assert (money.ledger_lines(), order.refunds.exists()) == (before, False)


def test_a_drift_heals_when_the_missed_news_is_fetched(money: Money) -> None:
    order = money.a_sale(1)
    money.stripe.switch(drop=1.0)
    money.refund_at_stripe(order)
    money.stripe.deliver()
    money.stripe.switch(drop=0.0)
    drifted = drifts_of(money)

    money.come_to_rest()

    assert drifted
    assert drifts_of(money) == {}
    money.check_at_rest()


def test_stripes_silence_is_said_and_not_taken_for_agreement(money: Money, settings: Settings) -> None:
    money.a_sale(1)
    settings.ENV = msgspec.structs.replace(settings.ENV, stripe_api_base=f"http://127.0.0.1:{free_port()}")
    gateway.client.cache_clear()

    with pytest.raises(CommandError, match="Stripe does not answer"):
        call_command("reconcile", stdout=StringIO())
