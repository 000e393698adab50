"""Folding the log: an old snapshot and the entries since make the new one. Pure.

The clients fold in TypeScript (`realtime/client/reducers.ts`, `bouncer_client/src/core/manifest.ts`); the shared cases
are in `tests/vectors/sales_frames.json`, and the suite proves both against fresh snapshots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, assert_never

import msgspec
from msgspec.structs import replace

from realtime import protocol as p
from ticketing import domain_events as e
from ticketing.domain_events import AnyDomainEvent, EventStatus

Change = Callable[[p.TypeCount, int], p.TypeCount]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """A show's seats as of one place in its log: what the state audiences are shown."""

    status: EventStatus
    types: tuple[p.TypeCount, ...]
    sold_out_at: int | None


def counts_after(counts: Counts, happened: AnyDomainEvent) -> Counts:
    """The seats after one more entry."""
    match happened:
        case e.HoldPlaced():
            return replace(counts, types=_changed(counts.types, happened.lines, _hold))
        case e.HoldReleased():
            return replace(counts, types=_changed(counts.types, happened.lines, _release))
        case e.OrderPaid():
            sell = _sell_held if happened.from_hold else _sell_free
            return replace(counts, types=_changed(counts.types, happened.lines, sell))
        case e.EventStatusChanged():
            return replace(counts, status=happened.status)
        case e.RefundMade() | e.DisputeChanged():
            return replace(counts, types=_changed(counts.types, happened.seats, _give_back))
        case e.AllocationChanged():
            terms = {t.ticket_type: (t.allocation, t.price) for t in happened.types}
            return replace(counts, types=_with_terms(counts.types, terms))
        case e.SoldOut():
            return replace(counts, sold_out_at=happened.at)
        case (
            e.TicketRedeemed()
            | e.TicketUndone()
            | e.RedemptionMoved()
            | e.DoubleScanDetected()
            | e.AdmissionDoubted()
            | e.DoorPolicyChanged()
            | e.AllocationThresholdReached()
            | e.TicketsClosed()
            | e.TicketsReopened()
            | e.RefundFailed()
            | e.DisputeMoneyMoved()
        ):
            return counts
        case _:
            assert_never(happened)


def public_state(counts: Counts) -> p.PublicState:
    """What anyone may know: seats that can be bought now."""
    left = tuple(_left(kind) for kind in counts.types)
    return p.PublicState(
        status=counts.status,
        left=sum(kind.left for kind in left),
        sold_out=all(kind.sold_out for kind in left),
        types=left,
    )


def _left(kind: p.TypeCount) -> p.TypeLeft:
    left = kind.allocation - kind.held - kind.sold
    return p.TypeLeft(id=kind.id, left=left, sold_out=kind.sold >= kind.allocation)


def artist_state(counts: Counts) -> p.ArtistState:
    """What the sold-out bar shows."""
    return p.ArtistState(
        status=counts.status,
        allocation=sum(kind.allocation for kind in counts.types),
        sold=sum(kind.sold for kind in counts.types),
        sold_out_at=counts.sold_out_at,
    )


def sales_after(old: p.SalesSnapshot, seq: int, fact: p.SalesFact) -> p.SalesSnapshot:  # noqa: PLR0911  # an arm for each fact
    """The venue's page after one more fact."""
    match fact:
        case p.SaleMade():
            return _after_sale(old, seq, fact)
        case p.SeatsHeld():
            return replace(old, types=_changed(old.types, fact.lines, _hold))
        case p.SeatsReleased():
            return replace(old, types=_changed(old.types, fact.lines, _release))
        case p.FanEntered() | p.EntryUndone() | p.AdmissionMoved() | p.AdmissionDoubted() | p.DoubleScan():
            return _after_door(old, seq, fact)
        case p.RefundSent() | p.RefundReturned() | p.DisputeMoved():
            return _after_money_back(old, seq, fact)
        case p.DisputeMoneyMoved():
            return replace(old, disputed=old.disputed - fact.to_venue)
        case p.TermsChanged():
            terms = {now.id: (now.allocation, now.price) for now in fact.types}
            return replace(old, types=_with_terms(old.types, terms))
        case p.StatusChanged():
            return replace(old, status=fact.status)
        case p.AllocationSoldOut():
            return replace(old, sold_out_at=fact.at)
        case p.ThresholdReached() | p.Nothing():
            return old
        case _:
            assert_never(fact)


def feed_sale(seq: int, fact: p.SaleMade) -> p.FeedSale:
    """A sale as a line of the cha-ching feed."""
    return p.FeedSale(
        seq=seq,
        order_id=fact.order_id,
        lines=fact.lines,
        quantity=fact.quantity,
        base=fact.base,
        fee=fact.fee,
        total=fact.total,
        currency=fact.currency,
        at=fact.at,
    )


def feed_entry(seq: int, fact: p.FanEntered | p.EntryUndone | p.AdmissionMoved) -> p.FeedEntry:
    """An entry, or one taken back or moved, as a line of the door's feed."""
    return p.FeedEntry(
        seq=seq,
        ticket_type=fact.ticket_type,
        at=fact.at,
        door=fact.door,
        undone=isinstance(fact, p.EntryUndone),
        moved=isinstance(fact, p.AdmissionMoved),
    )


def feed_doubt(seq: int, fact: p.AdmissionDoubted) -> p.FeedDoubt:
    """An admission that counts for no ticket, as a line of its feed."""
    return p.FeedDoubt(
        seq=seq,
        why=fact.why,
        at=fact.at,
        door=fact.door,
        count=fact.count,
        ticket_type=fact.ticket_type,
        order_id=fact.order_id,
    )


def feed_double_scan(seq: int, fact: p.DoubleScan) -> p.FeedDoubleScan:
    """A double scan as a line of its feed."""
    return p.FeedDoubleScan(
        seq=seq,
        first_at=fact.first_at,
        first_door=fact.first_door,
        second_at=fact.second_at,
        second_door=fact.second_door,
        admitted=fact.admitted,
    )


def feed_refund(seq: int, fact: p.RefundSent | p.RefundReturned) -> p.FeedRefund:
    """A refund as a line of its feed."""
    return p.FeedRefund(
        seq=seq,
        order_id=fact.order_id,
        base=fact.base,
        fee=fact.fee,
        total=fact.total,
        currency=fact.currency,
        at=fact.at,
        failed=isinstance(fact, p.RefundReturned),
    )


def feed_dispute(seq: int, fact: p.DisputeMoved) -> p.FeedDispute:
    """A dispute's step as a line of its feed."""
    return p.FeedDispute(
        seq=seq,
        dispute=fact.dispute,
        order_id=fact.order_id,
        phase=fact.phase,
        amount=fact.amount,
        currency=fact.currency,
        at=fact.at,
    )


def _after_money_back(
    old: p.SalesSnapshot, seq: int, fact: p.RefundSent | p.RefundReturned | p.DisputeMoved
) -> p.SalesSnapshot:
    match fact:
        case p.RefundSent():
            types = _changed(old.types, fact.seats, _give_back)
            refunded = _more_refunded(old.refunded, fact) if fact.of_sale else old.refunded
            refunds = _newest((feed_refund(seq, fact), *old.refunds))
            return replace(old, types=types, refunded=refunded, refunds=refunds)
        case p.RefundReturned():
            refunded = _come_back(old.refunded, fact) if fact.of_sale else old.refunded
            return replace(old, refunded=refunded, refunds=_newest((feed_refund(seq, fact), *old.refunds)))
        case p.DisputeMoved():
            types = _changed(old.types, fact.seats, _give_back)
            return replace(old, types=types, disputes=_newest((feed_dispute(seq, fact), *old.disputes)))


def _more_refunded(sums: p.Sums, fact: p.RefundSent) -> p.Sums:
    return p.Sums(base=sums.base + fact.base, fee=sums.fee + fact.fee, total=sums.total + fact.total)


def _come_back(sums: p.Sums, fact: p.RefundReturned) -> p.Sums:
    return replace(sums, base=sums.base - fact.to_venue, total=sums.total - fact.to_venue)


def _after_door(
    old: p.SalesSnapshot,
    seq: int,
    fact: p.FanEntered | p.EntryUndone | p.AdmissionMoved | p.AdmissionDoubted | p.DoubleScan,
) -> p.SalesSnapshot:
    match fact:
        case p.DoubleScan():
            return replace(old, double_scans=_newest((feed_double_scan(seq, fact), *old.double_scans)))
        case p.AdmissionDoubted():
            return replace(old, doubts=_newest((feed_doubt(seq, fact), *old.doubts)))
        case p.FanEntered() | p.EntryUndone() | p.AdmissionMoved():
            more = {p.FanEntered: 1, p.EntryUndone: -1, p.AdmissionMoved: 0}[type(fact)]
            entries = _newest((feed_entry(seq, fact), *old.entries))
            return replace(old, entered=old.entered + more, entries=entries)


def _after_sale(old: p.SalesSnapshot, seq: int, fact: p.SaleMade) -> p.SalesSnapshot:
    sell = _sell_held if fact.from_hold else _sell_free
    return replace(
        old,
        types=_changed(old.types, fact.lines, sell),
        base=old.base + fact.base,
        fee=old.fee + fact.fee,
        total=old.total + fact.total,
        sales=_newest((feed_sale(seq, fact), *old.sales)),
    )


Item = TypeVar("Item", p.FeedSale, p.FeedEntry, p.FeedDoubleScan, p.FeedDoubt, p.FeedRefund, p.FeedDispute)


def _newest(feed: tuple[Item, ...]) -> tuple[Item, ...]:
    return feed[: p.FEED_LENGTH]


def _changed(
    types: tuple[p.TypeCount, ...], lines: Iterable[e.Line | e.PaidLine | p.SaleLine], change: Change
) -> tuple[p.TypeCount, ...]:
    by_id = {line.ticket_type: line.quantity for line in lines}
    return tuple(change(kind, by_id[kind.id]) if kind.id in by_id else kind for kind in types)


def _hold(kind: p.TypeCount, quantity: int) -> p.TypeCount:
    return replace(kind, held=kind.held + quantity)


def _release(kind: p.TypeCount, quantity: int) -> p.TypeCount:
    return replace(kind, held=kind.held - quantity)


def _sell_held(kind: p.TypeCount, quantity: int) -> p.TypeCount:
    return replace(kind, held=kind.held - quantity, sold=kind.sold + quantity)


def _give_back(kind: p.TypeCount, quantity: int) -> p.TypeCount:
    return replace(kind, sold=kind.sold - quantity)


def _with_terms(
    types: tuple[p.TypeCount, ...], terms: Mapping[str, tuple[int, int]]
) -> tuple[p.TypeCount, ...]:
    return tuple(
        replace(kind, allocation=terms[kind.id][0], price=terms[kind.id][1]) if kind.id in terms else kind
        for kind in types
    )


def _sell_free(kind: p.TypeCount, quantity: int) -> p.TypeCount:
    return replace(kind, sold=kind.sold + quantity)
