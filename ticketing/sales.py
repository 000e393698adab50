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
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from ticketing import fulfilment, holds, inventory, log, money, offers
from ticketing.clock import millis
from ticketing.domain_events import (
    EventStatus,
    HoldPlaced,
    HoldReleased,
    Line,
    ReleaseReason,
)
from ticketing.holds import Draft
from ticketing.inventory import Seats
from ticketing.models import Order, OrderLine, OrderStatus, User
from ticketing.offers import Offer

HOLD = timedelta(minutes=10)
"""How long a fan's seats wait for the payment, as the fan is told."""
SESSION = timedelta(minutes=31)
"""How long Stripe keeps the Checkout Session: its minimum is 30 minutes after creation, and clocks differ."""
MAX_TICKETS_PER_ORDER = 50
EMAIL_LENGTH = 254


class SaleRefusal(StrEnum):
    """Why nothing was sold."""

    EVENT_UNKNOWN = "event_unknown"
    NOT_ON_SALE = "not_on_sale"
    VENUE_NOT_READY = "venue_not_ready"
    CURRENCY_UNSUPPORTED = "currency_unsupported"
    TYPE_UNKNOWN = "type_unknown"
    TYPE_NOT_ON_SALE = "type_not_on_sale"
    NOTHING_CHOSEN = "nothing_chosen"
    OVER_LIMIT = "over_limit"
    OVER_FAN_LIMIT = "over_fan_limit"
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
    try:
        offer = offers.read(event_id)
    except money.CurrencyUnsupported:
        return SaleRefused(code=SaleRefusal.CURRENCY_UNSUPPORTED)
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


def fulfil(*, order_pk: UUID, payment_intent_id: str | None, now: datetime) -> bool:
    """Turn a paid order into its tickets, exactly once; False when that was done before.

    A payment that comes after its hold was released takes free seats; raises inventory.NotEnoughLeft when there are
    none, and then nothing has changed.
    """
    return fulfilment.fulfil(fulfilment.by_pk(order_pk), payment_intent_id=payment_intent_id, now=now)


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
            return SaleRefusal.OVER_FAN_LIMIT
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


def _seats(lines: Iterable[OrderLine]) -> list[Seats]:
    return [Seats(ticket_type_id=line.ticket_type_id, quantity=line.quantity) for line in lines]


def _lines(lines: Iterable[OrderLine]) -> tuple[Line, ...]:
    return tuple(Line(ticket_type=str(line.ticket_type_id), quantity=line.quantity) for line in lines)
