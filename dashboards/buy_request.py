"""The buy form, read: what a browser sent as a typed wish, or the problem by name. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from ticketing.inventory import Seats
from ticketing.sales import SaleRefusal

FIELD = "quantity_"
_COUNT = re.compile(r"\d{1,3}", re.ASCII)


class FormProblem(StrEnum):
    """What no browser of ours sends."""

    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyRequest:
    """Which seats, and where the tickets go."""

    seats: tuple[Seats, ...]
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A refusal as the page tells it: its name, its HTTP status, its sentence, and the field it belongs to."""

    code: SaleRefusal | FormProblem
    status: int
    text: str
    field: str = ""


def read(form: Mapping[str, str]) -> BuyRequest | FormProblem:
    """Read the form's fields; a quantity that is left empty is none."""
    seats: list[Seats] = []
    for name, typed in form.items():
        if not name.startswith(FIELD):
            continue
        piece = _seats(name.removeprefix(FIELD), typed.strip() or "0")
        if piece is None:
            return FormProblem.MALFORMED
        seats.append(piece)
    # Whether the address is one, the sale judges: then there is one sentence for it, beside its field.
    return BuyRequest(seats=tuple(seats), email=form.get("email", "").strip())


def _seats(ticket_type: str, typed: str) -> Seats | None:
    if not _COUNT.fullmatch(typed):
        return None
    try:
        ticket_type_id = UUID(ticket_type)
    except ValueError:
        return None
    # Python reads a UUID in several spellings; two spellings of one type would be two claims on it.
    canonical = str(ticket_type_id) == ticket_type
    return Seats(ticket_type_id=ticket_type_id, quantity=int(typed)) if canonical else None


def problem_of(code: SaleRefusal | FormProblem) -> Problem:
    """How the page tells a refusal."""
    status, text, field = _PROBLEMS[code]
    return Problem(code=code, status=status, text=text, field=field)


_PROBLEMS: dict[SaleRefusal | FormProblem, tuple[int, str, str]] = {
    FormProblem.MALFORMED: (422, "Please choose a whole number of tickets.", "quantity"),
    SaleRefusal.EVENT_UNKNOWN: (404, "This show is not here any more.", ""),
    SaleRefusal.NOT_ON_SALE: (409, "This show is not on sale at the moment.", ""),
    SaleRefusal.VENUE_NOT_READY: (
        409,
        "The venue cannot take payments yet. Please come back a little later.",
        "",
    ),
    SaleRefusal.CURRENCY_UNSUPPORTED: (409, "This show is priced in a currency that we do not sell in.", ""),
    SaleRefusal.TYPE_UNKNOWN: (
        422,
        "One of these tickets belongs to another show. Please choose again.",
        "quantity",
    ),
    SaleRefusal.TYPE_NOT_ON_SALE: (409, "This kind of ticket is not on sale at the moment.", "quantity"),
    SaleRefusal.NOTHING_CHOSEN: (422, "Choose at least one ticket.", "quantity"),
    SaleRefusal.OVER_LIMIT: (
        422,
        "That is more than one person may have. The limit per order stands beside each kind of ticket.",
        "quantity",
    ),
    SaleRefusal.OVER_FAN_LIMIT: (
        422,
        "This show limits how many tickets one email may have, and with these it would have more.",
        "quantity",
    ),
    SaleRefusal.NOT_ENOUGH_LEFT: (409, "Somebody was faster: so many are not left any more.", "quantity"),
    SaleRefusal.EMAIL_INVALID: (422, "We need an email address that works: your tickets go there.", "email"),
    SaleRefusal.PAYMENT_UNAVAILABLE: (
        503,
        "The payment service does not answer right now. Nothing was charged; please try again in a minute.",
        "",
    ),
    SaleRefusal.PAYMENT_REFUSED: (409, "The payment service refused this order. Nothing was charged.", ""),
}
