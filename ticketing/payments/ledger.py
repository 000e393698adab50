"""The ledger's bookings: each movement of money once, as what it did to each party.

Amounts are what the design says must have happened; `reconciliation` compares them with what Stripe says did. A second
booking of the same movement (another delivery of the same news) changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db.models import Sum

from ticketing.models import ChargeMode, LedgerEntry, LedgerKind, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What one movement did, in minor units: positive is received. The parts sum to zero."""

    fan: int = 0
    venue: int = 0
    platform: int = 0
    stripe: int = 0

    def __post_init__(self) -> None:
        if self.fan + self.venue + self.platform + self.stripe:
            raise ValueError("a movement of money sums to zero")


class Priced(Protocol):
    """What a fan pays, and who gets it: an order, or what stands for one."""

    @property
    def base(self) -> int: ...
    @property
    def fee(self) -> int: ...
    @property
    def total(self) -> int: ...


def charged(order: Priced) -> Movement:
    """A sale: the fan pays, the venue gets its base, NGN its fee."""
    return Movement(fan=-order.total, venue=order.base, platform=order.fee)


def processed(order: Order, fee: int) -> Movement:
    """Stripe's own fee, on a sale or a dispute: whose the charge is, bears it."""
    return Movement(venue=-fee, stripe=fee) if _is_venues(order) else Movement(platform=-fee, stripe=fee)


def refunded(*, base: int, fee: int) -> Movement:
    """A refund: each gives back its own part."""
    return Movement(fan=base + fee, venue=-base, platform=-fee)


def returned(order: Order, total: int) -> Movement:
    """A refund that the fan's bank sent back: it rests where the charge is, and is owed to the fan."""
    return negated(disputed(order, total))


def disputed(order: Order, amount: int) -> Movement:
    """The bank took the money back: from the platform, whatever the venue got; of a direct charge from the venue."""
    return (
        Movement(fan=amount, venue=-amount) if _is_venues(order) else Movement(fan=amount, platform=-amount)
    )


def taken_from_venue(base: int) -> Movement:
    """The venue's share of a disputed sale, reversed to the platform."""
    return Movement(venue=-base, platform=base)


def negated(movement: Movement) -> Movement:
    """The same backwards: a dispute won, a share repaid."""
    return Movement(
        fan=-movement.fan, venue=-movement.venue, platform=-movement.platform, stripe=-movement.stripe
    )


def book(*, order: Order, kind: LedgerKind, stripe_id: str, movement: Movement, at: datetime) -> bool:
    """Write one movement, keyed by the object of Stripe's that made it; False when it is there already."""
    _, created = LedgerEntry.objects.get_or_create(
        kind=kind,
        stripe_id=stripe_id,
        defaults={"order": order, "currency": order.currency, "at": at, **_parts(movement)},
    )
    return created


def entry(
    *, order_pk: UUID, currency: str, kind: LedgerKind, stripe_id: str, movement: Movement, at: datetime
) -> LedgerEntry:
    """One movement as a row that is not there yet, for whoever writes it along with others."""
    return LedgerEntry(
        order_id=order_pk, currency=currency, kind=kind, stripe_id=stripe_id, at=at, **_parts(movement)
    )


def _parts(movement: Movement) -> dict[str, int]:
    return {name: getattr(movement, name) for name in ("fan", "venue", "platform", "stripe")}


def _is_venues(order: Order) -> bool:
    """A direct charge is the venue's, and so is all that becomes of it."""
    return order.charge_mode == ChargeMode.DIRECT


def balance_of(order: Order, *, kind: LedgerKind | None = None) -> Movement:
    """What the order's movements, or those of one kind, come to for each party."""
    names = ("fan", "venue", "platform", "stripe")
    rows = LedgerEntry.objects.filter(order=order)
    if kind is not None:
        rows = rows.filter(kind=kind)
    return Movement(**rows.aggregate(**{name: Sum(name, default=0) for name in names}))
