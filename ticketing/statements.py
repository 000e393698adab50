"""What a show came to, for its venue: sold, refunded, disputed, Stripe's part, and what is left, by ticket type.

Every amount comes out of the ledger, movement by movement, and is then divided among the ticket types that it was for:
so the lines add up to the ledger to the cent, whatever happened to the prices meanwhile.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from ticketing import made_good, money
from ticketing.admission import TicketStatus
from ticketing.models import LedgerEntry, LedgerKind, OrderLine, Refund, Ticket, TicketType


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What happened to the money, in minor units; each part as it is for the venue, or for NGN: positive is received.

    The venue's: `sales`, `refunds`, `disputes`, `stripe_fees`. NGN's: `fees`, `fees_returned`.
    """

    sales: int = 0
    refunds: int = 0
    disputes: int = 0
    stripe_fees: int = 0
    fees: int = 0
    fees_returned: int = 0

    @property
    def moved(self) -> bool:
        """Whether anything happened at all."""
        return self != Amounts()

    @property
    def net(self) -> int:
        """What is left to the venue."""
        return self.sales + self.refunds + self.disputes + self.stripe_fees

    @property
    def paid(self) -> int:
        """What the fans paid."""
        return self.sales + self.fees

    @property
    def returned(self) -> int:
        """What the fans got back by refunds; zero or negative."""
        return self.refunds + self.fees_returned

    @property
    def fees_kept(self) -> int:
        """What NGN keeps of its fees."""
        return self.fees + self.fees_returned

    @property
    def negated(self) -> Amounts:
        """The same backwards."""
        return Amounts(**{field.name: -getattr(self, field.name) for field in fields(Amounts)})

    def plus(self, other: Amounts) -> Amounts:
        """Both together."""
        names = [field.name for field in fields(Amounts)]
        return Amounts(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One kind of ticket: how many were sold, how many of them were refunded since or lost to a bank, and its money."""

    name: str
    sold: int
    refunded: int
    lost: int
    amounts: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A show's settlement in `currency`.

    `unallocated` are refunds made in Stripe's dashboard that name no tickets yet, `late` payments that found no seat
    and went back. `movements` is how many rows of the ledger it was made from. `owed` is what fans' banks sent back and
    nobody has paid another way yet, `made_good` what was: neither is a movement, and neither is in any sum.
    """

    currency: str
    lines: tuple[Line, ...]
    unallocated: Amounts
    late: Amounts
    movements: int
    owed: int
    made_good: int

    @property
    def total(self) -> Amounts:
        """All of it."""
        whole = self.unallocated.plus(self.late)
        for line in self.lines:
            whole = whole.plus(line.amounts)
        return whole

    @property
    def sold(self) -> int:
        """Tickets sold, refunded ones too."""
        return sum(line.sold for line in self.lines)

    @property
    def refunded(self) -> int:
        """Tickets refunded since."""
        return sum(line.refunded for line in self.lines)


def of_show(*, event_id: UUID, currency: str) -> Statement:
    """A show's settlement as of now."""
    entries = list(LedgerEntry.objects.filter(order__event_id=event_id).select_related("order"))
    lines = _lines_by_order(event_id)
    by_refund = _tickets_by_refund(event_id)
    by_type: defaultdict[UUID, Amounts] = defaultdict(Amounts)
    unallocated = late = Amounts()
    for entry in entries:
        amounts = _amounts(entry)
        if entry.order.paid_at is None:
            late = late.plus(amounts)
        elif entry.kind == LedgerKind.REFUND and not by_refund[entry.stripe_id]:
            unallocated = unallocated.plus(amounts)
        else:
            pieces = by_refund[entry.stripe_id] if entry.kind == LedgerKind.REFUND else lines[entry.order_id]
            for kind, part in _divided(amounts, pieces):
                by_type[kind] = by_type[kind].plus(part)
    return Statement(
        currency=currency,
        lines=tuple(_line(kind, by_type[kind.pk]) for kind in _types(event_id)),
        unallocated=unallocated,
        late=late,
        movements=len(entries),
        owed=_sum_of(made_good.owed(), event_id),
        made_good=_sum_of(made_good.made_good(), event_id),
    )


def _sum_of(refunds: QuerySet[Refund], event_id: UUID) -> int:
    total: int = refunds.filter(order__event_id=event_id).aggregate(total=Sum("total", default=0))["total"]
    return total


_Pieces = Mapping[UUID, tuple[int, int]]
"""For each ticket type, the base and the fee that an order, or a refund, has of it: the weights of a division."""


def _amounts(entry: LedgerEntry) -> Amounts:
    match entry.kind:
        case LedgerKind.CHARGE:
            return Amounts(sales=entry.venue, fees=entry.platform)
        case LedgerKind.REFUND:
            return Amounts(refunds=entry.venue, fees_returned=entry.platform)
        case LedgerKind.STRIPE_FEE | LedgerKind.DISPUTE_FEE:
            return Amounts(stripe_fees=entry.venue)
        case LedgerKind.REFUND_FAILED:
            return Amounts(refunds=entry.venue)
        case _:
            return Amounts(disputes=entry.venue)


def _divided(amounts: Amounts, pieces: _Pieces) -> Iterable[tuple[UUID, Amounts]]:
    kinds = list(pieces)
    bases, fees = [pieces[kind][0] for kind in kinds], [pieces[kind][1] for kind in kinds]
    divided = {
        field.name: money.shares(
            getattr(amounts, field.name), fees if field.name in ("fees", "fees_returned") else bases
        )
        for field in fields(Amounts)
    }
    return [
        (kind, Amounts(**{name: parts[at] for name, parts in divided.items()}))
        for at, kind in enumerate(kinds)
    ]


def _lines_by_order(event_id: UUID) -> Mapping[UUID, _Pieces]:
    found: defaultdict[UUID, dict[UUID, tuple[int, int]]] = defaultdict(dict)
    for line in OrderLine.objects.filter(order__event_id=event_id).order_by("ticket_type_id"):
        found[line.order_id][line.ticket_type_id] = (
            line.unit_base * line.quantity,
            line.unit_fee * line.quantity,
        )
    return found


def _tickets_by_refund(event_id: UUID) -> Mapping[str, _Pieces]:
    """By Stripe's id of the refund: its tickets' prices at the moment of sale, added up by type."""
    prices = {
        (line.order_id, line.ticket_type_id): (line.unit_base, line.unit_fee)
        for line in OrderLine.objects.filter(order__event_id=event_id)
    }
    found: defaultdict[str, dict[UUID, tuple[int, int]]] = defaultdict(dict)
    refunds = Refund.objects.filter(order__event_id=event_id).exclude(stripe_refund_id=None)
    for refund in refunds.prefetch_related("tickets__ticket"):
        kinds = Counter(row.ticket.ticket_type_id for row in refund.tickets.all())
        for kind, quantity in sorted(kinds.items()):
            base, fee = prices[refund.order_id, kind]
            found[refund.stripe_refund_id or ""][kind] = (base * quantity, fee * quantity)
    return found


def _types(event_id: UUID) -> Iterable[TicketType]:
    return TicketType.objects.filter(event_id=event_id).order_by("position", "name")


def _line(kind: TicketType, amounts: Amounts) -> Line:
    counted = Ticket.objects.filter(ticket_type=kind).aggregate(
        sold=Count("pk"),
        refunded=Count("pk", filter=Q(status=TicketStatus.REFUNDED)),
        lost=Count("pk", filter=Q(status=TicketStatus.VOID)),
    )
    return Line(name=kind.name, amounts=amounts, **counted)
