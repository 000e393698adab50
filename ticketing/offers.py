"""What a show offers at this moment: whether it sells, its ticket types and what they cost, read in one query.

Every sale begins with this read, so it is written in SQL by hand: through the ORM the same rows take more of the
processor than all the rest of a hold. The text is the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ticketing import money, prepared
from ticketing.domain_events import EventStatus
from ticketing.models import ChargeMode, PlatformFees


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeOffer:
    """A ticket type: what one costs and who gets it, when it sells, and how many an order may have."""

    split: money.Split
    sales_open_at: datetime | None
    sales_close_at: datetime | None
    per_order_limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A show as a sale finds it. `per_fan_limit` is None where one email may hold any number."""

    event_id: UUID
    status: EventStatus
    ends_at: datetime
    per_fan_limit: int | None
    venue_ready: bool
    currency: str
    charge_mode: ChargeMode
    stripe_account_id: str
    types: Mapping[UUID, TypeOffer]


def read(event_id: UUID) -> Offer | None:
    """What the show offers; None when there is no such show. Nothing is locked."""
    rows = [_Row(*row) for row in prepared.rows_of(_SQL, {"event": prepared.key(event_id)})]
    return _offer(event_id, rows) if rows else None


_SQL = """
SELECT e.status, e.ends_at, e.per_fan_limit,
       v.onboarding_complete, v.currency, v.charge_mode, v.stripe_account_id,
       v.fee_fixed, v.fee_basis_points, v.fee_minimum, v.fee_maximum,
       p.fixed, p.basis_points, p.minimum, p.maximum,
       t.id, t.price, t.sales_open_at, t.sales_close_at, t.per_order_limit
FROM cdm_events e
JOIN cdm_venues v ON v.id = e.venue_id
LEFT JOIN cdm_platform_fees p ON p.id = 1
LEFT JOIN cdm_ticket_types t ON t.event_id = e.id
WHERE e.id = %(event)s
"""


class _Row(NamedTuple):
    """One row a ticket type, in the order of the SELECT; a show without types has one row without a type."""

    status: str
    ends_at: datetime
    per_fan_limit: int | None
    venue_ready: bool
    currency: str
    charge_mode: str
    stripe_account_id: str | None
    own_fixed: int | None
    own_basis_points: int | None
    own_minimum: int | None
    own_maximum: int | None
    fixed: int | None
    basis_points: int | None
    minimum: int | None
    maximum: int | None
    type_id: Any
    price: int
    sales_open_at: datetime | None
    sales_close_at: datetime | None
    per_order_limit: int


def _offer(event_id: UUID, rows: list[_Row]) -> Offer:
    first = rows[0]
    policy = _policy(first)
    ends_at = prepared.utc(first.ends_at)
    assert ends_at is not None
    return Offer(
        event_id=event_id,
        status=EventStatus(first.status),
        ends_at=ends_at,
        per_fan_limit=first.per_fan_limit,
        venue_ready=bool(first.venue_ready),
        currency=first.currency,
        charge_mode=ChargeMode(first.charge_mode),
        stripe_account_id=first.stripe_account_id or "",
        types={prepared.uuid(row.type_id): _type(row, policy) for row in rows if row.type_id is not None},
    )


def _type(row: _Row, policy: money.FeePolicy) -> TypeOffer:
    return TypeOffer(
        split=money.split_of(price=row.price, currency=row.currency, policy=policy),
        sales_open_at=prepared.utc(row.sales_open_at),
        sales_close_at=prepared.utc(row.sales_close_at),
        per_order_limit=row.per_order_limit,
    )


def _policy(row: _Row) -> money.FeePolicy:
    """What `Venue.fee_policy` says, from this query's columns."""
    own = money.FeeOverride(
        fixed=row.own_fixed,
        basis_points=row.own_basis_points,
        minimum=row.own_minimum,
        maximum=row.own_maximum,
    )
    return own.over(_default(row))


def _default(row: _Row) -> money.FeePolicy:
    if row.fixed is None or row.basis_points is None or row.minimum is None:
        return PlatformFees().policy
    return money.FeePolicy(
        fixed=row.fixed, basis_points=row.basis_points, minimum=row.minimum, maximum=row.maximum
    )
