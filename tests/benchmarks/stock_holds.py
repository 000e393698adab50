"""The baseline: a hold as a Django project writes it, with the ORM in one atomic block. It was ours at first, too."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction

from ticketing import inventory, log, money
from ticketing.clock import millis
from ticketing.domain_events import EventStatus, HoldPlaced, Line
from ticketing.inventory import NotEnoughLeft, Seats
from ticketing.models import Event, Order, OrderLine, TicketType, User
from ticketing.sales import HOLD, SESSION, Held, SaleRefusal, SaleRefused


def place_hold(*, event_id: UUID, seats: tuple[Seats, ...], email: str, now: datetime) -> Held | SaleRefused:
    """The same as `sales.place_hold` for a request that is in order: same rows, same entry, same refusals."""
    try:
        with transaction.atomic():
            return _place_hold(event_id, seats, email, now)
    except NotEnoughLeft:
        return SaleRefused(code=SaleRefusal.NOT_ENOUGH_LEFT)


def _place_hold(event_id: UUID, seats: tuple[Seats, ...], email: str, now: datetime) -> Held | SaleRefused:
    event = Event.objects.select_related("venue").get(pk=event_id)
    if event.status != EventStatus.ON_SALE or now >= event.ends_at:
        return SaleRefused(code=SaleRefusal.NOT_ON_SALE)
    if not event.venue.onboarding_complete:
        return SaleRefused(code=SaleRefusal.VENUE_NOT_READY)
    types = {kind.pk: kind for kind in event.ticket_types.all()}
    inventory.hold(seats)
    order = _write_order(event, types, seats, email, now)
    lines = tuple(Line(ticket_type=str(p.ticket_type_id), quantity=p.quantity) for p in seats)
    happened = HoldPlaced(order=str(order.pk), lines=lines, at=millis(now))
    log.append(event_id=event.pk, happened=happened, now=now)
    return Held(order=order)


def _write_order(
    event: Event, types: dict[UUID, TicketType], seats: tuple[Seats, ...], email: str, now: datetime
) -> Order:
    splits = {piece.ticket_type_id: types[piece.ticket_type_id].split(event.venue) for piece in seats}
    whole = money.Split(base=0, fee=0, currency=event.venue.currency)
    for piece in seats:
        whole = whole.plus(splits[piece.ticket_type_id].times(piece.quantity))
    purchaser, _ = User.objects.get_or_create(email=email, defaults={"password": make_password(None)})
    order = Order.objects.create(
        event=event,
        purchaser=purchaser,
        base=whole.base,
        fee=whole.fee,
        total=whole.total,
        currency=whole.currency,
        charge_mode=event.venue.charge_mode,
        stripe_account_id=event.venue.stripe_account_id or "",
        hold_expires_at=now + HOLD,
        session_expires_at=now + SESSION,
        created_at=now,
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            ticket_type=types[piece.ticket_type_id],
            quantity=piece.quantity,
            unit_base=splits[piece.ticket_type_id].base,
            unit_fee=splits[piece.ticket_type_id].fee,
        )
        for piece in seats
    )
    return order
