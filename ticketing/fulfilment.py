"""Fulfilling: a paid order becomes its tickets, their entry in the log, the booking and the mail's task, exactly once.

What costs the processor most, hashing the tickets' chains of live codes, is done before anything is locked. The rest is
one statement on PostgreSQL, for the reasons that `holds` gives: everybody who sells the same show waits for it. That
statement knows the usual case alone, an order whose seats are held. Whatever else a payment may meet is found and
settled row by row, as everything is on SQLite.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import connection, transaction

from ticketing import confirmation, domain_events, inventory, live_code, log, order_id, prepared
from ticketing.clock import millis
from ticketing.domain_events import (
    AllocationThresholdReached,
    EventStatus,
    IssuedTicket,
    OrderPaid,
    PaidLine,
    SoldOut,
)
from ticketing.inventory import Seats
from ticketing.live_code import Chain
from ticketing.models import ChargeMode, Event, LedgerEntry, LedgerKind, Order, OrderStatus, Ticket
from ticketing.payments import ledger

SCARCITY_PERCENT = 90
_UNPAID = (OrderStatus.HELD, OrderStatus.EXPIRED)
"""What may still be fulfilled. An order that has left these never comes back to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLine:
    """So many tickets of one type, at the split of the hold."""

    ticket_type_id: UUID
    type_name: str
    quantity: int
    unit_base: int
    unit_fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An order as its payment finds it, with all that its tickets are made of. Nothing is locked."""

    pk: UUID
    order_id: str
    status: OrderStatus
    base: int
    fee: int
    total: int
    currency: str
    charge_mode: ChargeMode
    stripe_account_id: str
    event_id: UUID
    event_status: EventStatus
    chain: Chain
    purchaser_id: UUID
    purchaser_secret: bytes
    lines: tuple[DueLine, ...]


def by_pk(order_pk: UUID) -> Due:
    """What the order is. Raises Order.DoesNotExist."""
    due = _due(
        prepared.rows_of(f"{_SQL} WHERE o.id = %(order)s ORDER BY l.id", {"order": prepared.key(order_pk)})
    )
    if due is None:
        raise Order.DoesNotExist(f"there is no order {order_pk}")
    return due


def by_session(session_id: str) -> Due | None:
    """What the order of a Checkout Session is; None when no order of ours has that session."""
    where = "WHERE o.stripe_session_id = %(session)s ORDER BY l.id"
    return _due(prepared.rows_of(f"{_SQL} {where}", {"session": session_id}))


def fulfil(due: Due, *, payment_intent_id: str | None, now: datetime) -> bool:
    """Turn the paid order into its tickets; False when that was done before.

    A payment that comes after its hold was released takes free seats; raises inventory.NotEnoughLeft when there are
    none, and then nothing has changed.
    """
    if due.status not in _UNPAID:
        return False
    draft = Draft(due=due, tickets=tickets_of(due), payment_intent_id=payment_intent_id)
    if connection.vendor == "postgresql" and due.status == OrderStatus.HELD:
        with transaction.atomic(savepoint=False):
            if _in_one_statement(draft, now):
                return True
    with transaction.atomic():
        return _row_by_row(draft, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A sale to be made: its tickets are no rows yet."""

    due: Due
    tickets: Sequence[Ticket]
    payment_intent_id: str | None


def tickets_of(due: Due) -> list[Ticket]:
    """Make the order's tickets, each with the near end of its own live code."""
    kinds = [line.ticket_type_id for line in due.lines for _ in range(line.quantity)]
    return [_ticket(due, number, kind) for number, kind in enumerate(kinds, start=1)]


def _ticket(due: Due, number: int, ticket_type_id: UUID) -> Ticket:
    ticket_id = uuid4()
    seed = live_code.seed_of(
        user_secret=due.purchaser_secret, event_id=due.event_id, ticket_id=ticket_id, transfer_no=0
    )
    qr_hash = live_code.qr_hash_of(chain=due.chain, seed=seed)
    return Ticket(
        id=ticket_id,
        event_id=due.event_id,
        user_id=due.purchaser_id,
        order_id=due.pk,
        ticket_type_id=ticket_type_id,
        number=number,
        qr_hash=qr_hash,
        anchor=live_code.anchor_of(qr_hash),
    )


# --- the order as its payment finds it ----------------------------------------------------------------------------

# By hand, since every payment begins with it; the text is the same on SQLite and PostgreSQL.
_SQL = """
SELECT o.id, o.order_id, o.status, o.base, o.fee, o.total, o.currency, o.charge_mode, o.stripe_account_id,
       e.id, e.status, e.doors_at, e.ends_at, e.door_epoch, u.id, u.secret,
       l.ticket_type_id, t.name, l.quantity, l.unit_base, l.unit_fee
FROM cdm_orders o
JOIN cdm_events e ON e.id = o.event_id
JOIN cdm_users u ON u.id = o.purchaser_id
LEFT JOIN cdm_order_lines l ON l.order_id = o.id
LEFT JOIN cdm_ticket_types t ON t.id = l.ticket_type_id
"""


class _Row(NamedTuple):
    """One row a line, in the order of the SELECT; an order without lines has one row without a line."""

    pk: Any
    order_id: str
    status: str
    base: int
    fee: int
    total: int
    currency: str
    charge_mode: str
    stripe_account_id: str
    event_id: Any
    event_status: str
    doors_at: datetime
    ends_at: datetime
    door_epoch: int
    purchaser_id: Any
    purchaser_secret: bytes
    ticket_type_id: Any
    type_name: str
    quantity: int
    unit_base: int
    unit_fee: int


def _due(found: prepared.Rows) -> Due | None:
    rows = [_Row(*row) for row in found]
    if not rows:
        return None
    first, event = rows[0], _event(rows[0])
    return Due(
        pk=prepared.uuid(first.pk),
        order_id=first.order_id,
        status=OrderStatus(first.status),
        base=first.base,
        fee=first.fee,
        total=first.total,
        currency=first.currency,
        charge_mode=ChargeMode(first.charge_mode),
        stripe_account_id=first.stripe_account_id,
        event_id=event.pk,
        event_status=EventStatus(first.event_status),
        chain=event.chain,
        purchaser_id=prepared.uuid(first.purchaser_id),
        purchaser_secret=bytes(first.purchaser_secret),
        lines=tuple(_line(row) for row in rows if row.ticket_type_id is not None),
    )


def _event(row: _Row) -> Event:
    """The show, as far as its door window goes."""
    doors_at, ends_at = prepared.utc(row.doors_at), prepared.utc(row.ends_at)
    assert doors_at is not None
    assert ends_at is not None
    return Event(
        id=prepared.uuid(row.event_id), doors_at=doors_at, ends_at=ends_at, door_epoch=row.door_epoch
    )


def _line(row: _Row) -> DueLine:
    return DueLine(
        ticket_type_id=prepared.uuid(row.ticket_type_id),
        type_name=row.type_name,
        quantity=row.quantity,
        unit_base=row.unit_base,
        unit_fee=row.unit_fee,
    )


# --- the sale -----------------------------------------------------------------------------------------------------

# The locks come in the order in which they come everywhere: the order, its ticket types by id, and last the log. Each
# step reads from the one before it, so that it cannot begin earlier. A whole row travels as JSON.
STATEMENT = """
WITH due AS MATERIALIZED (
    SELECT o.id FROM cdm_orders o WHERE o.id = %(order)s::uuid AND o.status = 'held' FOR UPDATE
), asked AS MATERIALIZED (
    SELECT l.ticket_type_id, l.quantity FROM due JOIN cdm_order_lines l ON l.order_id = due.id
), taken AS MATERIALIZED (
    SELECT t.id, asked.quantity
    FROM asked
    JOIN cdm_ticket_types t ON t.id = asked.ticket_type_id
    WHERE t.held >= asked.quantity
    ORDER BY t.id
    FOR NO KEY UPDATE OF t
), sold AS (
    UPDATE cdm_ticket_types t SET held = t.held - taken.quantity, sold = t.sold + taken.quantity
    FROM taken
    WHERE t.id = taken.id AND (SELECT count(*) FROM taken) = (SELECT count(*) FROM asked)
    RETURNING t.id
), paid AS (
    UPDATE cdm_orders o
    SET status = 'paid', paid_at = %(now)s::timestamptz, stripe_payment_intent_id = %(payment)s
    FROM due
    WHERE o.id = due.id AND (SELECT count(*) FROM sold) > 0
    RETURNING o.id
), booked AS (
    INSERT INTO cdm_ledger_entries
    SELECT entry.* FROM paid, jsonb_populate_recordset(NULL::cdm_ledger_entries, %(movements)s::jsonb) entry
    ON CONFLICT (kind, stripe_id) DO NOTHING
), issued AS (
    INSERT INTO cdm_tickets
    SELECT ticket.* FROM paid, jsonb_populate_recordset(NULL::cdm_tickets, %(tickets)s::jsonb) ticket
), asked_for_mail AS (
    INSERT INTO django_tasks_database_dbtaskresult
    SELECT task.*
    FROM paid, jsonb_populate_record(NULL::django_tasks_database_dbtaskresult, %(task)s::jsonb) task
), head AS (
    UPDATE cdm_log_heads SET seq = seq + 1
    WHERE event_id = %(event)s::uuid AND (SELECT count(*) FROM paid) > 0
    RETURNING seq
), entry AS (
    INSERT INTO cdm_log_entries (event_id, seq, kind, body, appended_at)
    SELECT %(event)s::uuid, head.seq, %(kind)s, %(body)s, %(now)s::timestamptz FROM head
)
SELECT seq FROM head
"""


def _in_one_statement(draft: Draft, now: datetime) -> bool:
    """False when the order's seats are not held (any more): nothing has changed."""
    due, happened = draft.due, _order_paid(draft, from_hold=True, now=now)
    values = {
        "order": str(due.pk),
        "event": str(due.event_id),
        "now": now.isoformat(),
        "payment": draft.payment_intent_id,
        "movements": prepared.as_json(_movements(draft, now)),
        "tickets": prepared.as_json(draft.tickets),
        "task": prepared.as_json(confirmation.task_of(due.pk)),
        "kind": domain_events.kind_of(happened),
        "body": domain_events.encode(happened),
    }
    # The second sees what was committed while the first waited: by then this sale holds the show's log.
    rows, standing = prepared.rows_of_each((STATEMENT, values), (_STANDING, {"event": values["event"]}))
    if not rows:
        return False
    [(seq,)] = rows
    entry = log.Announcement(event_id=due.event_id, seq=seq, body=str(values["body"]))
    transaction.on_commit(partial(log.announce, entry))
    _tell_milestones(due.event_id, standing, now)
    return True


def _row_by_row(draft: Draft, now: datetime) -> bool:
    """The same for SQLite, whose writers take turns, and for a payment that comes after its hold's end."""
    due = draft.due
    order = Order.objects.select_for_update().get(pk=due.pk)
    if order.status not in _UNPAID:
        return False
    from_hold = order.status == OrderStatus.HELD
    (inventory.sell_held if from_hold else inventory.sell_free)(_seats(due.lines))
    order.status, order.paid_at, order.stripe_payment_intent_id = (
        OrderStatus.PAID,
        now,
        draft.payment_intent_id,
    )
    order.save(update_fields=["status", "paid_at", "stripe_payment_intent_id"])
    if draft.payment_intent_id:
        movement, kind = ledger.charged(due), LedgerKind.CHARGE
        ledger.book(order=order, kind=kind, stripe_id=draft.payment_intent_id, movement=movement, at=now)
    Ticket.objects.bulk_create(draft.tickets)
    confirmation.enqueue(order)
    log.append(event_id=due.event_id, happened=_order_paid(draft, from_hold=from_hold, now=now), now=now)
    _tell_milestones(due.event_id, prepared.rows_of(_STANDING, {"event": prepared.key(due.event_id)}), now)
    return True


def _movements(draft: Draft, now: datetime) -> list[LedgerEntry]:
    """The sale's booking, as a row; none of a free order."""
    if not draft.payment_intent_id:
        return []
    due = draft.due
    return [
        ledger.entry(
            order_pk=due.pk,
            currency=due.currency,
            kind=LedgerKind.CHARGE,
            stripe_id=draft.payment_intent_id,
            movement=ledger.charged(due),
            at=now,
        )
    ]


def _order_paid(draft: Draft, *, from_hold: bool, now: datetime) -> OrderPaid:
    due = draft.due
    names = {line.ticket_type_id: line.type_name for line in due.lines}
    return OrderPaid(
        order=str(due.pk),
        order_id=due.order_id,
        lines=tuple(_paid_line(line) for line in due.lines),
        base=due.base,
        fee=due.fee,
        total=due.total,
        currency=due.currency,
        tickets=tuple(
            IssuedTicket(
                ticket=str(ticket.pk),
                ticket_type=str(ticket.ticket_type_id),
                type_name=names[ticket.ticket_type_id],
                anchor=bytes(ticket.anchor).hex(),
            )
            for ticket in draft.tickets
        ),
        from_hold=from_hold,
        order_hash=order_id.hash_of(event_id=due.event_id, order_id=due.order_id).hex(),
        at=millis(now),
    )


def _paid_line(line: DueLine) -> PaidLine:
    return PaidLine(
        ticket_type=str(line.ticket_type_id),
        quantity=line.quantity,
        base=line.unit_base * line.quantity,
        fee=line.unit_fee * line.quantity,
    )


def _seats(lines: Iterable[DueLine]) -> list[Seats]:
    return [Seats(ticket_type_id=line.ticket_type_id, quantity=line.quantity) for line in lines]


# --- milestones ---------------------------------------------------------------------------------------------------

_STANDING = """
SELECT e.threshold_reached_at IS NOT NULL, e.sold_out_at IS NOT NULL, sum(t.allocation), sum(t.sold)
FROM cdm_events e
JOIN cdm_ticket_types t ON t.event_id = e.id
WHERE e.id = %(event)s
GROUP BY e.id
"""


def _tell_milestones(event_id: UUID, standing: prepared.Rows, now: datetime) -> None:
    """Tell, once per show, that the threshold was reached and that it is sold out.

    `standing` was read after the sale's own entry: from there on this transaction holds the show's log, so every
    earlier sale is counted in it and no two sales can both find themselves the first to cross.
    """
    [(threshold_told, sold_out_told, allocation, sold)] = standing
    allocation, sold = int(allocation), int(sold)
    if not threshold_told and sold * 100 >= allocation * SCARCITY_PERCENT:
        Event.objects.filter(pk=event_id).update(threshold_reached_at=now)
        left = allocation - sold
        reached = AllocationThresholdReached(percent=SCARCITY_PERCENT, left=left, at=millis(now))
        log.append(event_id=event_id, happened=reached, now=now)
    if not sold_out_told and sold >= allocation:
        Event.objects.filter(pk=event_id).update(sold_out_at=now)
        log.append(event_id=event_id, happened=SoldOut(sold=sold, at=millis(now)), now=now)
