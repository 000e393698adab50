"""Folding a topic's frames as its clients do: `snapshot + frames == fresh snapshot` is proved with these."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import replace as replace_row
from uuid import UUID

import msgspec
from msgspec.structs import replace

from realtime import projections, snapshots, translate
from realtime import protocol as p
from realtime.projections import Counts
from realtime.snapshots import Stamped
from realtime.topics import Audience, Topic
from ticketing import log
from ticketing.domain_events import PinCheck, UnknownOrders
from ticketing.log import Entry

STATUSES = ("active", "redeemed", "refunded", "void")
DAY_S = 86_400


@dataclass(frozen=True)
class Row:
    """A ticket as a phone's manifest has it; `entered_s` in whole seconds, as the manifest keeps it."""

    ticket_type: str
    status: str = "active"
    entered_s: int | None = None
    door: str | None = None


Manifest = dict[str, Row]


@dataclass(frozen=True)
class Rules:
    """What else a phone's manifest says: how many people each order lets in, and what to do about unknown ones."""

    orders: dict[str, int]
    unknown_orders: UnknownOrders
    supervisor_check: PinCheck | None


@dataclass(frozen=True)
class Everything:
    """All projections of a show at one place of its log."""

    seq: int
    sales: p.SalesSnapshot
    door: Manifest
    rules: Rules
    counts: Counts


def fresh(event_id: UUID) -> Everything:
    """From the rows, as a new subscriber is given it, over the wire's own bytes."""
    sales, door, counts = snapshots.sales(event_id), snapshots.door(event_id), snapshots.counts(event_id)
    assert sales.seq == door.seq == counts.seq
    return Everything(
        sales.seq, _over_the_wire(sales), manifest_of(door.value), rules_of(door.value), counts.value
    )


def after(old: Everything, event_id: UUID) -> Everything:
    """The old one, and every frame since."""
    entries = log.read(event_id=event_id, since=old.seq, limit=100_000)
    return Everything(
        seq=old.seq + len(entries),
        sales=sales_after(old.sales, event_id, entries),
        door=manifest_after(old.door, event_id, entries),
        rules=rules_after(old.rules, event_id, entries),
        counts=counts_after(old.counts, entries),
    )


def sales_after(old: p.SalesSnapshot, event_id: UUID, entries: Iterable[Entry]) -> p.SalesSnapshot:
    for frame in _frames(Audience.SALES, event_id, entries):
        old = projections.sales_after(old, frame.seq, msgspec.convert(frame.fact, type=p.SalesFact))
    return old


def manifest_after(old: Manifest, event_id: UUID, entries: Iterable[Entry]) -> Manifest:
    rows = dict(old)
    for frame in _frames(Audience.DOOR, event_id, entries):
        match frame.fact:
            case p.TicketsIssued(tickets=tickets):
                rows |= {ticket.anchor: Row(ticket.ticket_type) for ticket in tickets}
            case p.TicketEntered() | p.EntryMoved():
                told = frame.fact
                kind = rows[told.anchor].ticket_type
                rows[told.anchor] = Row(kind, told.status.value, told.at // 1000, told.door)
            case p.TicketUndone(anchor=anchor, status=status):
                rows[anchor] = Row(rows[anchor].ticket_type, status.value)
            case p.TicketsChanged(tickets=tickets):
                rows |= {t.anchor: replace_row(rows[t.anchor], status=t.status.value) for t in tickets}
            case p.TicketSeenTwice() | p.EntryDoubted() | p.DoorPolicy() | p.Nothing():
                pass
            case other:
                raise AssertionError(f"no fact for the door: {other}")
    return rows


def rules_after(old: Rules, event_id: UUID, entries: Iterable[Entry]) -> Rules:
    for frame in _frames(Audience.DOOR, event_id, entries):
        match frame.fact:
            case p.TicketsIssued(order=order) | p.TicketsChanged(order=order):
                assert order is not None
                old = replace_row(old, orders=old.orders | {order.hash: order.admits})
            case p.DoorPolicy(unknown_orders=policy, supervisor_check=check):
                old = replace_row(old, unknown_orders=policy, supervisor_check=check)
            case _:
                pass
    return old


def rules_of(snapshot: p.DoorSnapshot) -> Rules:
    """Read the manifest's orders, and check what a phone checks."""
    orders, admits = _raw(snapshot.orders), _raw(snapshot.order_admits)
    keys = [orders[i : i + 8].hex() for i in range(0, len(orders), 8)]
    assert keys == sorted(set(keys))
    assert len(keys) == len(admits)
    assert len(_raw(snapshot.public_key)) == 32
    return Rules(dict(zip(keys, admits, strict=True)), snapshot.unknown_orders, snapshot.supervisor_check)


def counts_after(old: Counts, entries: Iterable[Entry]) -> Counts:
    for entry in entries:
        old = projections.counts_after(old, entry.happened)
    return old


def manifest_of(snapshot: p.DoorSnapshot) -> Manifest:
    """Read the manifest's columns, and check what a phone checks."""
    anchors = _raw(snapshot.anchors)
    assert hashlib.sha256(anchors).hexdigest() == snapshot.checksum
    columns = (_raw(snapshot.types), _raw(snapshot.statuses), _raw(snapshot.entered_at), _raw(snapshot.doors))
    assert [len(column) for column in columns] == [snapshot.count * width for width in (1, 1, 4, 1)]
    keys = [anchors[i : i + 16].hex() for i in range(0, len(anchors), 16)]
    assert keys == sorted(set(keys))
    return {key: _row(snapshot, columns, i) for i, key in enumerate(keys)}


def _row(snapshot: p.DoorSnapshot, columns: tuple[bytes, bytes, bytes, bytes], i: int) -> Row:
    types, statuses, entered_at, doors = columns
    seconds = int.from_bytes(entered_at[4 * i : 4 * i + 4], "big")
    base_s = snapshot.window.starts_at // 1000 - DAY_S
    return Row(
        ticket_type=snapshot.type_names[types[i]],
        status=STATUSES[statuses[i]],
        entered_s=base_s + seconds if seconds else None,
        door=snapshot.door_names[doors[i]] if doors[i] != 255 else None,
    )


def fact_text(audience: Audience, event_id: UUID, entry: Entry) -> str:
    """The frame that an audience's sockets are handed of an entry."""
    see = translate.door_fact if audience is Audience.DOOR else translate.sales_fact
    topic = Topic(audience, event_id).name
    return p.encode(p.TopicFact(topic=topic, seq=entry.seq, fact=see(entry.happened)))


def _frames(audience: Audience, event_id: UUID, entries: Iterable[Entry]) -> Iterator[p.TopicFact]:
    """The very frames that sockets are handed."""
    for entry in entries:
        yield msgspec.json.decode(fact_text(audience, event_id, entry), type=p.TopicFact)


def _over_the_wire(snapshot: Stamped[p.SalesSnapshot]) -> p.SalesSnapshot:
    whole = p.TopicSnapshot(topic="sales:x", epoch="", seq=snapshot.seq, snapshot=snapshot.value)
    return msgspec.json.decode(p.encode(whole), type=_SalesMessage).snapshot


class _SalesMessage(p._Tagged, frozen=True, kw_only=True, tag="snapshot"):
    topic: str
    epoch: str
    seq: int
    snapshot: p.SalesSnapshot


def _raw(column: str) -> bytes:
    return base64.b64decode(column, validate=True)


def empty(old: p.SalesSnapshot) -> p.SalesSnapshot:
    """The same page before anything was sold."""
    types = tuple(replace(kind, held=0, sold=0) for kind in old.types)
    nothing = p.Sums(base=0, fee=0, total=0)
    feeds = {"sales": (), "entries": (), "double_scans": (), "doubts": (), "refunds": (), "disputes": ()}
    return replace(old, types=types, base=0, fee=0, total=0, refunded=nothing, disputed=0, entered=0, **feeds)
