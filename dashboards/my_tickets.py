"""A fan's orders, show by show, the next night first. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ticketing import live_code
from ticketing.wallet import OrderPage


@dataclass(frozen=True, slots=True, kw_only=True)
class MyShow:
    """A show for which somebody has tickets, perhaps from several orders; `is_over` once its codes have ended."""

    orders: tuple[OrderPage, ...]
    is_over: bool

    @property
    def first(self) -> OrderPage:
        """Any of the orders: what it tells of the show, all do."""
        return self.orders[0]

    @property
    def tickets(self) -> int:
        """How many open the door, or did."""
        return sum(order.open_tickets for order in self.orders)


def by_show(orders: Iterable[OrderPage], *, now_ms: int) -> list[MyShow]:
    """One entry a show: those to come soonest first, then those that are over, the latest first."""
    found: dict[str, list[OrderPage]] = {}
    for order in orders:
        found.setdefault(order.event_slug, []).append(order)
    shows = [MyShow(orders=tuple(same), is_over=_ends_ms(same[0]) <= now_ms) for same in found.values()]
    return sorted(shows, key=_nearness)


def _ends_ms(order: OrderPage) -> int:
    return order.window_starts_ms + order.chain.steps * live_code.STEP_S * 1000


def _nearness(show: MyShow) -> tuple[bool, float]:
    doors: datetime = show.first.doors_at
    return show.is_over, -doors.timestamp() if show.is_over else doors.timestamp()
