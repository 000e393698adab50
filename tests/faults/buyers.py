"""What the processes of test_overselling do: buy from several threads at once, and pay for some of it."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import connection

from tests.factories import NOW
from ticketing import holds, inventory, log, sales
from ticketing.inventory import Seats
from ticketing.models import TicketType
from ticketing.sales import Held

THREADS = 3
GUARD = "AND t.held + t.sold + asked.quantity <= t.allocation"


@dataclass(frozen=True, slots=True)
class Tally:
    """What one thread got: seats by ticket type, refusals by code, and whatever else came instead of an answer."""

    seats: Counter[UUID]
    refusals: Counter[str]
    errors: tuple[str, ...]


def buy(
    *, event_id: UUID, wanted: list[tuple[Seats, ...]], without_guard: bool = False, without_net: bool = False
) -> list[Tally]:
    """Every thread asks for all that is wanted, each time as another fan, and pays for every second hold."""
    log._announcers.clear()  # nobody listens in this process
    if without_guard:
        _forget_the_guard()
    start = threading.Barrier(THREADS)

    def run(_number: int) -> Tally:
        try:
            if without_net and connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute("PRAGMA ignore_check_constraints = ON")
            start.wait(30)
            return _buy(event_id, wanted)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def _buy(event_id: UUID, wanted: list[tuple[Seats, ...]]) -> Tally:
    seats, refusals, errors = Counter[UUID](), Counter[str](), []
    for number, basket in enumerate(wanted):
        try:
            outcome = sales.place_hold(
                event_id=event_id, seats=basket, email=f"{uuid4().hex}@example.org", now=NOW
            )
            if not isinstance(outcome, Held):
                refusals[outcome.code.value] += 1
                continue
            seats.update({piece.ticket_type_id: piece.quantity for piece in basket})
            if number % 2:
                sales.fulfil(order_pk=outcome.order.pk, payment_intent_id=f"pi_{uuid4().hex}", now=NOW)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is no answer to a fan: the test reads it
            errors.append(f"{type(error).__name__}: {error}")
    return Tally(seats, refusals, tuple(errors))


def _forget_the_guard() -> None:
    """The planted bug, in this process only: seats are claimed whether there are any or not."""
    assert GUARD in holds.STATEMENT
    holds.STATEMENT = holds.STATEMENT.replace(GUARD, "")
    inventory._free = lambda piece: TicketType.objects.filter(pk=piece.ticket_type_id)
