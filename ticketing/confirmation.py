"""The confirmation of an order: one mail with the Order ID, the way to the tickets, and the show for the calendar.

It is asked for in the transaction that fulfils the order and sent by the worker. `Order.confirmation_sent_at` guards
against a second one, with one window left: a worker that is killed after the mail server took the mail and before the
mark was committed sends it again (the other order of the two would lose mails instead). Both carry the same
Message-ID, by which mail programs show them as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.timezone import localtime
from django_tasks import task

from ticketing import background, calendar_file, mail, money, order_id
from ticketing.calendar_file import CalendarShow
from ticketing.clock import utc_now
from ticketing.domain_events import EventStatus
from ticketing.models import Order, OrderStatus

_WITH_TICKETS = (OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFile:
    """A show for a calendar, as a file: UTF-8 bytes."""

    name: str
    content: bytes


def enqueue(order: Order) -> None:
    """Ask for the order's mail, in the transaction that fulfils it."""
    background.enqueue(deliver, str(order.pk))


def task_of(order_pk: UUID) -> background.Row:
    """The same task, as a row that is not there yet."""
    return background.draft(deliver, str(order_pk))


@task
def deliver(order_pk: str) -> None:
    """What the worker runs."""
    send(order_pk=UUID(order_pk), now=utc_now())


def send(*, order_pk: UUID, now: datetime) -> bool:
    """Send the order's mail, unless that was done or there is no ticket left to tell of; whether it was sent.

    No row is locked and no transaction is open while the mail server is spoken to.
    """
    order = _orders().get(pk=order_pk)
    if order.confirmation_sent_at is not None or order.status not in _WITH_TICKETS:
        return False
    mail.send(message_of(order, now=now))
    Order.objects.filter(pk=order_pk, confirmation_sent_at=None).update(confirmation_sent_at=now)
    return True


def message_of(order: Order, *, now: datetime) -> EmailMultiAlternatives:
    """The mail, as text and as HTML, with the calendar file."""
    says = _says(order)
    message = EmailMultiAlternatives(
        subject=render_to_string("ticketing/mail/confirmation_subject.txt", says).strip(),
        body=render_to_string("ticketing/mail/confirmation.txt", says),
        to=[order.purchaser.email],
        headers={
            "Message-ID": f"<order.{order.pk}@{settings.ENV.host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string("ticketing/mail/confirmation.html", says), "text/html")
    file = _calendar_file(order, now)
    message.attach(
        mail.attached(
            file.content, name=file.name, media_type=calendar_file.MEDIA_TYPE, method=calendar_file.METHOD
        )
    )
    return message


def calendar_by_token(token: str, *, now: datetime) -> CalendarFile | None:
    """The calendar file of the order that has this token; None without such an order."""
    order = _orders().filter(token=token).first()
    return None if order is None else _calendar_file(order, now)


def _orders() -> QuerySet[Order]:
    rows = Order.objects.select_related("event__venue", "purchaser")
    return rows.prefetch_related("event__artists", "lines__ticket_type")


def _says(order: Order) -> dict[str, object]:
    """What the templates are told. One line each: a line break in a title would be another header in the subject."""
    event, lines = order.event, list(order.lines.all())
    return {
        "title": " ".join(event.title.split()),
        "artists": _listed([artist.name for artist in event.artists.all()]),
        "venue": event.venue.name,
        "city": event.venue.city,
        "time_zone": ZoneInfo(event.venue.time_zone),
        "doors_at": event.doors_at,
        "starts_at": event.starts_at,
        "lines": [
            {
                "quantity": line.quantity,
                "name": line.ticket_type.name,
                "amount": money.display(line.unit_base * line.quantity, order.currency),
            }
            for line in lines
        ],
        "count": sum(line.quantity for line in lines),
        "fee": money.display(order.fee, order.currency),
        "total": money.display(order.total, order.currency),
        "order_id": order_id.display(order.order_id),
        "link": f"{settings.ENV.origin}/o/{order.token}/",
    }


def _calendar_file(order: Order, now: datetime) -> CalendarFile:
    """Calendars are shared with families and offices, the order's own address is not: the show's page stands in it."""
    event = order.event
    doors = localtime(event.doors_at, ZoneInfo(event.venue.time_zone))
    show = CalendarShow(
        uid=f"order.{order.pk}@{settings.ENV.host}",
        title=f"{event.title} (doors {doors:%H:%M})",
        location=f"{event.venue.name}, {event.venue.city}",
        description=f"Order ID {order_id.display(order.order_id)}. Your tickets are behind the link in your mail.",
        url=f"{settings.ENV.origin}/e/{event.slug}/",
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        cancelled=event.status == EventStatus.CANCELLED,
    )
    return CalendarFile(name=f"{event.slug}.ics", content=calendar_file.write(show, now=now))


def _listed(names: list[str]) -> str:
    """`A`, `A & B`, `A, B & C`."""
    return " & ".join(filter(None, (", ".join(names[:-1]), names[-1] if names else "")))
