"""The confirmation mail: one for each order that has tickets, right for the eye, the calendar and the mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.test import Client
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from icalendar import Event as Entry
from pytest_django.fixtures import Settings

from tests.calendars import only_entry
from tests.factories import NOW, a_hold, a_paid_order, a_show, a_venue, an_artist, seats_of
from tests.mail_server import MailServer, mail_server
from tests.race import times
from ticketing import background, checkout, confirmation, events, order_id, sales
from ticketing.checkout import CheckoutStarted
from ticketing.domain_events import EventStatus, ReleaseReason
from ticketing.events import NewTicketType
from ticketing.inventory import NotEnoughLeft, Seats
from ticketing.models import Event, Order, OrderStatus, Venue
from ticketing.sales import Held

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

TOKEN = re.compile(r"/o/([A-Za-z0-9_-]{43})/")


def work(at: datetime = NOW) -> int:
    """What a worker does until nothing is due."""
    count = 0
    while background.run_next(worker="w", clock=lambda: at):
        count += 1
    return count


def sent() -> EmailMultiAlternatives:
    """The only mail there is."""
    [message] = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    return message


def received() -> EmailMessage:
    """The only mail as its reader's program gets it."""
    message = message_from_bytes(sent().message().as_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def html_of(message: EmailMultiAlternatives) -> str:
    [(content, media_type)] = message.alternatives
    assert media_type == "text/html"
    return str(content)


def attached_calendar(message: EmailMessage) -> tuple[EmailMessage, Entry]:
    [part] = message.iter_attachments()
    assert isinstance(part, EmailMessage)
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return part, only_entry(content)


def fulfil(order: Order, *, intent: str | None = None) -> bool:
    return sales.fulfil(order_pk=order.pk, payment_intent_id=intent, now=NOW)


def retitled(event: Event, title: str) -> Event:
    Event.objects.filter(pk=event.pk).update(title=title)
    return event


# --- one mail an order -------------------------------------------------------------------------------------------


def test_a_paid_order_gets_its_mail_from_the_worker() -> None:
    order = a_paid_order(a_show(), email="fan@example.org")
    assert mail.outbox == []

    assert work() == 1

    order.refresh_from_db()
    assert sent().to == ["fan@example.org"]
    assert order.confirmation_sent_at is not None


def test_a_hold_gets_none() -> None:
    a_hold(a_show())

    assert work() == 0


def test_a_free_order_gets_its_mail() -> None:
    event = a_show(types=(NewTicketType(name="Guest list", price=0, allocation=10),))

    begun = checkout.begin(event_id=event.pk, seats=seats_of(event), email="fan@example.org", now=NOW)
    work()

    assert isinstance(begun, CheckoutStarted)
    assert begun.order_token in sent().body
    assert "Total: $0.00" in sent().body


def test_a_late_payment_that_found_seats_gets_its_mail() -> None:
    order = a_hold(a_show())
    sales.release(order_pk=order.pk, reason=ReleaseReason.EXPIRED, now=NOW)

    assert fulfil(order)
    work()

    assert order.token in sent().body


def test_a_late_payment_that_found_none_gets_no_confirmation() -> None:
    event = a_show(types=(NewTicketType(name="GA", price=2_000, allocation=1),))
    late = a_hold(event)
    sales.release(order_pk=late.pk, reason=ReleaseReason.EXPIRED, now=NOW)
    a_hold(event, email="other@example.org")

    with pytest.raises(NotEnoughLeft):
        fulfil(late)

    assert DBTaskResult.objects.count() == 0


def test_a_sale_that_is_rolled_back_leaves_no_task() -> None:
    order = a_hold(a_show())

    with transaction.atomic():
        fulfil(order)
        transaction.set_rollback(True)

    assert DBTaskResult.objects.count() == 0


def test_eight_webhooks_at_once_make_one_mail() -> None:
    order = a_hold(a_show())

    times(8, lambda: fulfil(order, intent="pi_1"))
    work()

    assert len(mail.outbox) == 1


def test_workers_at_once_send_each_order_one_mail() -> None:
    event = a_show()
    for number in range(8):
        a_paid_order(event, email=f"fan{number}@example.org")

    counts = times(4, work)

    assert sum(counts) == 8
    assert sorted(message.to[0] for message in mail.outbox) == [f"fan{n}@example.org" for n in range(8)]


def test_a_task_that_is_run_again_sends_nothing_more() -> None:
    order = a_paid_order(a_show())
    work()
    marked = Order.objects.get(pk=order.pk).confirmation_sent_at

    again = confirmation.send(order_pk=order.pk, now=NOW + timedelta(hours=1))

    assert not again
    assert len(mail.outbox) == 1
    assert Order.objects.get(pk=order.pk).confirmation_sent_at == marked


def test_tickets_that_are_gone_already_are_not_confirmed() -> None:
    order = a_paid_order(a_show())
    Order.objects.filter(pk=order.pk).update(status=OrderStatus.REFUNDED)

    assert work() == 1

    assert mail.outbox == []


def test_an_order_that_does_not_exist_is_a_failed_attempt_and_no_crash() -> None:
    with transaction.atomic():
        confirmation.enqueue(Order(pk=uuid4()))

    assert work() == 1
    assert "DoesNotExist" in DBTaskResult.objects.get().traceback


# --- what it says ------------------------------------------------------------------------------------------------


def test_it_tells_the_show_the_times_the_money_and_the_way_to_the_tickets() -> None:
    artist = an_artist()
    event = a_show(artists=(artist,), doors_at=datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
    order = a_paid_order(event, quantity=2)

    work()

    shown = order_id.display(order.order_id)
    assert sent().subject == "Your tickets for The Midnight Owls, Sun 22 Nov"
    for words in (str(sent().body), html_of(sent())):
        assert "Sun 22 Nov 2026, 19:00 PST" in words
        assert "Sun 22 Nov 2026, 20:00 PST" in words
        assert f"{event.venue.name}, Seattle" in words
        assert artist.name in words
        assert f"http://127.0.0.1:8000/o/{order.token}/" in words
        assert shown in words
        assert re.search(r"2 [x×] General admission", words)
        assert re.findall(r"\$[\d.]+", words) == ["$40.00", "$4.00", "$44.00"]


def test_yen_have_no_decimals_and_tokyo_its_own_time() -> None:
    venue = a_venue(currency="JPY")
    Venue.objects.filter(pk=venue.pk).update(time_zone="Asia/Tokyo", city="東京")
    event = a_show(
        venue=Venue.objects.get(pk=venue.pk),
        types=(NewTicketType(name="一般", price=5_000, allocation=10),),
        doors_at=datetime(2026, 11, 24, 10, 30, tzinfo=UTC),
    )
    a_paid_order(retitled(event, "真夜中のフクロウ 🦉"))

    work()

    assert sent().subject == "Your ticket for 真夜中のフクロウ 🦉, Tue 24 Nov"
    assert "Tue 24 Nov 2026, 19:30 JST" in sent().body
    assert "1 x 一般: ¥5,000" in sent().body
    assert "Total: ¥5,200" in sent().body
    text = received().get_body(("plain",))
    assert text is not None
    assert "真夜中のフクロウ 🦉" in text.get_content()
    assert received()["Subject"].strip() == sent().subject  # Django folds a long one before its first word


def test_each_kind_of_ticket_has_its_line() -> None:
    types = (
        NewTicketType(name="GA", price=2_000, allocation=10),
        NewTicketType(name="VIP", price=5_000, allocation=10),
    )
    event = a_show(types=types)
    seats = tuple(
        Seats(ticket_type_id=kind.pk, quantity=number)
        for number, kind in enumerate(event.ticket_types.order_by("position"), start=1)
    )
    held = sales.place_hold(event_id=event.pk, seats=seats, email="fan@example.org", now=NOW)
    assert isinstance(held, Held)
    fulfil(held.order)

    work()

    assert "1 x GA: $20.00\n2 x VIP: $100.00\nFee: $6.00\nTotal: $126.00\n" in sent().body


def test_names_cannot_speak_html_or_write_headers() -> None:
    event = retitled(a_show(), "<img src=x onerror=alert(1)>\r\nBcc: all@example.org")
    a_paid_order(event)

    work()

    assert sent().subject.startswith("Your ticket for <img src=x onerror=alert(1)> Bcc: all@example.org, ")
    assert "<img" not in html_of(sent())
    assert "&lt;img" in html_of(sent())
    assert "<img src=x" in sent().body
    assert received()["Bcc"] is None


def test_it_asks_no_other_server_for_anything() -> None:
    a_paid_order(a_show())

    work()

    page = html_of(sent())
    assert not re.search(r"<img|<link|<script|<iframe|src=|url\(|@import", page)
    assert set(re.findall(r'https?://[^"/]+', page)) == {"http://127.0.0.1:8000"}


def test_it_is_known_for_one_mail_however_often_it_comes() -> None:
    order = a_paid_order(a_show())

    first = confirmation.message_of(order, now=NOW).message()
    again = confirmation.message_of(order, now=NOW + timedelta(minutes=3)).message()

    assert first["Message-ID"] == again["Message-ID"] == f"<order.{order.pk}@127.0.0.1>"
    assert first["Auto-Submitted"] == "auto-generated"


# --- the calendar file -------------------------------------------------------------------------------------------


def test_the_show_comes_along_for_the_calendar() -> None:
    event = a_show()
    order = a_paid_order(event)

    work()

    part, entry = attached_calendar(received())
    assert (part.get_content_type(), part.get_filename()) == ("text/calendar", f"{event.slug}.ics")
    assert part["Content-Type"].params["method"] == "PUBLISH"
    assert entry["SUMMARY"] == "The Midnight Owls (doors 11:45)"
    assert (entry.start, entry.end) == (event.starts_at, event.ends_at)
    assert entry["LOCATION"] == f"{event.venue.name}, Seattle"
    assert order_id.display(order.order_id) in str(entry["DESCRIPTION"])


def test_a_shared_calendar_gives_nobody_the_tickets() -> None:
    event = a_show()
    order = a_paid_order(event)

    work()

    part, entry = attached_calendar(received())
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert entry["URL"] == f"http://127.0.0.1:8000/e/{event.slug}/"
    assert order.token.encode() not in content.replace(b"\r\n ", b"")


def test_the_wallet_offers_the_same_file(client: Client) -> None:
    event = a_show()
    order = a_paid_order(event)
    work()
    _, mailed = attached_calendar(received())

    wallet = client.get(f"/o/{order.token}/").content.decode()
    response = client.get(f"/o/{order.token}/calendar.ics")

    assert f'href="/o/{order.token}/calendar.ics"' in wallet
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == f'inline; filename="{event.slug}.ics"'
    assert response["Cache-Control"] == "private, no-store"
    entry = only_entry(response.content)
    assert (entry["UID"], entry.start) == (mailed["UID"], mailed.start)


def test_a_show_that_moved_or_was_cancelled_replaces_its_entry(client: Client) -> None:
    event = a_show()
    order = a_paid_order(event)
    events.set_status(event_id=event.pk, status=EventStatus.CANCELLED, now=NOW)
    Event.objects.filter(pk=event.pk).update(starts_at=event.starts_at + timedelta(hours=1))

    entry = only_entry(client.get(f"/o/{order.token}/calendar.ics").content)

    assert entry["UID"] == f"order.{order.pk}@127.0.0.1"
    assert entry["STATUS"] == "CANCELLED"
    assert entry.start == event.starts_at + timedelta(hours=1)


def test_there_is_no_calendar_file_without_tickets(client: Client) -> None:
    held = a_hold(a_show())

    assert client.get(f"/o/{held.token}/calendar.ics").status_code == 404
    assert client.get(f"/o/{'A' * 43}/calendar.ics").status_code == 404
    assert confirmation.calendar_by_token("A" * 43, now=NOW) is None


# --- the mail server ---------------------------------------------------------------------------------------------


@pytest.fixture
def smtp(settings: Settings) -> Iterator[MailServer]:
    """A real mail server, to which Django's own SMTP backend speaks."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = ""
        yield server


def the_task() -> background.Row:
    return DBTaskResult.objects.get()


def sent_at(order_pk: UUID) -> datetime | None:
    return Order.objects.get(pk=order_pk).confirmation_sent_at


def test_a_busy_mail_server_is_asked_again_later(smtp: MailServer) -> None:
    order = a_paid_order(a_show())
    smtp.refusals += ["451 busy", "451 still busy"]

    work(NOW)
    assert (sent_at(order.pk), the_task().status) == (None, TaskResultStatus.READY)
    work(NOW + timedelta(seconds=10))
    work(NOW + timedelta(seconds=50))

    assert len(smtp.asked_for) == 3
    assert [message["To"] for message in smtp.taken] == ["fan@example.org"]
    assert the_task().status == TaskResultStatus.SUCCESSFUL
    assert sent_at(order.pk) is not None


def test_a_mail_server_that_is_away_is_asked_for_most_of_a_day(smtp: MailServer, settings: Settings) -> None:
    order, at = a_paid_order(a_show()), NOW
    settings.EMAIL_PORT = 1
    for _ in range(background.MAX_ATTEMPTS):
        assert work(at) == 1
        at += background.LONGEST_PAUSE

    assert work(at) == 0
    task = the_task()
    assert (task.status, len(task.worker_ids)) == (TaskResultStatus.FAILED, background.MAX_ATTEMPTS)
    assert "ConnectionRefusedError" in task.traceback
    assert sent_at(order.pk) is None


def test_a_reader_who_does_not_exist_is_asked_for_once_and_the_failure_kept(smtp: MailServer) -> None:
    order = a_paid_order(a_show())
    smtp.refusals += ["550 no such user"] * 2

    work(NOW)
    work(NOW + timedelta(days=1))

    assert smtp.asked_for == ["fan@example.org"]
    assert the_task().status == TaskResultStatus.FAILED
    assert "the reader's address is refused: [550]" in the_task().traceback
    assert sent_at(order.pk) is None


def test_what_arrives_is_what_was_meant(smtp: MailServer) -> None:
    event = retitled(a_show(), "Ünïcödé Owls 🦉")
    order = a_paid_order(event)

    work()

    [message] = smtp.taken
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Ünïcödé Owls 🦉" in text.get_content()
    assert "Ünïcödé Owls 🦉" in html.get_content()
    assert TOKEN.findall(text.get_content()) == [order.token]
    assert message["From"] == "NGN Ticketing <tickets@localhost>"
    _, entry = attached_calendar(message)
    assert entry["SUMMARY"] == "Ünïcödé Owls 🦉 (doors 11:45)"
