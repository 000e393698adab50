"""Tables for spreadsheets: UTF-8 with its mark, CRLF, and no cell that a spreadsheet would run. Amounts come twice, as
whole minor units and as a decimal number."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from dashboards.payment_reads import PayoutShown
from ticketing import money
from ticketing.statements import Amounts, Statement

_RUNS = ("=", "+", "-", "@", "\t", "\r")
_AMOUNTS = ("sales", "fees", "refunds", "fees_returned", "disputes", "stripe_fees", "net")
Cell = str | int
Row = Sequence[Cell]


def response(name: str, rows: Iterable[Row]) -> HttpResponse:
    """The table as a download."""
    answer = HttpResponse(text_of(rows).encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def text_of(rows: Iterable[Row]) -> str:
    """The table as text. What people named is never a formula; numbers stay numbers."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def settlement(statement: Statement) -> Iterable[Row]:
    """A show's settlement: a row for each kind of ticket, rows for what belongs to none, and the total."""
    yield [
        "kind",
        "name",
        "currency",
        "tickets_sold",
        "tickets_refunded",
        *(f"{name}{form}" for name in _AMOUNTS for form in ("_minor", "")),
    ]
    currency = statement.currency
    for line in statement.lines:
        counted = (line.sold, line.refunded)
        yield ["ticket_type", line.name, currency, *counted, *_both(line.amounts, currency)]
    for name, amounts in (("unallocated_refunds", statement.unallocated), ("late_payments", statement.late)):
        if amounts.moved:
            yield [name, "", currency, "", "", *_both(amounts, currency)]
    yield ["total", "", currency, statement.sold, statement.refunded, *_both(statement.total, currency)]


def payouts(found: Iterable[PayoutShown]) -> Iterable[Row]:
    """What went to the bank: a row for each payout of the venue's account."""
    yield ["payout", "arrives_on", "state", "currency", "amount_minor", "amount"]
    for payout in found:
        amount = money.plain(payout.amount, payout.currency)
        on = f"{payout.arrives_at:%Y-%m-%d}"
        yield [payout.id, on, payout.state.text, payout.currency, payout.amount, _Number(amount)]


class _Number(str):
    """A decimal of ours: it may begin with a minus."""

    __slots__ = ()


def _both(amounts: Amounts, currency: str) -> Iterable[Cell]:
    for name in _AMOUNTS:
        amount: int = getattr(amounts, name)
        yield amount
        yield _Number(money.plain(amount, currency))


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, str) and not isinstance(cell, _Number) and cell.startswith(_RUNS):
        return f"'{cell}"
    return cell
