"""Seats: held, sold, left. Each change is one guarded UPDATE, so that no race can sell beyond the allocation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from ticketing.models import TicketType


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """So many seats of one ticket type."""

    ticket_type_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A show's numbers over all its ticket types."""

    allocation: int
    held: int
    sold: int


class NotEnoughLeft(Exception):
    """Fewer seats are left than are asked for; the caller's transaction must not commit."""

    def __init__(self, ticket_type_id: UUID) -> None:
        super().__init__(f"not enough left of ticket type {ticket_type_id}")
        self.ticket_type_id = ticket_type_id


def take(order_pk: UUID) -> None:
    """Lock an order's ticket types. For verbs that tell the log before they move seats: types always come first."""
    types = TicketType.objects.select_for_update(no_key=True, of=("self",)).filter(
        order_lines__order_id=order_pk
    )
    list(types.order_by("pk").values_list("pk", flat=True))


def hold(seats: Iterable[Seats]) -> None:
    """Claim seats. Raises NotEnoughLeft, and then nothing of it may stay."""
    for piece in _in_lock_order(seats):
        if not _free(piece).update(held=F("held") + piece.quantity):
            raise NotEnoughLeft(piece.ticket_type_id)


def release(seats: Iterable[Seats]) -> None:
    """Give claimed seats back."""
    for piece in _in_lock_order(seats):
        _exactly_one(_held(piece).update(held=F("held") - piece.quantity))


def sell_held(seats: Iterable[Seats]) -> None:
    """Turn claimed seats into sold ones."""
    for piece in _in_lock_order(seats):
        sold = F("sold") + piece.quantity
        _exactly_one(_held(piece).update(held=F("held") - piece.quantity, sold=sold))


def give_back(seats: Iterable[Seats]) -> None:
    """Put sold seats back on sale: their money has gone back."""
    for piece in _in_lock_order(seats):
        rows = TicketType.objects.filter(pk=piece.ticket_type_id, sold__gte=piece.quantity)
        _exactly_one(rows.update(sold=F("sold") - piece.quantity))


def sell_free(seats: Iterable[Seats]) -> None:
    """Sell seats that nobody claims: a payment that came after its hold. Raises NotEnoughLeft."""
    for piece in _in_lock_order(seats):
        if not _free(piece).update(sold=F("sold") + piece.quantity):
            raise NotEnoughLeft(piece.ticket_type_id)


def count(event_id: UUID) -> Count:
    """The show's totals at this moment of the transaction."""
    totals = {name: Sum(name, default=0) for name in ("allocation", "held", "sold")}
    return Count(**TicketType.objects.filter(event_id=event_id).aggregate(**totals))


def _in_lock_order(seats: Iterable[Seats]) -> list[Seats]:
    """Rows are always locked in the same order, so that two orders of two types cannot wait for each other."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("seats change only together with the order that claims them")
    return sorted(seats, key=lambda piece: piece.ticket_type_id)


def _held(piece: Seats) -> QuerySet[TicketType]:
    return TicketType.objects.filter(pk=piece.ticket_type_id, held__gte=piece.quantity)


def _free(piece: Seats) -> QuerySet[TicketType]:
    room = F("held") + F("sold") + piece.quantity
    return TicketType.objects.filter(pk=piece.ticket_type_id, allocation__gte=room)


def _exactly_one(changed: int) -> None:
    if changed != 1:
        raise RuntimeError("an order's held seats were not held: its hold has been spent already")
