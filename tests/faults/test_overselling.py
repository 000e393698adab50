"""Many buyers in several processes, few seats: exactly the seats are sold, and everybody else is told so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F, Sum

from tests.clients import clients, own_database_url
from tests.factories import a_show
from tests.faults import buyers
from tests.faults.buyers import Tally
from ticketing import log
from ticketing.domain_events import HoldPlaced
from ticketing.events import NewTicketType
from ticketing.inventory import Seats
from ticketing.models import Event, OrderLine, TicketType

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

PROCESSES = 5
ALLOCATIONS = {"GA": 23, "VIP": 14}


def few_seats() -> Event:
    kinds = [NewTicketType(name=name, price=2_000, allocation=seats) for name, seats in ALLOCATIONS.items()]
    return a_show(types=tuple(kinds))


def far_too_much(event: Event) -> list[tuple[Seats, ...]]:
    """Baskets of one and of both types, in either order; with 15 buyers some 200 seats of each type."""
    ga, vip = (Seats(ticket_type_id=kind.pk, quantity=1) for kind in event.ticket_types.order_by("name"))
    three = Seats(ticket_type_id=ga.ticket_type_id, quantity=3)
    return [
        (ga, vip),
        (vip, ga),
        (three,),
        (vip,),
        (ga, vip),
        (vip, three),
        (ga,),
        (vip,),
        (ga,),
        (vip,),
        (ga,),
    ]


def rush(event: Event, **planted: bool) -> list[Tally]:
    """Let all buy at once; what each got."""
    call = {"event_id": event.pk, "wanted": far_too_much(event), **planted}
    with clients(PROCESSES, database_url=own_database_url()) as started:
        return list(chain.from_iterable(started.run(buyers.buy, [call] * PROCESSES)))


def complaints(event: Event, tallies: list[Tally]) -> list[str]:
    """Everything that is not as it must be."""
    found = [f"no answer but {error}" for tally in tallies for error in tally.errors]
    codes = sum((tally.refusals for tally in tallies), Counter[str]())
    if set(codes) != {"not_enough_left"}:
        found.append(f"the refusals were {dict(codes)}")
    bought = sum((tally.seats for tally in tallies), Counter[UUID]())
    logged = _logged(event)
    for kind in TicketType.objects.filter(event=event):
        gone = kind.held + kind.sold
        if gone != kind.allocation:
            found.append(f"{gone} seats of {kind.name} are gone, of {kind.allocation}")
        counts = {"told": bought[kind.pk], "ordered": _ordered(kind), "logged": logged[kind.pk]}
        found += [
            f"{n} seats of {kind.name} were {how}, {gone} are gone" for how, n in counts.items() if n != gone
        ]
    return found


def _ordered(kind: TicketType) -> int:
    return int(OrderLine.objects.filter(ticket_type=kind).aggregate(n=Sum("quantity", default=0))["n"])


def _logged(event: Event) -> Counter[UUID]:
    entries = log.read(event_id=event.pk, since=0, limit=10_000)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    placed = [entry.happened for entry in entries if isinstance(entry.happened, HoldPlaced)]
    seats = Counter[UUID]()
    for line in chain.from_iterable(happened.lines for happened in placed):
        seats[UUID(line.ticket_type)] += line.quantity
    return seats


@contextmanager
def no_net_below() -> Iterator[None]:
    """Without the constraint that would stop what a lost guard lets through. On SQLite each buyer lifts it itself."""
    if connection.vendor != "postgresql":
        yield
        return
    name = "never_beyond_allocation"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
        [(definition,)] = cursor.fetchall()
        cursor.execute(f"ALTER TABLE cdm_ticket_types DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        TicketType.objects.update(allocation=F("held") + F("sold"))
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE cdm_ticket_types ADD CONSTRAINT {name} {definition}")


def test_fifteen_buyers_in_five_processes_get_exactly_the_seats_there_are() -> None:
    event = few_seats()

    tallies = rush(event)

    assert complaints(event, tallies) == []


def test_without_the_guard_the_same_check_finds_seats_sold_that_are_not_there() -> None:
    event = few_seats()

    with no_net_below():
        tallies = rush(event, without_guard=True, without_net=True)
        found = complaints(event, tallies)

    assert any("seats of GA are gone, of 23" in complaint for complaint in found), found


def test_without_the_guard_the_database_itself_refuses_what_the_code_lets_through() -> None:
    event = few_seats()

    tallies = rush(event, without_guard=True)

    assert {kind.held + kind.sold <= kind.allocation for kind in event.ticket_types.all()} == {True}
    assert any("never_beyond_allocation" in error for tally in tallies for error in tally.errors)
