"""Refunds that fans' banks sent back are owed until an owner says that the fan was paid another way."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.test import Client

from tests.factories import a_member, a_user
from tests.money import Money, money_at
from tests.stripe_simulator import StripeSimulator
from ticketing import cancellation, events, made_good, statements
from ticketing.cancellation import Progress
from ticketing.models import ChargeMode, LedgerEntry, Order, Refund, RefundStatus, Role, User
from ticketing.payments import reconciliation

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def money(own_stripe_simulator: StripeSimulator) -> Money:
    return money_at(own_stripe_simulator)


@pytest.fixture
def owner(money: Money) -> User:
    return a_member(money.venue, Role.OWNER)


def a_refund_that_came_back(money: Money) -> Refund:
    """The fan's bank has taken it first, and then not."""
    refund = money.refund(money.a_sale(1))
    money.stripe.control(f"refunds/{refund.stripe_refund_id}", outcome="failed")
    money.come_to_rest()
    refund.refresh_from_db()
    assert refund.status == RefundStatus.FAILED
    return refund


def pay_another_way(money: Money, refund: Refund, owner: User, *, note: str = "Bank transfer") -> bool:
    return made_good.record(refund_pk=refund.pk, note=note, by=owner, now=money.now)


def address_of(money: Money, order: Order) -> str:
    return f"/venue/{money.venue.slug}/e/{money.event.slug}/orders/{order}/"


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(client: Client, address: str) -> str:
    return unescape(client.get(address).content.decode())


@pytest.mark.parametrize("mode", list(ChargeMode))
def test_what_is_paid_outside_of_stripe_moves_nothing_in_the_books(
    own_stripe_simulator: StripeSimulator, mode: ChargeMode
) -> None:
    money = money_at(own_stripe_simulator, charge_mode=mode)
    refund = a_refund_that_came_back(money)
    before = list(LedgerEntry.objects.order_by("pk").values())

    assert pay_another_way(money, refund, a_user())

    assert list(LedgerEntry.objects.order_by("pk").values()) == before
    money.check_at_rest()


def test_a_fan_is_paid_another_way_once(money: Money, owner: User) -> None:
    refund = a_refund_that_came_back(money)

    first = pay_another_way(money, refund, owner, note="In cash, at the door")
    second = pay_another_way(money, refund, a_user(), note="Twice")

    refund.refresh_from_db()
    assert (first, second) == (True, False)
    assert (refund.made_good_by, refund.made_good_note) == (owner, "In cash, at the door")


def test_a_refund_that_reached_the_fan_is_not_made_good(money: Money, owner: User) -> None:
    refund = money.refund(money.a_sale(1))

    assert not pay_another_way(money, refund, owner)
    with pytest.raises(IntegrityError):
        Refund.objects.filter(pk=refund.pk).update(made_good_at=money.now)


def test_the_settlement_tells_what_is_owed_and_what_was_made_good_and_sums_up_neither(
    money: Money, owner: User
) -> None:
    refunds = [a_refund_that_came_back(money), a_refund_that_came_back(money)]
    before = statements.of_show(event_id=money.event.pk, currency="USD")

    pay_another_way(money, refunds[0], owner)

    after = statements.of_show(event_id=money.event.pk, currency="USD")
    assert [(one.owed, one.made_good) for one in (before, after)] == [(4_400, 0), (2_200, 2_200)]
    assert before.total == after.total


def test_the_reconciliation_tells_it_as_a_kind_of_its_own_and_not_as_a_drift(
    money: Money, owner: User
) -> None:
    refunds = [a_refund_that_came_back(money), a_refund_that_came_back(money)]
    pay_another_way(money, refunds[0], owner)

    found = reconciliation.reconcile(since=money.now - timedelta(days=1))
    said = StringIO()
    call_command("reconcile", stdout=said)

    assert found.drifts == ()
    made, owed, end = said.getvalue().splitlines()
    assert made == (
        f"made good: order {refunds[0].order}: a refund of 2200 came back from the bank; "
        f"{owner.email} paid the fan another way, {money.now:%Y-%m-%d}"
    )
    assert owed.startswith(f"owed: order {refunds[1].order}:")
    assert end == "2 orders compared, 0 drifts"


def test_a_cancelled_show_is_done_with_who_was_paid_another_way(money: Money, owner: User) -> None:
    refund = a_refund_that_came_back(money)
    events.cancel(event_id=money.event.pk, now=money.now)

    pay_another_way(money, refund, owner)

    assert cancellation.problems(money.event.pk) == []
    assert cancellation.progress(money.event.pk) == Progress(
        orders=1, refunded=1, under_way=0, needs_person=0
    )


def test_the_owner_says_how_and_everybody_concerned_sees_it(money: Money, owner: User) -> None:
    refund = a_refund_that_came_back(money)
    client, address = signed_in(owner), address_of(money, refund.order)
    before, fan_before = page(client, address), page(Client(), f"/o/{refund.order.token}/")

    sent = client.post(f"{address}refund/{refund.pk}/made-good/", {"note": " Bank transfer,\n 12 June "})

    after, fan_after = page(client, address), page(Client(), f"/o/{refund.order.token}/")
    assert sent.status_code == 303
    assert "The fan is owed $22.00" in before
    assert "Your bank sent $22.00 back to us" in fan_before
    assert "The fan is owed" not in after
    assert "Paid another way" in after
    assert "Bank transfer, 12 June" in after
    assert owner.email in after
    assert "$22.00 was paid to you another way" in fan_after


def test_an_order_needs_nobody_any_more_when_its_fan_was_paid_another_way(money: Money, owner: User) -> None:
    refund = a_refund_that_came_back(money)
    client, address = signed_in(owner), f"/venue/{money.venue.slug}/e/{money.event.slug}/orders/"
    before = page(client, f"{address}?show=attention")

    pay_another_way(money, refund, owner)

    assert str(refund.order) in before
    assert str(refund.order) not in page(client, f"{address}?show=attention")
    assert "Needs you" not in page(client, f"{address}?show=refunded")


@pytest.mark.parametrize("note", ["", "  \n", "x" * 301], ids=["nothing", "blanks", "too much"])
def test_an_owner_who_does_not_say_how_is_asked_beside_the_field(
    money: Money, owner: User, note: str
) -> None:
    refund = a_refund_that_came_back(money)
    client, address = signed_in(owner), address_of(money, refund.order)

    answer = client.post(f"{address}refund/{refund.pk}/made-good/", {"note": note})

    assert answer.status_code == 422
    assert "Write how, in up to 300 characters." in answer.content.decode()
    assert made_good.owed().get() == refund


def test_managers_see_that_it_is_owed_and_only_owners_say_that_it_is_not(money: Money) -> None:
    refund = a_refund_that_came_back(money)
    client, address = signed_in(a_member(money.venue, Role.MANAGER)), address_of(money, refund.order)

    shown = page(client, address)
    answer = client.post(f"{address}refund/{refund.pk}/made-good/", {"note": "Cash"})

    assert "An owner of the venue says so here." in shown
    assert "made-good" not in shown
    assert (answer.status_code, made_good.owed().get()) == (404, refund)


def test_told_twice_the_first_word_stays(money: Money, owner: User) -> None:
    refund = a_refund_that_came_back(money)
    client, address = signed_in(owner), address_of(money, refund.order)

    for note in ("Cash", "Cheque"):
        assert client.post(f"{address}refund/{refund.pk}/made-good/", {"note": note}).status_code == 303

    refund.refresh_from_db()
    assert refund.made_good_note == "Cash"
    assert "dealt with already" in page(client, address)
