"""The log of a show: every domain event, in commit order, without holes.

`append` takes the next `seq` under the lock of the show's counter and inside the caller's transaction: the entry and
the rows that it tells of are one truth. Call it last, since from then on the show's other writers wait.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from django.db import transaction

from ticketing import domain_events, prepared
from ticketing.domain_events import AnyDomainEvent
from ticketing.models import LogEntry, LogHead

_LOGGER = logging.getLogger(__name__)


class OutsideTransaction(RuntimeError):
    """A log entry must be written in the transaction that changes the rows it tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: its place `seq` (1, 2, 3, ...) and what happened."""

    seq: int
    happened: AnyDomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a show's log ends: the last `seq` (0 for none) and the `epoch`, which changes when history is rewritten."""

    seq: int
    epoch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A committed entry, as it is called out to whoever listens. Losing one loses nothing: the log has it."""

    event_id: UUID
    seq: int
    body: str


Announcer = Callable[[Announcement], None]
_announcers: list[Announcer] = []


def announce_with(announcer: Announcer) -> None:
    """Have every committed entry called out. The one wire between the domain and whoever follows it."""
    if announcer not in _announcers:
        _announcers.append(announcer)


def open_for(event_id: UUID) -> None:
    """Begin a new show's log."""
    LogHead.objects.create(event_id=event_id)


def take(event_id: UUID) -> Head:
    """Wait for the show's log and hold it until the transaction ends: what is read now is of the log's end."""
    row = LogHead.objects.select_for_update().get(event_id=event_id)
    return Head(seq=row.seq, epoch=str(row.epoch))


def append(*, event_id: UUID, happened: AnyDomainEvent, now: datetime) -> int:
    """Write one entry and return its `seq`. Raises OutsideTransaction when there is no transaction to be part of."""
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(OutsideTransaction.__doc__)
    rows = prepared.rows_of(_NEXT, {"event": prepared.key(event_id)})
    if not rows:
        raise LogHead.DoesNotExist(f"{event_id} has no log")
    seq = int(rows[0][0])
    body = domain_events.encode(happened)
    kind = domain_events.kind_of(happened)
    LogEntry.objects.create(event_id=event_id, seq=seq, kind=kind, body=body, appended_at=now)
    transaction.on_commit(partial(announce, Announcement(event_id=event_id, seq=seq, body=body)))
    return seq


# In one statement, which the ORM cannot: everybody else of the show waits from here on.
_NEXT = "UPDATE cdm_log_heads SET seq = seq + 1 WHERE event_id = %(event)s RETURNING seq"


def append_all(*, event_id: UUID, happened: Sequence[AnyDomainEvent], now: datetime) -> None:
    """Write several entries that follow each other, in as many statements as one takes. Raises OutsideTransaction."""
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(OutsideTransaction.__doc__)
    if not happened:
        return
    kinds, bodies = [domain_events.kind_of(one) for one in happened], [*map(domain_events.encode, happened)]
    last = _write_few(event_id, kinds, bodies, now)
    for seq, body in enumerate(bodies, start=last - len(bodies) + 1):
        entry = Announcement(event_id=event_id, seq=seq, body=body)
        transaction.on_commit(partial(announce, entry))


def _write_few(event_id: UUID, kinds: Sequence[str], bodies: Sequence[str], now: datetime) -> int:
    """The `seq` of the last one. On PostgreSQL it is one statement."""
    values = {"event": prepared.key(event_id), "count": len(bodies)}
    in_one = transaction.get_connection().vendor == "postgresql"
    if in_one:
        told = [
            {"number": n, "kind": k, "body": b} for n, (k, b) in enumerate(zip(kinds, bodies, strict=True), 1)
        ]
        entries = {"entries": msgspec.json.encode(told).decode(), "now": now.isoformat()}
        rows = prepared.rows_of(_APPEND_FEW, {**values, **entries})
    else:
        rows = prepared.rows_of(_NEXT_FEW, values)
    if not rows:
        raise LogHead.DoesNotExist(f"{event_id} has no log")
    last = int(rows[0][0])
    if not in_one:
        LogEntry.objects.bulk_create(
            LogEntry(event_id=event_id, seq=seq, kind=kind, body=body, appended_at=now)
            for seq, (kind, body) in enumerate(zip(kinds, bodies, strict=True), last - len(bodies) + 1)
        )
    return last


_NEXT_FEW = "UPDATE cdm_log_heads SET seq = seq + %(count)s WHERE event_id = %(event)s RETURNING seq"
_APPEND_FEW = """
WITH head AS (
    UPDATE cdm_log_heads SET seq = seq + %(count)s WHERE event_id = %(event)s::uuid RETURNING seq
), entry AS (
    INSERT INTO cdm_log_entries (event_id, seq, kind, body, appended_at)
    SELECT %(event)s::uuid, head.seq - %(count)s + told.number, told.kind, told.body, %(now)s::timestamptz
    FROM head, jsonb_to_recordset(%(entries)s::jsonb) AS told(number int, kind text, body text)
)
SELECT seq FROM head
"""


def read(*, event_id: UUID, since: int, limit: int) -> list[Entry]:
    """The entries after `since`, oldest first, at most `limit`."""
    rows = (
        LogEntry.objects.filter(event_id=event_id, seq__gt=since).order_by("seq").values_list("seq", "body")
    )
    return [Entry(seq=seq, happened=domain_events.decode(body)) for seq, body in rows[:limit]]


def latest(*, event_id: UUID, kind: str, limit: int, upto: int) -> list[Entry]:
    """The newest entries of one kind up to `upto`, newest first."""
    rows = LogEntry.objects.filter(event_id=event_id, kind=kind, seq__lte=upto).order_by("-seq")
    return [
        Entry(seq=s, happened=domain_events.decode(b)) for s, b in rows.values_list("seq", "body")[:limit]
    ]


def latest_naming(*, event_id: UUID, kind: str, name: str) -> AnyDomainEvent | None:
    """The newest entry of one kind that names `name`, an id. It reads all of the show's entries: for rare questions."""
    rows = LogEntry.objects.filter(event_id=event_id, kind=kind, body__contains=f'"{name}"').order_by("-seq")
    body = rows.values_list("body", flat=True).first()
    return domain_events.decode(body) if body else None


def head(event_id: UUID) -> Head | None:
    """Where the show's log ends; None when there is no such show."""
    row = LogHead.objects.filter(event_id=event_id).values_list("seq", "epoch").first()
    return row and Head(seq=row[0], epoch=str(row[1]))


def heads(event_ids: list[UUID]) -> dict[UUID, Head]:
    """Where several shows' logs end, in one query."""
    rows = LogHead.objects.filter(event_id__in=event_ids).values_list("event_id", "seq", "epoch")
    return {event_id: Head(seq=seq, epoch=str(epoch)) for event_id, seq, epoch in rows}


def announce(announcement: Announcement) -> None:
    """Tell the listeners. The entry is committed already, so a listener's failure must not look like the sale's."""
    for announcer in _announcers:
        try:
            announcer(announcement)
        except Exception:
            _LOGGER.exception("entry %s of %s was not announced", announcement.seq, announcement.event_id)
