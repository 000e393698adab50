"""Fulfilling: the same rows by whichever way, judged at the moment when the order is locked, or nothing at all."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django_tasks_db.models import DBTaskResult

from tests.factories import NOW, a_hold, a_show
from ticketing import fulfilment, inventory, log, sales
from ticketing.domain_events import OrderPaid, ReleaseReason
from ticketing.events import NewTicketType
from ticketing.fulfilment import Due
from ticketing.inventory import NotEnoughLeft, Seats
from ticketing.log import Announcement
from ticketing.models import Event, LedgerEntry, LogEntry, Order, OrderStatus, Ticket
from ticketing.sales import Held

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

TYPES = (
    NewTicketType(name="General admission", price=2_000, allocation=40),
    NewTicketType(name="VIP 🥂", price=5_050, allocation=20),
)


def pay(due: Due, *, intent: str | None = "pi_1") -> bool:
    return fulfilment.fulfil(due, payment_intent_id=intent, now=NOW)


def a_mixed_order(event: Event, *, email: str = "fan@example.org") -> Order:
    """Two of one type and one of another."""
    first, second = event.ticket_types.order_by("position")
    seats = tuple(Seats(ticket_type_id=kind.pk, quantity=n) for kind, n in ((first, 2), (second, 1)))
    held = sales.place_hold(event_id=event.pk, seats=seats, email=email, now=NOW)
    assert isinstance(held, Held)
    return held.order


def released(order: Order) -> Order:
    assert sales.release(order_pk=order.pk, reason=ReleaseReason.EXPIRED, now=NOW)
    return order


def columns(rows: QuerySet[Any], *, but: set[str]) -> list[dict[str, Any]]:
    """The rows without what differs from one row to the next."""
    return [_columns(row, but) for row in rows]


def _columns(row: Model, but: set[str]) -> dict[str, Any]:
    columns = {str(field.column): field.value_from_object(row) for field in row._meta.concrete_fields}
    return {name: value for name, value in columns.items() if name not in but}


# --- what is written ----------------------------------------------------------------------------------------------


def test_a_payment_in_time_and_a_late_one_write_the_same_rows() -> None:
    """On PostgreSQL the one is a single statement, and the other goes row by row."""
    event = a_show(types=TYPES)
    in_time, late = a_mixed_order(event), released(a_mixed_order(event))

    assert [pay(fulfilment.by_pk(order.pk), intent=f"pi_{order.pk}") for order in (in_time, late)] == [
        True,
        True,
    ]

    own = {"id", "order_id", "token", "stripe_id", "qr_hash", "anchor", "stripe_payment_intent_id"}
    for rows in (Ticket.objects.order_by("number"), LedgerEntry.objects.all()):
        one, other = (columns(rows.filter(order=order), but=own) for order in (in_time, late))
        assert one
        assert one == other
    one, other = (columns(Order.objects.filter(pk=order.pk), but=own) for order in (in_time, late))
    assert one == other
    tasks = DBTaskResult.objects.order_by("enqueued_at")
    one_task, other_task = columns(tasks, but={"id", "args_kwargs", "enqueued_at"})
    assert one_task == other_task
    assert [task.args_kwargs["args"] for task in tasks] == [[str(in_time.pk)], [str(late.pk)]]


def test_the_entry_names_the_tickets_that_are_there() -> None:
    event = a_show(types=TYPES)
    order = a_mixed_order(event)

    pay(fulfilment.by_pk(order.pk))

    [entry] = log.latest(event_id=event.pk, kind="order_paid", limit=9, upto=99)
    assert isinstance(entry.happened, OrderPaid)
    tickets = Ticket.objects.filter(order=order).order_by("number")
    assert [told.ticket for told in entry.happened.tickets] == [str(ticket.pk) for ticket in tickets]
    assert [told.anchor for told in entry.happened.tickets] == [
        bytes(ticket.anchor).hex() for ticket in tickets
    ]
    assert [told.type_name for told in entry.happened.tickets] == ["General admission"] * 2 + ["VIP 🥂"]
    assert sum(line.base + line.fee for line in entry.happened.lines) == order.total


def test_a_sale_is_called_out_once_as_it_stands_in_the_log(announced: list[Announcement]) -> None:
    event = a_show()
    order = a_hold(event)
    announced.clear()

    pay(fulfilment.by_pk(order.pk))

    row = LogEntry.objects.get(event=event, kind="order_paid")
    assert announced == [Announcement(event_id=event.pk, seq=row.seq, body=row.body)]


def test_a_sale_inside_a_transaction_that_fails_was_never_there(announced: list[Announcement]) -> None:
    event = a_show()
    order = a_hold(event)
    announced.clear()

    with transaction.atomic():
        assert pay(fulfilment.by_pk(order.pk))
        transaction.set_rollback(True)

    assert (announced, Ticket.objects.count(), LedgerEntry.objects.count()) == ([], 0, 0)
    assert (inventory.count(event.pk).held, inventory.count(event.pk).sold) == (1, 0)


def test_a_free_order_books_nothing() -> None:
    event = a_show(types=(NewTicketType(name="Guest list", price=0, allocation=10),))

    assert pay(fulfilment.by_pk(a_hold(event).pk), intent=None)

    assert (Ticket.objects.count(), LedgerEntry.objects.count()) == (1, 0)


# --- what has happened since the order was read -------------------------------------------------------------------


def test_an_order_that_was_paid_since_is_not_paid_again() -> None:
    event = a_show()
    due = fulfilment.by_pk(a_hold(event, quantity=2).pk)

    assert [pay(due), pay(due, intent="pi_2")] == [True, False]

    assert (Ticket.objects.count(), LedgerEntry.objects.count()) == (2, 1)
    assert LogEntry.objects.filter(kind="order_paid").count() == 1
    assert (inventory.count(event.pk).held, inventory.count(event.pk).sold) == (0, 2)


def test_an_order_that_was_released_since_takes_free_seats() -> None:
    event = a_show()
    order = a_hold(event)
    due = fulfilment.by_pk(order.pk)
    released(order)

    assert pay(due)

    [entry] = log.latest(event_id=event.pk, kind="order_paid", limit=9, upto=99)
    assert isinstance(entry.happened, OrderPaid)
    assert not entry.happened.from_hold
    assert (inventory.count(event.pk).held, inventory.count(event.pk).sold) == (0, 1)


def test_without_a_free_seat_nothing_has_changed_and_the_transaction_goes_on() -> None:
    event = a_show(types=(NewTicketType(name="GA", price=2_000, allocation=1),))
    late = a_hold(event)
    due = fulfilment.by_pk(late.pk)
    released(late)
    a_hold(event, email="other@example.org")
    before = LogEntry.objects.count()

    with transaction.atomic():
        with pytest.raises(NotEnoughLeft):
            pay(due)
        assert Order.objects.get(pk=late.pk).status == OrderStatus.EXPIRED

    assert (Ticket.objects.count(), LedgerEntry.objects.count(), LogEntry.objects.count()) == (0, 0, before)


def test_an_order_whose_seats_are_not_held_is_a_fault_and_sells_nothing() -> None:
    event = a_show()
    due = fulfilment.by_pk(a_hold(event).pk)
    event.ticket_types.update(held=0)

    with pytest.raises(RuntimeError, match="not held"):
        pay(due)

    assert (Ticket.objects.count(), inventory.count(event.pk).sold) == (0, 0)


def test_the_codes_are_hashed_before_anything_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    tickets_of, locked = fulfilment.tickets_of, []

    def watched(due: Due) -> list[Ticket]:
        locked.append(connection.in_atomic_block)
        return tickets_of(due)

    monkeypatch.setattr(fulfilment, "tickets_of", watched)

    sales.fulfil(order_pk=a_hold(a_show()).pk, payment_intent_id="pi_1", now=NOW)

    assert locked == [False]


def test_an_unknown_order_is_nobodys() -> None:
    with pytest.raises(Order.DoesNotExist):
        fulfilment.by_pk(uuid4())

    assert fulfilment.by_session("cs_unknown") is None
