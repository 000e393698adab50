"""Placing a hold: the seats, the order, its lines and the log's entry become true together, or nothing does.

On PostgreSQL it is one statement. What makes a show hot is that its sales take turns: each holds the rows of the
ticket types, and then the show's log, until it has committed. Row by row that lasts for a dozen round trips to a
process with other things to do; in one statement it lasts as long as the database itself needs.

Buyers of one show queue up before that statement rather than inside it. One that met a changed row inside would be
judged again by then (READ COMMITTED), as it must be, but at the price of setting most of the statement up anew, once
for each of its locks; behind the queue it sees the rows as they are. Only buyers queue there: whoever pays or releases
goes for the rows themselves, which is why the statement locks and judges as if there were no queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial, reduce
from operator import or_
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, Sum

from ticketing import domain_events, inventory, log, prepared
from ticketing.admission import TicketStatus
from ticketing.domain_events import EventStatus, HoldPlaced
from ticketing.inventory import Seats
from ticketing.models import Order, OrderLine, OrderStatus, Ticket, TicketType, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A hold to be placed: rows of which none exists yet. `fan` becomes one only if nobody has that email."""

    order: Order
    lines: tuple[OrderLine, ...]
    fan: User
    happened: HoldPlaced


def place(draft: Draft, *, now: datetime) -> bool:
    """Make the draft true; `draft.order` is a saved row then, with its purchaser.

    False when the show or one of the types does not sell at this moment, or too few are left: nothing has changed.
    """
    return _in_one_statement(draft, now) if connection.vendor == "postgresql" else _row_by_row(draft, now)


def take_fan(*, event_id: UUID, email: str) -> None:
    """Let one email's holds for a show take turns until the transaction ends: a limit may span several orders."""
    if connection.vendor == "postgresql":
        # Not a row's lock: there may be no row of this fan yet. On SQLite, all who write take turns.
        prepared.rows_of(
            "SELECT pg_advisory_xact_lock(hashtextextended(%(fan)s, 0))", {"fan": f"{event_id}|{email}"}
        )


def seats_of_fan(*, event_id: UUID, email: str) -> int:
    """How many seats of a show an email holds or has bought."""
    held = OrderLine.objects.filter(
        order__event_id=event_id, order__purchaser__email=email, order__status=OrderStatus.HELD
    )
    bought = Ticket.objects.filter(
        event_id=event_id, user__email=email, status__in=(TicketStatus.ACTIVE, TicketStatus.REDEEMED)
    )
    return int(held.aggregate(seats=Sum("quantity", default=0))["seats"]) + bought.count()


QUEUE = "SELECT pg_advisory_xact_lock(hashtextextended(%(event)s, 0))"

# The locks come in the order in which they come everywhere: the ticket types by id, the fan's row if it is new, and
# last the log. `free` locks all the types before `claimed` changes any, and each later step reads from the one before
# it, so that it cannot begin earlier. A whole row travels as JSON, by the names of its columns.
STATEMENT = """
WITH asked AS MATERIALIZED (
    SELECT * FROM jsonb_populate_recordset(NULL::cdm_order_lines, %(lines)s::jsonb)
), free AS MATERIALIZED (
    SELECT t.id, asked.quantity
    FROM cdm_ticket_types t
    JOIN asked ON asked.ticket_type_id = t.id
    JOIN cdm_events e ON e.id = t.event_id
    JOIN cdm_venues v ON v.id = e.venue_id
    WHERE e.id = %(event)s::uuid AND e.status = 'on_sale' AND e.ends_at > %(now)s::timestamptz
      AND v.onboarding_complete
      AND (t.sales_open_at IS NULL OR t.sales_open_at <= %(now)s::timestamptz)
      AND (t.sales_close_at IS NULL OR t.sales_close_at >= %(now)s::timestamptz)
      AND asked.quantity <= t.per_order_limit
      AND t.held + t.sold + asked.quantity <= t.allocation
    ORDER BY t.id
    FOR NO KEY UPDATE OF t
), claimed AS (
    UPDATE cdm_ticket_types t SET held = t.held + free.quantity
    FROM free
    WHERE t.id = free.id AND (SELECT count(*) FROM free) = (SELECT count(*) FROM asked)
    RETURNING t.id
), known AS (
    SELECT id FROM cdm_users WHERE email = %(email)s
), made AS (
    INSERT INTO cdm_users
    SELECT * FROM jsonb_populate_record(NULL::cdm_users, %(fan)s::jsonb)
    WHERE (SELECT count(*) FROM claimed) > 0 AND NOT EXISTS (SELECT FROM known)
    -- Changes nothing, but gives the row that another sale has made since this statement began.
    ON CONFLICT (email) DO UPDATE SET is_active = cdm_users.is_active
    RETURNING id
), placed AS (
    INSERT INTO cdm_orders
    SELECT line.*
    FROM (SELECT id FROM known UNION ALL SELECT id FROM made) fan,
         jsonb_populate_record(
             NULL::cdm_orders, %(order)s::jsonb || jsonb_build_object('purchaser_id', fan.id)
         ) line
    WHERE (SELECT count(*) FROM claimed) > 0
    RETURNING id, purchaser_id
), lined AS (
    INSERT INTO cdm_order_lines (order_id, ticket_type_id, quantity, unit_base, unit_fee)
    SELECT placed.id, asked.ticket_type_id, asked.quantity, asked.unit_base, asked.unit_fee
    FROM placed, asked
), head AS (
    UPDATE cdm_log_heads SET seq = seq + 1
    WHERE event_id = %(event)s::uuid AND (SELECT count(*) FROM placed) > 0
    RETURNING seq
), entry AS (
    INSERT INTO cdm_log_entries (event_id, seq, kind, body, appended_at)
    SELECT %(event)s::uuid, head.seq, %(kind)s, %(body)s, %(now)s::timestamptz FROM head
)
SELECT head.seq, placed.purchaser_id FROM head, placed
"""


def _in_one_statement(draft: Draft, now: datetime) -> bool:
    body = domain_events.encode(draft.happened)
    values = {
        "event": str(draft.order.event_id),
        "now": now.isoformat(),
        "email": draft.fan.email,
        "fan": prepared.as_json(draft.fan),
        "order": prepared.as_json(draft.order),
        "lines": prepared.as_json(draft.lines),
        "kind": domain_events.kind_of(draft.happened),
        "body": body,
    }
    _, rows = prepared.rows_of_each((QUEUE, {"event": values["event"]}), (STATEMENT, values))
    if not rows:
        return False
    [(seq, draft.order.purchaser_id)] = rows
    state = draft.order._state  # noqa: SLF001  # Django's documented name: the row is saved, if not by save()
    state.adding, state.db = False, connection.alias
    entry = log.Announcement(event_id=draft.order.event_id, seq=seq, body=body)
    transaction.on_commit(partial(log.announce, entry))
    return True


def _row_by_row(draft: Draft, now: datetime) -> bool:
    """The same for SQLite, whose writers take turns and whose round trips cost nothing."""
    try:
        with transaction.atomic():
            if not _sells(draft, now):
                return False
            inventory.hold(
                Seats(ticket_type_id=line.ticket_type_id, quantity=line.quantity) for line in draft.lines
            )
            _write(draft, now)
    except inventory.NotEnoughLeft:
        return False
    return True


def _sells(draft: Draft, now: datetime) -> bool:
    within_limit = [Q(pk=line.ticket_type_id, per_order_limit__gte=line.quantity) for line in draft.lines]
    selling = TicketType.objects.filter(
        Q(sales_open_at=None) | Q(sales_open_at__lte=now),
        Q(sales_close_at=None) | Q(sales_close_at__gte=now),
        reduce(or_, within_limit),
        event_id=draft.order.event_id,
        event__status=EventStatus.ON_SALE,
        event__ends_at__gt=now,
        event__venue__onboarding_complete=True,
    )
    return selling.count() == len(draft.lines)


def _write(draft: Draft, now: datetime) -> None:
    purchaser = User.objects.filter(email=draft.fan.email).first()
    if purchaser is None:
        purchaser = draft.fan
        purchaser.save(force_insert=True)
    draft.order.purchaser = purchaser
    draft.order.save(force_insert=True)
    OrderLine.objects.bulk_create(draft.lines)
    log.append(event_id=draft.order.event_id, happened=draft.happened, now=now)
