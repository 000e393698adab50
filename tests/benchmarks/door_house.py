"""What the bench `door` finds in its database: a show that sold out, its phones and their tokens, codes at hand."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from itertools import islice
from uuid import UUID, uuid4

import msgspec
from django.db import transaction

from tests.benchmarks.holding import hush
from tests.factories import a_show, a_user
from ticketing import live_code, order_id
from ticketing.clock import utc_now
from ticketing.events import NewTicketType
from ticketing.live_code import Chain
from ticketing.models import Device, Event, Order, OrderStatus, Ticket

PER_ORDER = 4
AHEAD = 60
"""Steps ahead of now at which the codes are kept: from there a code of any moment until then is a short walk."""


class DoorHouse(msgspec.Struct, frozen=True, kw_only=True):
    """A show at its door. `values` are the chains' values at `step`, one for each ticket."""

    event: UUID
    salt: bytes
    steps: int
    window_starts_ms: int
    step: int
    tokens: tuple[str, ...]
    devices: tuple[UUID, ...]
    values: tuple[bytes, ...]

    def code(self, ticket: int, *, at_ms: int) -> str:
        """What the ticket's wallet shows at a moment."""
        step = live_code.step_at(window_starts_ms=self.window_starts_ms, at_ms=at_ms)
        chain = Chain(salt=self.salt, steps=self.step)
        return live_code.code_at(chain=chain, seed=self.values[ticket], step=step)


def make_door(*, tickets: int, phones: int) -> DoorHouse:
    """A show whose doors have just opened."""
    hush()
    now = utc_now()
    kind = NewTicketType(name="General admission", price=2_000, allocation=100)
    event = a_show(types=(kind,), doors_at=now - timedelta(minutes=1))
    Event.objects.filter(pk=event.pk).update(
        starts_at=event.doors_at, ends_at=event.doors_at + timedelta(minutes=20)
    )
    event.refresh_from_db()
    step = AHEAD + live_code.step_at(
        window_starts_ms=event.window_starts_ms, at_ms=int(now.timestamp() * 1000)
    )
    values = _sell(event, tickets, step)
    tokens = tuple(secrets.token_urlsafe(32) for _ in range(phones))
    devices = [
        Device(
            event=event,
            name=f"Door {number}",
            token_hash=hashlib.sha256(token.encode()).digest(),
            paired_by=a_user(),
            created_at=now,
        )
        for number, token in enumerate(tokens)
    ]
    Device.objects.bulk_create(devices)
    return DoorHouse(
        event=event.pk,
        salt=event.chain.salt,
        steps=event.chain.steps,
        window_starts_ms=event.window_starts_ms,
        step=step,
        tokens=tokens,
        devices=tuple(device.pk for device in devices),
        values=values,
    )


@transaction.atomic
def _sell(event: Event, tickets: int, step: int) -> tuple[bytes, ...]:
    """Tickets of paid orders, as rows: so many sales would take longer than the bench."""
    fan, kind, chain = a_user(), event.ticket_types.get(), event.chain
    values = [_walk(secrets.token_bytes(16), chain.salt, chain.steps, step) for _ in range(tickets)]
    left = iter(values)
    while together := tuple(islice(left, PER_ORDER)):
        order = Order(
            order_id=order_id.new(),
            event=event,
            purchaser=fan,
            status=OrderStatus.PAID,
            base=0,
            fee=0,
            total=0,
            currency="USD",
            hold_expires_at=event.doors_at,
            session_expires_at=event.doors_at,
            created_at=event.doors_at,
            paid_at=event.doors_at,
        )
        order.save(force_insert=True)
        rows = []
        for number, value in enumerate(together, start=1):
            qr_hash = live_code.walk(salt=chain.salt, value=value, step=step).hex()
            rows.append(
                Ticket(
                    id=uuid4(),
                    event=event,
                    user=fan,
                    order=order,
                    ticket_type=kind,
                    number=number,
                    qr_hash=qr_hash,
                    anchor=live_code.anchor_of(qr_hash),
                )
            )
        Ticket.objects.bulk_create(rows)
    return tuple(values)


def _walk(value: bytes, salt: bytes, start: int, end: int) -> bytes:
    for i in range(start, end, -1):
        value = hashlib.sha256(salt + i.to_bytes(2, "big") + value).digest()[:16]
    return value
