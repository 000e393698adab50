"""The log of a show: every domain event, in commit order, without holes.

`append` takes the next `seq` under the lock of the show's counter and inside the caller's transaction: the entry and
the rows that it tells of are one truth. Call it last, since from then on the show's other writers wait.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F

from ticketing import domain_events
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
    LogHead.objects.filter(event_id=event_id).update(seq=F("seq") + 1)
    seq = LogHead.objects.values_list("seq", flat=True).get(event_id=event_id)
    body = domain_events.encode(happened)
    kind = domain_events.kind_of(happened)
    LogEntry.objects.create(event_id=event_id, seq=seq, kind=kind, body=body, appended_at=now)
    transaction.on_commit(partial(_announce, Announcement(event_id=event_id, seq=seq, body=body)))
    return seq


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


def _announce(announcement: Announcement) -> None:
    """Tell the listeners. The entry is committed already, so a listener's failure must not look like the sale's."""
    for announcer in _announcers:
        try:
            announcer(announcement)
        except Exception:
            _LOGGER.exception("entry %s of %s was not announced", announcement.seq, announcement.event_id)
