"""Fresh snapshots from the rows, each with the `seq` that it stands at."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum

from realtime import projections, translate
from realtime import protocol as p
from ticketing import door_policy, late_sale, live_code, log, order_id
from ticketing.admission import TicketStatus
from ticketing.clock import millis, millis_or_none
from ticketing.domain_events import EventStatus, UnknownOrders
from ticketing.models import DISPUTE_KINDS, Event, LedgerEntry, LedgerKind, Order, Ticket

Read = TypeVar("Read")
_OPTIMISTIC_READS = 8
_STATUS_BYTES = {
    TicketStatus.ACTIVE: 0,
    TicketStatus.REDEEMED: 1,
    TicketStatus.REFUNDED: 2,
    TicketStatus.VOID: 3,
}
_NO_DOOR = 255
_DAY_S = 86_400


class Stamped(msgspec.Struct, Generic[Read], frozen=True, kw_only=True):
    """A read and the place in the log at which it is true."""

    epoch: str
    seq: int
    value: Read


def sales(event_id: UUID) -> Stamped[p.SalesSnapshot]:
    """The venue's page."""
    return _stamped(event_id, lambda head: _sales(event_id, head))


def door(event_id: UUID) -> Stamped[p.DoorSnapshot]:
    """The manifest."""
    return _stamped(event_id, lambda _head: _door(event_id))


def counts(event_id: UUID) -> Stamped[projections.Counts]:
    """The show's seats."""
    return _stamped(event_id, lambda _head: _counts(event_id))


def _stamped(event_id: UUID, read: Callable[[log.Head], Read]) -> Stamped[Read]:
    """Read rows between two looks at the log. Every change of a show is in its log, so the same `seq` before and
    after means that the rows are of that moment. It works alike on every database and locks nobody out, but for a
    show that changed during every one of several reads: then its writers wait for one read."""
    head = log.head(event_id)
    for _ in range(_OPTIMISTIC_READS):
        if head is None:
            raise Event.DoesNotExist
        value = read(head)
        after = log.head(event_id)
        if after == head:
            return Stamped(epoch=head.epoch, seq=head.seq, value=value)
        head = after
    with transaction.atomic():
        head = log.take(event_id)
        return Stamped(epoch=head.epoch, seq=head.seq, value=read(head))


def _counts(event_id: UUID) -> projections.Counts:
    event = Event.objects.get(pk=event_id)
    return projections.Counts(
        status=EventStatus(event.status),
        types=_type_counts(event),
        sold_out_at=millis_or_none(event.sold_out_at),
    )


def _type_counts(event: Event) -> tuple[p.TypeCount, ...]:
    return tuple(
        p.TypeCount(
            id=str(kind.pk),
            name=kind.name,
            price=kind.price,
            allocation=kind.allocation,
            held=kind.held,
            sold=kind.sold,
        )
        for kind in event.ticket_types.all()
    )


def _sales(event_id: UUID, head: log.Head) -> p.SalesSnapshot:
    event = Event.objects.select_related("venue").get(pk=event_id)
    paid = Order.objects.filter(event=event, paid_at__isnull=False)
    money = _sums(paid)
    moved = _moved(event_id)
    return p.SalesSnapshot(
        status=EventStatus(event.status),
        currency=event.venue.currency,
        types=_type_counts(event),
        base=money.base,
        fee=money.fee,
        total=money.total,
        refunded=_refunded(moved),
        disputed=-sum(moved[kind].venue for kind in DISPUTE_KINDS),
        entered=Ticket.objects.filter(event=event, redeemed_at__isnull=False).count(),
        sold_out_at=millis_or_none(event.sold_out_at),
        sales=tuple(
            projections.feed_sale(seq, fact) for seq, fact in _feed(head, event_id, p.SaleMade, "order_paid")
        ),
        entries=_entries(head, event_id),
        double_scans=tuple(
            projections.feed_double_scan(seq, fact)
            for seq, fact in _feed(head, event_id, p.DoubleScan, "double_scan_detected")
        ),
        doubts=tuple(
            projections.feed_doubt(seq, fact)
            for seq, fact in _feed(head, event_id, p.AdmissionDoubted, "admission_doubted")
        ),
        refunds=_refunds(head, event_id),
        disputes=tuple(
            projections.feed_dispute(seq, fact)
            for seq, fact in _feed(head, event_id, p.DisputeMoved, "dispute_changed")
        ),
    )


def _entries(head: log.Head, event_id: UUID) -> tuple[p.FeedEntry, ...]:
    """Three kinds of entry in one feed: the newest of all together."""
    came = _feed(head, event_id, p.FanEntered, "ticket_redeemed")
    undone = _feed(head, event_id, p.EntryUndone, "ticket_undone")
    moved = _feed(head, event_id, p.AdmissionMoved, "redemption_moved")
    lines = [projections.feed_entry(seq, fact) for seq, fact in came]
    lines += [projections.feed_entry(seq, fact) for seq, fact in undone]
    lines += [projections.feed_entry(seq, fact) for seq, fact in moved]
    return tuple(sorted(lines, key=lambda line: -line.seq)[: p.FEED_LENGTH])


def _refunds(head: log.Head, event_id: UUID) -> tuple[p.FeedRefund, ...]:
    """Two kinds of entry in one feed: the newest of both together."""
    sent = _feed(head, event_id, p.RefundSent, "refund_made")
    returned = _feed(head, event_id, p.RefundReturned, "refund_failed")
    lines = [projections.feed_refund(seq, fact) for seq, fact in sent]
    lines += [projections.feed_refund(seq, fact) for seq, fact in returned]
    return tuple(sorted(lines, key=lambda line: -line.seq)[: p.FEED_LENGTH])


class _Moved(NamedTuple):
    """What the ledger's movements of one kind brought the venue and NGN."""

    venue: int = 0
    platform: int = 0


def _moved(event_id: UUID) -> Mapping[str, _Moved]:
    """The ledger of the show's sales, by kind: the settlement's own source, so the page agrees with it."""
    entries = LedgerEntry.objects.filter(order__event_id=event_id, order__paid_at__isnull=False)
    by_kind = entries.values_list("kind").annotate(Sum("venue"), Sum("platform")).order_by()
    return defaultdict(_Moved, {kind: _Moved(venue, platform) for kind, venue, platform in by_kind})


def _refunded(moved: Mapping[str, _Moved]) -> p.Sums:
    """What refunds cost the venue and NGN. What came back from a bank is only the venue's if it rests there."""
    base = -moved[LedgerKind.REFUND].venue - moved[LedgerKind.REFUND_FAILED].venue
    fee = -moved[LedgerKind.REFUND].platform
    return p.Sums(base=base, fee=fee, total=base + fee)


def _sums(rows: QuerySet[Order]) -> p.Sums:
    return p.Sums(
        **rows.aggregate(
            base=Sum("base", default=0), fee=Sum("fee", default=0), total=Sum("total", default=0)
        )
    )


Fact = TypeVar(
    "Fact",
    p.SaleMade,
    p.FanEntered,
    p.EntryUndone,
    p.AdmissionMoved,
    p.AdmissionDoubted,
    p.DoubleScan,
    p.RefundSent,
    p.RefundReturned,
    p.DisputeMoved,
)


def _feed(head: log.Head, event_id: UUID, shape: type[Fact], kind: str) -> list[tuple[int, Fact]]:
    """The newest lines of one feed, out of the log itself: they carry their `seq`."""
    entries = log.latest(event_id=event_id, kind=kind, limit=p.FEED_LENGTH, upto=head.seq)
    facts = ((entry.seq, translate.sales_fact(entry.happened)) for entry in entries)
    return [(seq, fact) for seq, fact in facts if isinstance(fact, shape)]


def _door(event_id: UUID) -> p.DoorSnapshot:
    event = Event.objects.select_related("venue").get(pk=event_id)
    tickets = list(
        Ticket.objects.filter(event=event)
        .order_by("anchor")
        .values_list("anchor", "ticket_type__name", "status", "redeemed_at", "redeemed_door")
    )
    type_names = sorted({row[1] for row in tickets} | {kind.name for kind in event.ticket_types.all()})
    # A byte counts no more doors: whoever came in by a further one came in by an unnamed one.
    door_names = sorted({row[4] for row in tickets if row[4]})[:_NO_DOOR]
    doors = {name: index for index, name in enumerate(door_names)}
    anchors = b"".join(bytes(row[0]) for row in tickets)
    base_s = event.window_starts_ms // 1000 - _DAY_S
    orders = _orders(event_id)
    entered = (0 if row[3] is None else max(1, millis(row[3]) // 1000 - base_s) for row in tickets)
    return p.DoorSnapshot(
        event=p.DoorEvent(
            id=str(event.pk),
            title=event.title,
            venue=event.venue.name,
            time_zone=event.venue.time_zone,
            doors_at=millis(event.doors_at),
        ),
        window=p.DoorWindow(
            epoch=event.door_epoch,
            starts_at=event.window_starts_ms,
            steps=event.chain.steps,
            step_s=live_code.STEP_S,
            guard=live_code.GUARD,
            skew=live_code.SKEW,
            salt=_base64(event.chain.salt),
        ),
        count=len(tickets),
        checksum=hashlib.sha256(anchors).hexdigest(),
        type_names=tuple(type_names),
        door_names=tuple(door_names),
        anchors=_base64(anchors),
        types=_base64(bytes(type_names.index(row[1]) for row in tickets)),
        statuses=_base64(bytes(_STATUS_BYTES[TicketStatus(row[2])] for row in tickets)),
        entered_at=_base64(b"".join(seconds.to_bytes(4, "big") for seconds in entered)),
        doors=_base64(bytes(doors.get(row[4], _NO_DOOR) for row in tickets)),
        orders=_base64(b"".join(orders)),
        order_admits=_base64(bytes(min(admits, 255) for admits in orders.values())),
        public_key=_base64(late_sale.public_key_of(bytes(event.late_sale_key))),
        unknown_orders=UnknownOrders(event.unknown_orders),
        supervisor_check=door_policy.check_of(event),
    )


def _orders(event_id: UUID) -> dict[bytes, int]:
    """How doors know each order, sorted, and how many people it lets in."""
    is_open = Q(status__in=(TicketStatus.ACTIVE, TicketStatus.REDEEMED))
    counted = Ticket.objects.filter(event=event_id).values_list("order__order_id")
    return dict(
        sorted(
            (order_id.hash_of(event_id=event_id, order_id=told), admits)
            for told, admits in counted.annotate(admits=Count("pk", filter=is_open)).order_by()
        )
    )


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
