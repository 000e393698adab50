"""From paying to the tickets, or back: what the fan's pages say, and that looking at them changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import a_hold, a_paid_order, a_show, a_user
from tests.servers import free_port
from ticketing import order_id, sales
from ticketing.clock import utc_now
from ticketing.domain_events import ReleaseReason
from ticketing.models import Event, Order, OrderStatus
from ticketing.payments import gateway

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _nobody_at_stripe(settings: Settings) -> Iterator[None]:
    """Nobody listens where Stripe would be."""
    settings.ENV = msgspec.structs.replace(settings.ENV, stripe_api_base=f"http://127.0.0.1:{free_port()}")
    gateway.client.cache_clear()
    yield
    gateway.client.cache_clear()


@pytest.fixture
def show() -> Event:
    return show_in(timedelta(hours=3))


def show_in(time: timedelta) -> Event:
    return a_show(doors_at=utc_now().replace(microsecond=0) + time)


@pytest.fixture
def held(show: Event) -> Order:
    return a_hold(show, now=utc_now())


def page_of(order: Order, path: str = "", **query: str) -> str:
    return text_of(Client().get(f"/o/{order.token}/{path}", query))


def text_of(response: Any) -> str:
    return str(response.content.decode())


def visible(page: str) -> str:
    """The page without the parts that wait hidden for their state."""
    return re.sub(r"<div data-when=[^>]* hidden>.*?</div>", "", page, flags=re.DOTALL)


def is_held(order: Order) -> bool:
    return Order.objects.get(pk=order.pk).status == OrderStatus.HELD


class TestWaiting:
    def test_who_has_just_come_from_paying_is_offered_nothing_harmful(self, held: Order) -> None:
        page = visible(page_of(held))

        assert 'data-payment="waiting"' in page
        assert "We are waiting for Stripe" in page
        assert "Give the tickets back" not in page

    def test_without_script_the_page_counts_how_often_it_has_looked(self, held: Order) -> None:
        assert 'content="3;url=?looks=1"' in page_of(held)
        assert 'content="3;url=?looks=3"' in page_of(held, looks="2")

    @pytest.mark.parametrize("looks", ["3", "4", "999"])
    def test_who_has_waited_may_turn_back_by_a_form(self, held: Order, looks: str) -> None:
        page = visible(page_of(held, looks=looks))

        assert f'<form method="post" action="/o/{held.token}/cancel/">' in page
        assert "Give the tickets back" in page

    @pytest.mark.parametrize("looks", ["", "-1", "1.5", "two", "９", "9" * 5_000, "\x00"])
    def test_nonsense_in_its_address_is_a_first_look(self, held: Order, looks: str) -> None:
        assert 'data-payment="waiting"' in page_of(held, looks=looks)

    def test_a_hold_whose_time_is_up_asks_stripe_at_once(self, show: Event) -> None:
        order = a_hold(show, now=utc_now() - sales.HOLD)

        assert 'data-payment="unknown"' in page_of(order)

    def test_asking_where_the_payment_is_changes_nothing(self, held: Order) -> None:
        response = Client().get(f"/o/{held.token}/payment.json")

        assert response.json() == {"payment": "unknown"}
        assert response["Cache-Control"] == "private, no-store"
        assert is_held(held)


class TestTurningBack:
    def test_coming_back_from_the_payment_page_gives_nothing_up(self, held: Order) -> None:
        assert "Give the tickets back?" in page_of(held, "cancel/")
        assert is_held(held)

    def test_giving_up_is_a_form_of_this_site(self, held: Order) -> None:
        response = Client(enforce_csrf_checks=True).post(f"/o/{held.token}/cancel/")

        assert response.status_code == 403
        assert is_held(held)

    def test_while_stripe_does_not_answer_the_tickets_stay_held_and_nothing_is_said_of_money(
        self, held: Order
    ) -> None:
        response = Client().post(f"/o/{held.token}/cancel/")

        assert response.status_code == 503
        assert "That did not work just now" in text_of(response)
        assert "othing was charged" not in text_of(response)
        assert is_held(held)

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_paid_order_cannot_be_given_up(self, show: Event, method: str) -> None:
        order = a_paid_order(show, now=utc_now())

        response = getattr(Client(), method)(f"/o/{order.token}/cancel/")

        assert (response.status_code, response["Location"]) == (302, f"/o/{order.token}/")
        assert Order.objects.get(pk=order.pk).status == OrderStatus.PAID


class TestReleased:
    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            (ReleaseReason.EXPIRED, "These tickets were released"),
            (ReleaseReason.ABANDONED, "You gave these tickets back"),
            (ReleaseReason.PAYMENT_FAILED, "Your payment failed"),
            (ReleaseReason.PAYMENT_UNAVAILABLE, "This order could not be paid"),
        ],
    )
    def test_it_says_why_and_leads_back_to_the_show(
        self, held: Order, reason: ReleaseReason, words: str
    ) -> None:
        sales.release(order_pk=held.pk, reason=reason, now=utc_now())

        page = page_of(held)

        assert words in page
        assert f'href="/e/{held.event.slug}/"' in page

    def test_each_order_has_its_own_reason(self, show: Event) -> None:
        gave_up, failed = (a_hold(show, now=utc_now()) for _ in range(2))
        sales.release(order_pk=gave_up.pk, reason=ReleaseReason.ABANDONED, now=utc_now())
        sales.release(order_pk=failed.pk, reason=ReleaseReason.PAYMENT_FAILED, now=utc_now())

        assert 'data-reason="abandoned"' in page_of(gave_up)
        assert 'data-reason="payment_failed"' in page_of(failed)

    def test_one_whose_reason_nobody_kept_has_a_page_too(self, held: Order) -> None:
        Order.objects.filter(pk=held.pk).update(status=OrderStatus.EXPIRED)

        assert "These tickets were released" in page_of(held)


class TestOrderIds:
    def test_while_nothing_is_paid_there_is_no_order_id_to_rely_on(self, held: Order) -> None:
        number = order_id.display(held.order_id)
        waiting = page_of(held)

        sales.release(order_pk=held.pk, reason=ReleaseReason.EXPIRED, now=utc_now())

        assert number not in waiting
        assert number not in page_of(held)

    def test_the_wallet_names_it_once_and_promises_no_entry_by_it(self, show: Event) -> None:
        order = a_paid_order(show, now=utc_now())

        page = page_of(order)

        assert page.count(order_id.display(order.order_id)) == 1
        assert not re.search(r"door[^.]*Order ID|door can find", page)


class TestTheWallet:
    def test_before_its_script_runs_a_ticket_has_its_state_in_words(self, show: Event) -> None:
        page = page_of(a_paid_order(show, now=utc_now()))

        assert re.search(r'data-testid="ticket-status" role="status">\s*Valid\s*<', page)

    def test_my_tickets_are_one_card_a_show_the_next_night_first(self, show: Event) -> None:
        soon, over = show_in(timedelta(hours=1)), show_in(-timedelta(days=2))
        fan = a_user()
        bought = [
            a_paid_order(event, quantity=quantity, email=fan.email, now=before(event))
            for event, quantity in ((soon, 1), (over, 1), (show, 2), (show, 3))
        ]
        client = Client()
        client.force_login(fan)

        page = text_of(client.get("/wallet/"))

        cards = re.findall(r'<p class="show__foot">(.*?)</p>', page, flags=re.DOTALL)
        said = [" ".join(re.sub("<[^>]*>", " ", card).split()) for card in cards]
        assert said == ["1 ticket", "5 tickets", "1 ticket Over"]
        assert all(page.count(f'href="/o/{order.token}/"') == 1 for order in bought)


def before(event: Event) -> datetime:
    moment: datetime = event.doors_at - timedelta(hours=2)
    return moment
