"""Selling: a hold becomes tickets, or goes back on sale.

Order of locks, everywhere: the order's row, then ticket types by id, then the log. No call to Stripe is ever made
while any of them is held.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from ticketing import confirmation, holds, inventory, live_code, log, money, offers
from ticketing.clock import millis
from ticketing.domain_events import (
    AllocationThresholdReached,
    EventStatus,
    HoldPlaced,
    HoldReleased,
    IssuedTicket,
    Line,
    OrderPaid,
    PaidLine,
    ReleaseReason,
    SoldOut,
)
from ticketing.holds import Draft
from ticketing.inventory import Seats
from ticketing.models import Event, LedgerKind, Order, OrderLine, OrderStatus, Ticket, User
from ticketing.offers import Offer
from ticketing.payments import ledger

HOLD = timedelta(minutes=10)
"""How long a fan's seats wait for the payment, as the fan is told."""
SESSION = timedelta(minutes=31)
"""How long Stripe keeps the Checkout Session: its minimum is 30 minutes after creation, and clocks differ."""
SCARCITY_PERCENT = 90
MAX_TICKETS_PER_ORDER = 50
EMAIL_LENGTH = 254


class SaleRefusal(StrEnum):
    """Why nothing was sold."""

    EVENT_UNKNOWN = "event_unknown"
    NOT_ON_SALE = "not_on_sale"
    VENUE_NOT_READY = "venue_not_ready"
    TYPE_UNKNOWN = "type_unknown"
    TYPE_NOT_ON_SALE = "type_not_on_sale"
    NOTHING_CHOSEN = "nothing_chosen"
    OVER_LIMIT = "over_limit"
    NOT_ENOUGH_LEFT = "not_enough_left"
    EMAIL_INVALID = "email_invalid"
    PAYMENT_UNAVAILABLE = "payment_unavailable"
    PAYMENT_REFUSED = "payment_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRefused:
    """A sale that did not begin, and why; nothing is held."""

    code: SaleRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Seats are held by this order until `Order.hold_expires_at`."""

    order: Order


def place_hold(*, event_id: UUID, seats: tuple[Seats, ...], email: str, now: datetime) -> Held | SaleRefused:
    """Claim seats for a fan. All of them or none."""
    chosen, address = _merged(seats), email.strip().lower()
    if refusal := _misasked(chosen, address):
        return SaleRefused(code=refusal)
    offer = offers.read(event_id)
    if refusal := _unsellable(offer, chosen, now):
        return SaleRefused(code=refusal)
    assert offer is not None
    draft = _draft(offer, chosen, address, now)
    refusal = _claim(offer, draft, now)
    return SaleRefused(code=refusal) if refusal else Held(order=draft.order)


@transaction.atomic
def release(*, order_pk: UUID, reason: ReleaseReason, now: datetime) -> bool:
    """Put a hold's seats back on sale; False when there was none (any more). Only on Stripe's word: see checkout."""
    order = Order.objects.select_for_update().get(pk=order_pk)
    if order.status != OrderStatus.HELD:
        return False
    lines = list(order.lines.all())
    inventory.release(_seats(lines))
    order.status = OrderStatus.EXPIRED
    order.save(update_fields=["status"])
    happened = HoldReleased(order=str(order.pk), lines=_lines(lines), reason=reason, at=millis(now))
    log.append(event_id=order.event_id, happened=happened, now=now)
    return True


@transaction.atomic
def fulfil(*, order_pk: UUID, payment_intent_id: str | None, now: datetime) -> bool:
    """Turn a paid order into its tickets, exactly once; False when that was done before.

    A payment that comes after its hold was released takes free seats; raises inventory.NotEnoughLeft when there are
    none, and then nothing has changed.
    """
    order = Order.objects.select_for_update().get(pk=order_pk)
    if order.status not in (OrderStatus.HELD, OrderStatus.EXPIRED):
        return False
    lines = list(order.lines.select_related("ticket_type"))
    from_hold = order.status == OrderStatus.HELD
    (inventory.sell_held if from_hold else inventory.sell_free)(_seats(lines))
    order.status, order.paid_at, order.stripe_payment_intent_id = OrderStatus.PAID, now, payment_intent_id
    order.save(update_fields=["status", "paid_at", "stripe_payment_intent_id"])
    if payment_intent_id:
        movement = ledger.charged(order)
        ledger.book(
            order=order, kind=LedgerKind.CHARGE, stripe_id=payment_intent_id, movement=movement, at=now
        )
    tickets = _issue(order, lines)
    confirmation.enqueue(order)
    paid = _order_paid(order, lines, tickets, from_hold, now)
    log.append(event_id=order.event_id, happened=paid, now=now)
    _tell_milestones(order.event_id, now)
    return True


def _merged(seats: Iterable[Seats]) -> tuple[Seats, ...]:
    """One claim a type: whoever names a type twice must not get round its limit."""
    wanted: Counter[UUID] = Counter()
    for piece in seats:
        wanted[piece.ticket_type_id] += max(0, piece.quantity)
    return tuple(Seats(ticket_type_id=kind, quantity=number) for kind, number in wanted.items() if number)


def _misasked(seats: tuple[Seats, ...], email: str) -> SaleRefusal | None:
    if not seats:
        return SaleRefusal.NOTHING_CHOSEN
    if sum(piece.quantity for piece in seats) > MAX_TICKETS_PER_ORDER:
        return SaleRefusal.OVER_LIMIT
    # Django's validator lets pass what no column holds: 320 characters, and half a surrogate pair.
    if len(email) > EMAIL_LENGTH or not email.isprintable():
        return SaleRefusal.EMAIL_INVALID
    try:
        validate_email(email)
    except ValidationError:
        return SaleRefusal.EMAIL_INVALID
    return None


def _unsellable(offer: Offer | None, seats: Iterable[Seats], now: datetime) -> SaleRefusal | None:
    if offer is None or offer.status == EventStatus.DRAFT:
        return SaleRefusal.EVENT_UNKNOWN
    if offer.status != EventStatus.ON_SALE or now >= offer.ends_at:
        return SaleRefusal.NOT_ON_SALE
    if not offer.venue_ready:
        return SaleRefusal.VENUE_NOT_READY
    for piece in seats:
        kind = offer.types.get(piece.ticket_type_id)
        if kind is None:
            return SaleRefusal.TYPE_UNKNOWN
        if not (kind.sales_open_at or now) <= now <= (kind.sales_close_at or now):
            return SaleRefusal.TYPE_NOT_ON_SALE
        if piece.quantity > kind.per_order_limit:
            return SaleRefusal.OVER_LIMIT
    return None


def _claim(offer: Offer, draft: Draft, now: datetime) -> SaleRefusal | None:
    """Place the hold, unless something is in the way by now."""
    if offer.per_fan_limit is None:
        return None if holds.place(draft, now=now) else _in_the_way(draft, now)
    with transaction.atomic():
        holds.take_fan(event_id=offer.event_id, email=draft.fan.email)
        has = holds.seats_of_fan(event_id=offer.event_id, email=draft.fan.email)
        if has + sum(line.quantity for line in draft.lines) > offer.per_fan_limit:
            return SaleRefusal.OVER_LIMIT
        return None if holds.place(draft, now=now) else _in_the_way(draft, now)


def _in_the_way(draft: Draft, now: datetime) -> SaleRefusal:
    """Why nothing was claimed a moment after all seemed well: the show was paused, or somebody was faster."""
    seats = _seats(draft.lines)
    return _unsellable(offers.read(draft.order.event_id), seats, now) or SaleRefusal.NOT_ENOUGH_LEFT


def _draft(offer: Offer, seats: Iterable[Seats], email: str, now: datetime) -> Draft:
    whole = money.Split(base=0, fee=0, currency=offer.currency)
    for piece in seats:
        whole = whole.plus(offer.types[piece.ticket_type_id].split.times(piece.quantity))
    order = Order(
        event_id=offer.event_id,
        base=whole.base,
        fee=whole.fee,
        total=whole.total,
        currency=whole.currency,
        charge_mode=offer.charge_mode,
        stripe_account_id=offer.stripe_account_id,
        hold_expires_at=now + HOLD,
        session_expires_at=now + SESSION,
        created_at=now,
    )
    lines = tuple(_line(order, offer, piece) for piece in seats)
    happened = HoldPlaced(order=str(order.pk), lines=_lines(lines), at=millis(now))
    fan = User(email=email, password=make_password(None))
    return Draft(order=order, lines=lines, fan=fan, happened=happened)


def _line(order: Order, offer: Offer, piece: Seats) -> OrderLine:
    split = offer.types[piece.ticket_type_id].split
    return OrderLine(
        order=order,
        ticket_type_id=piece.ticket_type_id,
        quantity=piece.quantity,
        unit_base=split.base,
        unit_fee=split.fee,
    )


def _issue(order: Order, lines: Iterable[OrderLine]) -> list[Ticket]:
    """Make the order's tickets, each with the near end of its own live code."""
    kinds = [line.ticket_type for line in lines for _ in range(line.quantity)]
    chain, secret = order.event.chain, bytes(order.purchaser.secret)
    tickets = []
    for number, kind in enumerate(kinds, start=1):
        ticket_id = uuid4()
        seed = live_code.seed_of(
            user_secret=secret, event_id=order.event_id, ticket_id=ticket_id, transfer_no=0
        )
        qr_hash = live_code.qr_hash_of(chain=chain, seed=seed)
        tickets.append(
            Ticket(
                id=ticket_id,
                event_id=order.event_id,
                user_id=order.purchaser_id,
                order=order,
                ticket_type=kind,
                number=number,
                qr_hash=qr_hash,
                anchor=live_code.anchor_of(qr_hash),
            )
        )
    return Ticket.objects.bulk_create(tickets)


def _order_paid(
    order: Order, lines: Iterable[OrderLine], tickets: Iterable[Ticket], from_hold: bool, now: datetime
) -> OrderPaid:
    return OrderPaid(
        order=str(order.pk),
        order_id=order.order_id,
        lines=tuple(
            PaidLine(
                ticket_type=str(line.ticket_type_id),
                quantity=line.quantity,
                base=line.unit_base * line.quantity,
                fee=line.unit_fee * line.quantity,
            )
            for line in lines
        ),
        base=order.base,
        fee=order.fee,
        total=order.total,
        currency=order.currency,
        tickets=tuple(
            IssuedTicket(
                ticket=str(ticket.pk),
                ticket_type=str(ticket.ticket_type_id),
                type_name=ticket.ticket_type.name,
                anchor=bytes(ticket.anchor).hex(),
            )
            for ticket in tickets
        ),
        from_hold=from_hold,
        at=millis(now),
    )


def _tell_milestones(event_id: UUID, now: datetime) -> None:
    """Tell, once per show, that the threshold was reached and that it is sold out.

    Called after the sale's own entry: from there on this transaction holds the show's log, so every earlier sale is
    counted here and no two sales can both find themselves the first to cross.
    """
    event = Event.objects.only("threshold_reached_at", "sold_out_at").get(pk=event_id)
    count = inventory.count(event_id)
    if event.threshold_reached_at is None and count.sold * 100 >= count.allocation * SCARCITY_PERCENT:
        event.threshold_reached_at = now
        event.save(update_fields=["threshold_reached_at"])
        left = count.allocation - count.sold
        reached = AllocationThresholdReached(percent=SCARCITY_PERCENT, left=left, at=millis(now))
        log.append(event_id=event_id, happened=reached, now=now)
    if event.sold_out_at is None and count.sold >= count.allocation:
        event.sold_out_at = now
        event.save(update_fields=["sold_out_at"])
        log.append(event_id=event_id, happened=SoldOut(sold=count.sold, at=millis(now)), now=now)


def _seats(lines: Iterable[OrderLine]) -> list[Seats]:
    return [Seats(ticket_type_id=line.ticket_type_id, quantity=line.quantity) for line in lines]


def _lines(lines: Iterable[OrderLine]) -> tuple[Line, ...]:
    return tuple(Line(ticket_type=str(line.ticket_type_id), quantity=line.quantity) for line in lines)
