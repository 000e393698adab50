"""The wallet: an order's tickets for who has the link, and seeds that make codes which the door admits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import NOW, a_device, a_hold, a_paid_order, a_scan, a_show, a_user, codes_of
from ticketing import door, late_sale, live_code, sales, wallet
from ticketing.admission import Admitted, TicketStatus
from ticketing.clock import millis
from ticketing.domain_events import ReleaseReason
from ticketing.models import Order, OrderStatus
from ticketing.wallet import OrderPage

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def page_of(order: Order) -> OrderPage:
    page = wallet.order_page(order.token)
    assert page is not None
    return page


def test_each_tickets_seed_makes_a_code_that_the_door_admits() -> None:
    event = a_show()
    order = a_paid_order(event, quantity=3)
    device, _ = a_device(event)
    page = page_of(order)
    step = live_code.step_at(window_starts_ms=page.window_starts_ms, at_ms=millis(NOW))

    verdicts = []
    for ticket in page.tickets:
        code = live_code.code_at(chain=page.chain, seed=ticket.seed, step=step)
        outcome = door.record(device_id=device.pk, scan=a_scan(code), now=NOW)
        assert isinstance(outcome, door.Recorded)
        verdicts.append(outcome.verdict)

    assert [type(verdict) for verdict in verdicts] == [Admitted] * 3


def test_every_ticket_has_a_seed_of_its_own() -> None:
    event = a_show()

    seeds = {t.seed for _ in range(3) for t in page_of(a_paid_order(event, quantity=2)).tickets}

    assert len(seeds) == 6
    assert {len(seed) for seed in seeds} == {16}


def test_a_ticket_that_is_in_says_when_and_where() -> None:
    event = a_show()
    order = a_paid_order(event)
    page = page_of(order)
    step = live_code.step_at(window_starts_ms=page.window_starts_ms, at_ms=millis(NOW))
    code = live_code.code_at(chain=page.chain, seed=page.tickets[0].seed, step=step)
    door.record(device_id=a_device(event)[0].pk, scan=a_scan(code), now=NOW)

    [ticket] = page_of(order).tickets

    assert (ticket.status, ticket.redeemed_at, ticket.redeemed_door) == (TicketStatus.REDEEMED, NOW, "Door A")


def test_an_order_page_adds_up() -> None:
    page = page_of(a_paid_order(a_show(), quantity=3))

    [line] = page.lines
    assert (line.quantity, line.split.total) == (3, 2_200)
    assert page.split.total == 6_600
    assert [ticket.number for ticket in page.tickets] == [1, 2, 3]


def test_a_held_order_leads_to_its_payment_and_has_no_tickets_yet() -> None:
    order = a_hold(a_show())
    Order.objects.filter(pk=order.pk).update(stripe_session_url="https://pay.example.org/x")

    page = page_of(order)

    assert (page.status, page.payment_url, page.tickets) == (
        OrderStatus.HELD,
        "https://pay.example.org/x",
        (),
    )


def test_an_expired_order_leads_to_no_payment() -> None:
    order = a_hold(a_show())
    Order.objects.filter(pk=order.pk).update(stripe_session_url="https://pay.example.org/x")
    sales.release(order_pk=order.pk, reason=ReleaseReason.EXPIRED, now=NOW)

    assert page_of(order).payment_url == ""


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "ä"])
def test_a_token_of_nobody_opens_nothing(token: str) -> None:
    a_paid_order(a_show())

    assert wallet.order_page(token) is None


def test_an_orders_token_cannot_be_guessed_from_its_order_id() -> None:
    order = a_paid_order(a_show())

    assert len(order.token) == 43
    assert wallet.order_page(order.order_id) is None
    assert wallet.order_page(str(order.pk)) is None


def test_a_fan_sees_their_own_paid_orders_newest_first() -> None:
    event, fan = a_show(), a_user(email="fan@example.org")
    first = a_paid_order(event, email=fan.email)
    second = a_paid_order(event, email=fan.email, now=NOW + timedelta(minutes=1))
    a_hold(event, email=fan.email)
    a_paid_order(event, email="other@example.org")

    assert [page.token for page in wallet.orders_of(fan.pk)] == [second.token, first.token]
    assert wallet.orders_of(a_user().pk) == []


def test_a_ticket_sold_since_the_window_opened_has_a_certificate_that_its_show_has_signed() -> None:
    event = a_show()
    before = a_paid_order(event, now=NOW - timedelta(hours=3))
    since = a_paid_order(event, quantity=2)
    public_key = late_sale.public_key_of(bytes(event.late_sale_key))

    assert [ticket.certificate for ticket in page_of(before).tickets] == [""]
    for ticket, shown in zip(since.tickets.order_by("number"), page_of(since).tickets, strict=True):
        told = late_sale.read(shown.certificate, public_key=public_key, event_id=event.pk)
        assert told is not None
        assert (told.anchor, told.issued_at) == (bytes(ticket.anchor), millis(NOW) // 1000)


def test_a_ticket_that_is_in_or_refunded_has_no_certificate_any_more() -> None:
    event = a_show()
    order = a_paid_order(event, quantity=2)
    door.record(device_id=a_device(event)[0].pk, scan=a_scan(codes_of(order)[0]), now=NOW)
    order.tickets.filter(status=TicketStatus.ACTIVE).update(status=TicketStatus.REFUNDED)

    assert [ticket.certificate for ticket in page_of(order).tickets] == ["", ""]
