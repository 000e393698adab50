"""The refund form, read: which tickets, and whether the amount was seen and meant. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from ticketing import made_good
from ticketing.money import Split


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundAsked:
    """Tickets chosen; `total` is the amount that was confirmed, None while nothing is."""

    tickets: frozenset[UUID]
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a refund would move, in minor units: from the venue, from NGN, to the fan."""

    quantity: int
    base: int
    fee: int
    currency: str

    @property
    def total(self) -> int:
        """What the fan gets."""
        return self.base + self.fee


def read(tickets: Sequence[str], confirmed: str) -> RefundAsked:
    """Read the form's fields. What is no ticket's id names none of ours; `refunds.request` tells."""
    chosen = [_uuid(text) for text in tickets]
    amount = int(confirmed) if confirmed.isascii() and confirmed.isdigit() and len(confirmed) < 12 else None
    return RefundAsked(tickets=frozenset(chosen), total=amount)


def read_note(text: str) -> str | None:
    """How a fan was paid another way, in the owner's words on one line; None where they are missing or too many."""
    note = " ".join(text.replace("\x00", "").split())
    return note if 0 < len(note) <= made_good.LONGEST_NOTE else None


def preview(splits: Iterable[Split], *, return_fee: bool, currency: str) -> Preview:
    """What refunding tickets of these splits moves."""
    each = list(splits)
    return Preview(
        quantity=len(each),
        base=sum(split.base for split in each),
        fee=sum(split.fee for split in each) if return_fee else 0,
        currency=currency,
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
