"""What becomes of old entries: out of the database, into files that can be brought back. And the epoch.

A show's log is wanted live until its last dispute is over; after that its rows only make the table long. An archive is
one file per show and span, `EVENT-FIRST-LAST.jsonl.gz`: a heading, then an entry a line, as the database had it.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec
from django.db import transaction
from django.db.models import Count, Max, Min

from ticketing.models import Event, LogEntry, LogHead

_CHUNK = 2_000
Row = TypeVar("Row", bound=msgspec.Struct)


class BadArchive(Exception):
    """The file is not one of ours, not whole, or of another history of the show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A show's entries from `first` to `last`, and the file that holds them."""

    event_id: UUID
    first: int
    last: int
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A show's log as the database has it: its end, and the entries that are there."""

    event_id: UUID
    title: str
    epoch: str
    head: int
    entries: int
    first: int | None
    last: int | None

    @property
    def fault(self) -> str | None:
        """What is wrong with it; None for a log without holes that ends where its counter says."""
        if self.first is None or self.last is None:
            return None  # nothing yet, or all of it is archived
        if self.last != self.head:
            return f"the counter says {self.head}, the last entry is {self.last}"
        missing = self.last - self.first + 1 - self.entries
        return f"between {self.first} and {self.last}, {missing} missing" if missing else None


class _Heading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    event: UUID
    epoch: UUID
    first: int
    last: int


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    seq: int
    kind: str
    body: str
    appended_at: datetime


def standings() -> list[Standing]:
    """Each show's log, the oldest show first."""
    rows = LogHead.objects.select_related("event").annotate(
        entries=Count("event__log_entries"),
        first=Min("event__log_entries__seq"),
        last=Max("event__log_entries__seq"),
    )
    return [
        Standing(
            event_id=row.event_id,
            title=row.event.title,
            epoch=str(row.epoch),
            head=row.seq,
            entries=row.entries,
            first=row.first,
            last=row.last,
        )
        for row in rows.order_by("event__starts_at", "pk")
    ]


def over_since(before: datetime) -> list[UUID]:
    """The shows that were over before that moment and still have entries here."""
    due = Event.objects.filter(ends_at__lt=before, log_entries__isnull=False)
    return list(due.distinct().values_list("pk", flat=True))


def archive(*, event_id: UUID, folder: Path) -> Span | None:
    """Write a show's entries to a file, read it back, and only then take them out of the database.

    None when there are none. The counter stays, so a reader from before starts from a snapshot. Whoever is killed in
    between leaves the rows, or both; doing it again is right.
    """
    with transaction.atomic():
        head = LogHead.objects.select_for_update().get(event_id=event_id)
        rows = LogEntry.objects.filter(event_id=event_id)
        span = rows.aggregate(first=Min("seq"), last=Max("seq"))
        if span["first"] is None:
            return None
        heading = _Heading(event=event_id, epoch=head.epoch, **span)
        file = folder / f"{event_id}-{heading.first}-{heading.last}.jsonl.gz"
        _write(file, heading)
        lines = sum(1 for _ in _read(file)[1])
        if lines != rows.count():
            raise BadArchive(f"{file} has {lines} of {rows.count()} entries; nothing was removed")
        rows.delete()
    return Span(event_id=event_id, first=heading.first, last=heading.last, file=file)


def bring_back(file: Path) -> Span:
    """Put an archive's entries back where they were. Raises BadArchive; what is there already stays as it is."""
    heading, lines = _read(file)
    with transaction.atomic():
        head = LogHead.objects.select_for_update().filter(event_id=heading.event).first()
        if head is None or head.epoch != heading.epoch or head.seq < heading.last:
            raise BadArchive(f"{file} is of another history of show {heading.event}")
        for chunk in _chunks(lines):
            LogEntry.objects.bulk_create([_row(heading.event, line) for line in chunk], ignore_conflicts=True)
    return Span(event_id=heading.event, first=heading.first, last=heading.last, file=file)


def begin_new_epoch(*, event_id: UUID | None = None) -> int:
    """History was rewritten (a restored backup): every reader starts again from a snapshot. How many shows."""
    heads = LogHead.objects.all() if event_id is None else LogHead.objects.filter(event_id=event_id)
    return heads.update(epoch=uuid4())


def _write(file: Path, heading: _Heading) -> None:
    """Whole and on the disk, or not there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    rows = LogEntry.objects.filter(event_id=heading.event).order_by("seq")
    with unfinished.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
            packed.write(msgspec.json.encode(heading) + b"\n")
            for row in rows.iterator(chunk_size=_CHUNK):
                line = _Line(row.seq, row.kind, row.body, row.appended_at)
                packed.write(msgspec.json.encode(line) + b"\n")
        raw.flush()
        os.fsync(raw.fileno())
    unfinished.replace(file)


def _read(file: Path) -> tuple[_Heading, Iterator[_Line]]:
    """The heading, and the entries one by one: contiguous from its first to its last, or BadArchive."""
    heading = next(_decoded(file, _Heading, 0, 1), None)
    if heading is None:
        raise BadArchive(f"{file} is empty")
    return heading, _contiguous(file, heading)


def _contiguous(file: Path, heading: _Heading) -> Iterator[_Line]:
    expected = heading.first
    for line in _decoded(file, _Line, 1, None):
        if line.seq != expected:
            raise BadArchive(f"{file} has entry {line.seq} where {expected} belongs")
        expected += 1
        yield line
    if expected != heading.last + 1:
        raise BadArchive(f"{file} ends with {expected - 1} instead of {heading.last}")


def _decoded(file: Path, kind: type[Row], start: int, stop: int | None) -> Iterator[Row]:
    try:
        with gzip.open(file, "rb") as unpacked:
            for number, text in enumerate(unpacked):
                if stop is not None and number >= stop:
                    return
                if number >= start:
                    yield msgspec.json.decode(text, type=kind)
    except (OSError, EOFError, msgspec.DecodeError) as error:
        raise BadArchive(f"{file} cannot be read: {error}") from error


def _chunks(lines: Iterator[_Line]) -> Iterator[list[_Line]]:
    chunk: list[_Line] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    yield chunk


def _row(event_id: UUID, line: _Line) -> LogEntry:
    return LogEntry(
        event_id=event_id, seq=line.seq, kind=line.kind, body=line.body, appended_at=line.appended_at
    )
