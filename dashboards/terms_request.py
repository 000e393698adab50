"""The office's forms about a show's tickets, read: amounts and counts, or what is wrong beside the field. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from ticketing import money
from ticketing.events import TermsRefusal

MOST_TICKETS = 1_000_000
HIGHEST_PRICE = 99_999_999
"""Minor units: as much as Stripe takes in one charge."""
MOST_PER_FAN = 1_000
_COUNT = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A ticket type's new price, in minor units, and allocation."""

    price: int
    allocation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is wrong, by field, and what was typed: nothing is lost. `form` says which: a ticket type, or `limit`."""

    form: str
    typed: Mapping[str, str]
    said: Mapping[str, str]


def read_terms(form: Mapping[str, str], *, ticket_type_id: UUID, currency: str) -> Terms | Faults:
    """Read the form of one ticket type."""
    typed = {name: form.get(name, "").strip() for name in ("price", "allocation")}
    price, allocation = money.typed(typed["price"], currency), _count(typed["allocation"])
    said = {}
    if price is None or price > HIGHEST_PRICE:
        said["price"] = f"Write an amount like {money.plain(2_000, currency)}; 0 makes it free."
    if allocation is None or allocation > MOST_TICKETS:
        said["allocation"] = "Write a whole number of tickets."
    if said or price is None or allocation is None:
        return Faults(form=str(ticket_type_id), typed=typed, said=said)
    return Terms(price=price, allocation=allocation)


def read_fan_limit(form: Mapping[str, str]) -> int | Faults | None:
    """Read the limit of tickets for one email; empty is none."""
    typed = form.get("limit", "").strip()
    if not typed:
        return None
    limit = _count(typed)
    if not limit or limit > MOST_PER_FAN:
        said = {"limit": f"Write a whole number from 1 to {MOST_PER_FAN:,}, or leave it empty for no limit."}
        return Faults(form="limit", typed={"limit": typed}, said=said)
    return limit


def confirms(typed: str, title: str) -> bool:
    """Whether somebody typed a show's title, give or take capitals and spaces."""
    return typed.casefold().split() == title.casefold().split()


def refused(
    refusal: TermsRefusal,
    terms: Terms,
    *,
    ticket_type_id: UUID,
    currency: str,
    taken: int,
    room: int,
    lowest: int,
) -> Faults:
    """What the page says where the terms could not be had. `taken` seats are held or sold, `room` is what fits in,
    `lowest` the lowest price, in minor units, that Stripe takes."""
    words = {
        TermsRefusal.TYPE_UNKNOWN: ("allocation", "This kind of ticket is not there any more."),
        TermsRefusal.BELOW_SOLD: ("allocation", f"{taken} are sold or being paid for: it cannot be fewer."),
        TermsRefusal.BEYOND_CAPACITY: (
            "allocation",
            f"The house holds no more: {room} at most for this kind.",
        ),
        TermsRefusal.NOTHING_TO_CHANGE: ("price", "That is what it is already."),
        TermsRefusal.PRICE_TOO_LOW: (
            "price",
            f"Too little for Stripe to charge: {money.plain(lowest, currency)} at least, or 0 for a free ticket.",
        ),
    }
    field, sentence = words[refusal]
    typed = {"price": money.plain(terms.price, currency), "allocation": str(terms.allocation)}
    return Faults(form=str(ticket_type_id), typed=typed, said={field: sentence})


def _count(text: str) -> int | None:
    return int(text) if _COUNT.fullmatch(text) else None
