"""What a client of the bench `holds` does, in its own process."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Sum

from tests.benchmarks import stock_holds
from tests.factories import NOW, a_show, a_venue, seats_of
from ticketing import log, sales
from ticketing.events import NewTicketType
from ticketing.inventory import Seats
from ticketing.models import Event, LogEntry, OrderLine, TicketType
from ticketing.sales import Held, SaleRefused

_Place = Callable[..., Held | SaleRefused]
WAYS: dict[str, _Place] = {"one statement": sales.place_hold, "stock ORM": stock_holds.place_hold}
MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Show:
    """A show to buy at, as it travels between processes."""

    event_id: UUID
    seats: tuple[Seats, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What one client did: the milliseconds of each hold, the refusals, and its processor's seconds."""

    took_ms: list[float]
    refused: int
    processor_s: float


@dataclass(frozen=True, slots=True)
class Books:
    """What the database says about a show: every number is counted from other rows."""

    allocation: int
    held: int
    ordered: int
    logged: int

    @property
    def oversold(self) -> int:
        """Seats beyond the allocation, by whichever count is worst."""
        return max(0, max(self.held, self.ordered) - self.allocation)


def make_shows(*, number: int, allocation: int, doors_at: datetime = NOW) -> list[Show]:
    """Put so many shows on sale, each with one ticket type of `allocation` seats."""
    shows = []
    for _ in range(number):
        kind = NewTicketType(name="GA", price=2_000, allocation=1)
        event = a_show(venue=a_venue(), types=(kind,), doors_at=doors_at)
        TicketType.objects.filter(event=event).update(allocation=allocation)
        Event.objects.filter(pk=event.pk).update(capacity=allocation)
        shows.append(Show(event.pk, seats_of(event)))
    return shows


def hush() -> None:
    """The doorbell rings after COMMIT, and is the bench `gateway`'s to measure; here nobody listens."""
    log._announcers.clear()


def hold_for(*, way: str, shows: list[Show], seconds: float, starts_at: float) -> Done:
    """Buy at one show after the other, every time as a new fan, from `starts_at` (monotonic) on for `seconds`."""
    hush()
    time.sleep(max(0.0, starts_at - time.monotonic()))
    processor = time.process_time()
    took, refused = _buy_until(WAYS[way], shows, starts_at + seconds)
    return Done(took, refused, time.process_time() - processor)


def hold_in_threads(*, threads: int, shows: list[Show], seconds: float) -> list[Done]:
    """The same from several threads of this one process; each one's own holds."""
    hush()
    ends_at = time.monotonic() + seconds

    def buy(_number: int) -> Done:
        try:
            return Done(*_buy_until(sales.place_hold, shows, ends_at), processor_s=0.0)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(buy, range(threads)))


def hold_until_gone(*, show: Show) -> Done:
    """Buy until the show refuses."""
    hush()
    took: list[float] = []
    while True:
        began = time.perf_counter()
        if not _buys(sales.place_hold, show):
            return Done(took, 1, 0.0)
        took.append((time.perf_counter() - began) * 1_000)


def books_of(*, shows: list[Show]) -> list[Books]:
    """Each show's books."""
    return [_books(show.event_id) for show in shows]


def _books(event_id: UUID) -> Books:
    seats = TicketType.objects.filter(event_id=event_id).aggregate(a=Sum("allocation"), h=Sum("held"))
    ordered = OrderLine.objects.filter(order__event_id=event_id).aggregate(n=Sum("quantity", default=0))["n"]
    logged = LogEntry.objects.filter(event_id=event_id, kind="hold_placed").count()
    return Books(allocation=seats["a"], held=seats["h"], ordered=ordered, logged=logged)


def _buy_until(place: _Place, shows: list[Show], ends_at: float) -> tuple[list[float], int]:
    took: list[float] = []
    refused = 0
    for turn in count(uuid4().int % len(shows)):
        began = time.monotonic()
        if began >= ends_at:
            return took, refused
        refused += not _buys(place, shows[turn % len(shows)])
        took.append((time.monotonic() - began) * 1_000)
    raise AssertionError("counting has no end")


def _buys(place: _Place, show: Show) -> bool:
    email = f"{uuid4().hex}@example.org"
    return isinstance(place(event_id=show.event_id, seats=show.seats, email=email, now=NOW), Held)
