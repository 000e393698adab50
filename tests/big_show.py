"""A show with more tickets than anybody would buy one by one, in a product that runs; codes of a few of them.

The many are put in as rows: fifty thousand sales are another bench's business. A door's phone sees no difference.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
from django.db import connection, transaction
from django.db.models import Model

from tests.factories import a_user
from tests.product import Product
from ticketing import events, live_code, order_id, pairing
from ticketing.clock import utc_now
from ticketing.domain_events import EventStatus
from ticketing.events import NewTicketType
from ticketing.models import Event, Order, OrderStatus, Ticket, TicketType, User, Venue


class BigShow(msgspec.Struct, frozen=True, kw_only=True):
    """What a fan's wallet knows of some tickets (`seeds`, in hex), and a pairing code for each of some phones."""

    event: str
    title: str
    salt: str
    steps: int
    starts_ms: int
    seeds: tuple[str, ...]
    pairing_codes: tuple[str, ...]

    def codes(self, first: int, count: int) -> list[str]:
        """What the wallets of these tickets show now: `count` of them, from the one with the number `first`."""
        chain = live_code.Chain(salt=bytes.fromhex(self.salt), steps=self.steps)
        step = self.step()
        seeds = map(bytes.fromhex, self.seeds[first : first + count])
        return [live_code.code_at(chain=chain, seed=seed, step=step) for seed in seeds]

    def step(self) -> int:
        """The step in force: how many links a phone walks."""
        return live_code.step_at(window_starts_ms=self.starts_ms, at_ms=int(time.time() * 1000))


def big_show(
    product: Product, *, tickets: int, walkable: int, open_for: timedelta, phones: int = 1
) -> BigShow:
    """Make it, its door window open for so long by now; `walkable` of its tickets have codes."""
    arguments = f"tickets={tickets}, walkable={walkable}, open_s={open_for.total_seconds()}, phones={phones}"
    told = product.manage("shell", "-v", "0", "-c", f"from tests import big_show; big_show.make({arguments})")
    return msgspec.json.decode(told.splitlines()[-1], type=BigShow)


def sell_one(product: Product, show: BigShow) -> str:
    """A fan buys a ticket, through the services; the code that the fan's wallet shows now."""
    told = product.manage(
        "shell", "-v", "0", "-c", f"from tests import big_show; big_show.sell('{show.event}')"
    )
    return told.splitlines()[-1]


def make(*, tickets: int, walkable: int, open_s: float, phones: int) -> None:
    """In the product's own process: `big_show`, printed."""
    now = utc_now()
    event = _event(tickets, window_opened_at=now - timedelta(seconds=open_s))
    fan = a_user(email=f"{secrets.token_hex(4)}@example.org")
    walked = _walkable(event, _order(event, fan, now), walkable)
    _put_the_rest(walked[0], tickets - walkable)
    TicketType.objects.filter(event=event).update(sold=tickets)
    show = BigShow(
        event=str(event.pk),
        title=event.title,
        salt=event.chain.salt.hex(),
        steps=event.chain.steps,
        starts_ms=event.window_starts_ms,
        seeds=tuple(_seed(ticket).hex() for ticket in walked),
        pairing_codes=tuple(pairing.new_code(event_id=event.pk, by=fan, now=now).code for _ in range(phones)),
    )
    print(msgspec.json.encode(show).decode())


def sell(event_id: str) -> None:
    """In the product's own process: `sell_one`, printed."""
    from tests.factories import a_paid_order, codes_of  # noqa: PLC0415

    now = utc_now()
    event = Event.objects.get(pk=event_id)
    order = a_paid_order(event, email=f"{secrets.token_hex(4)}@example.org", now=now)
    print(codes_of(order, at=now)[0])


_PER_ORDER = 4


def _event(tickets: int, *, window_opened_at: datetime) -> Event:
    name = f"big-{secrets.token_hex(4)}"
    venue = Venue.objects.create(
        name="The Big Hall",
        slug=name,
        city="Seattle",
        time_zone="America/Los_Angeles",
        currency="USD",
        stripe_account_id=f"acct_{name}",
        onboarding_complete=True,
    )
    doors_at = (window_opened_at + timedelta(hours=1)).replace(microsecond=0)
    event = events.create(
        venue=venue,
        artists=(),
        title="The Midnight Owls",
        slug=name,
        doors_at=doors_at,
        starts_at=doors_at + timedelta(hours=1),
        ends_at=doors_at + timedelta(hours=8),
        capacity=2 * tickets,
        ticket_types=(NewTicketType(name="General admission", price=2_000, allocation=tickets + 100),),
    )
    assert isinstance(event, Event), event
    events.set_status(event_id=event.pk, status=EventStatus.ON_SALE, now=utc_now())
    return event


def _walkable(event: Event, order: Order, count: int) -> list[Ticket]:
    """Tickets with real chains, all of one large order."""
    order.save()
    kind = event.ticket_types.get()
    tickets = [
        Ticket(event=event, user=order.purchaser, order=order, ticket_type=kind, number=number)
        for number in range(1, count + 1)
    ]
    for ticket in tickets:
        ticket.qr_hash = live_code.qr_hash_of(chain=event.chain, seed=_seed(ticket))
        ticket.anchor = live_code.anchor_of(ticket.qr_hash)
    return Ticket.objects.bulk_create(tickets)


def _put_the_rest(like: Ticket, count: int) -> None:
    """Tickets whose seeds nobody knows, four to an order: a chain's end looks like any other 32 bytes."""
    orders = [uuid4() for _ in range(-(-count // _PER_ORDER))]
    _copy(
        like.order,
        ({"id": pk, "order_id": order_id.new(), "token": secrets.token_urlsafe(32)} for pk in orders),
    )
    ends = (secrets.token_bytes(32) for _ in range(count))
    _copy(
        like,
        (
            {
                "id": uuid4(),
                "order": orders[index // _PER_ORDER],
                "number": 1 + index % _PER_ORDER,
                "qr_hash": end.hex(),
                "anchor": end[: live_code.VALUE_BYTES],
            }
            for index, end in enumerate(ends)
        ),
    )


def _copy(row: Model, changes: Iterable[Mapping[str, Any]]) -> None:
    """Put rows in that are like this one but for these values: bulk_create would take ten times as long."""
    fields = row._meta.concrete_fields  # Django's documented name
    same = {field.name: field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields}
    by_name = {field.name: field for field in fields}
    rows = [
        {**same, **{name: by_name[name].get_db_prep_save(new, connection) for name, new in change.items()}}
        for change in changes
    ]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f'INSERT INTO "{row._meta.db_table}" ({columns}) VALUES ({places})',  # noqa: S608
            [tuple(one.values()) for one in rows],
        )


def _order(event: Event, fan: User, now: datetime) -> Order:
    return Order(
        event=event,
        purchaser=fan,
        status=OrderStatus.PAID,
        base=2_000 * _PER_ORDER,
        fee=0,
        total=2_000 * _PER_ORDER,
        currency="USD",
        hold_expires_at=now,
        session_expires_at=now,
        created_at=now,
        paid_at=now,
        confirmation_sent_at=now,
    )


def _seed(ticket: Ticket) -> bytes:
    return live_code.seed_of(
        user_secret=bytes(ticket.user.secret), event_id=ticket.event_id, ticket_id=ticket.pk, transfer_no=0
    )
