"""Old entries leave the database whole, come back as they were, and a rewritten history has another epoch."""

from __future__ import annotations

import gzip
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from tests.factories import NOW, a_show
from ticketing import log, retention
from ticketing.clock import utc_now
from ticketing.domain_events import SoldOut
from ticketing.models import Event, LogEntry
from ticketing.retention import BadArchive

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def an_old_show(entries: int = 5) -> UUID:
    """A show that was over two years ago, with so many entries."""
    event = a_show(on_sale=False)
    long_ago = utc_now() - timedelta(days=730)
    Event.objects.filter(pk=event.pk).update(
        doors_at=long_ago, starts_at=long_ago, ends_at=long_ago + timedelta(hours=3)
    )
    append(event.pk, *range(1, entries + 1))
    return event.pk


def append(event_id: UUID, *numbers: int) -> None:
    for number in numbers:
        with transaction.atomic():
            log.append(event_id=event_id, happened=SoldOut(sold=number, at=0), now=NOW)


def rows(event_id: UUID) -> list[tuple[object, ...]]:
    of_show = LogEntry.objects.filter(event_id=event_id).order_by("seq")
    return list(of_show.values_list("seq", "kind", "body", "appended_at"))


def command(*words: str) -> str:
    said = StringIO()
    call_command("log", *words, stdout=said)
    return said.getvalue()


def test_an_archived_log_comes_back_as_it_was(tmp_path: Path) -> None:
    event_id = an_old_show()
    before, end = rows(event_id), log.head(event_id)

    span = retention.archive(event_id=event_id, folder=tmp_path)

    assert span is not None
    assert (span.first, span.last, rows(event_id), log.head(event_id)) == (1, 5, [], end)
    assert retention.bring_back(span.file) == span
    assert rows(event_id) == before


def test_a_log_goes_on_after_its_archive_and_the_next_archive_holds_the_rest(tmp_path: Path) -> None:
    event_id = an_old_show()
    first = retention.archive(event_id=event_id, folder=tmp_path)
    append(event_id, 6, 7)

    second = retention.archive(event_id=event_id, folder=tmp_path)

    assert first is not None
    assert second is not None
    assert (second.first, second.last) == (6, 7)
    for span in (second, first, second):
        retention.bring_back(span.file)
    assert [row[0] for row in rows(event_id)] == [1, 2, 3, 4, 5, 6, 7]


def test_the_command_archives_shows_that_are_long_over_and_no_other(tmp_path: Path) -> None:
    old, young = an_old_show(), a_show(on_sale=False).pk
    append(young, 1)

    said = command("archive", str(tmp_path))

    assert f"{old}: entries 1 to 5" in said
    assert (len(rows(old)), len(rows(young))) == (0, 1)
    assert command("archive", str(tmp_path)) == "no show that has been over for 540 days has entries here\n"
    assert command("verify") == "2 logs, 0 with holes\n"
    assert "entries 1 to 5 are here" in command("restore", *map(str, tmp_path.iterdir()))
    assert len(rows(old)) == 5


def test_a_hole_is_found() -> None:
    event_id = an_old_show()
    LogEntry.objects.filter(event_id=event_id, seq=3).delete()
    said = StringIO()

    with pytest.raises(SystemExit) as end:
        call_command("log", "verify", stdout=said)

    assert end.value.code == 1
    assert "between 1 and 5, 1 missing" in said.getvalue()


def test_a_log_with_a_hole_is_not_archived(tmp_path: Path) -> None:
    event_id = an_old_show()
    LogEntry.objects.filter(event_id=event_id, seq=3).delete()

    with pytest.raises(CommandError, match="stays in the database"):
        command("archive", str(tmp_path))

    assert len(rows(event_id)) == 4


@pytest.mark.parametrize("damage", ["cut", "rubbish", "a line less", "nothing"])
def test_a_damaged_archive_is_refused_and_brings_nothing_back(tmp_path: Path, damage: str) -> None:
    event_id = an_old_show()
    span = retention.archive(event_id=event_id, folder=tmp_path)
    assert span is not None
    whole = span.file.read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    damaged = {
        "cut": whole[:-20],
        "rubbish": b"rubbish",
        "a line less": gzip.compress(b"".join(lines[:-1])),
        "nothing": gzip.compress(b""),
    }
    span.file.write_bytes(damaged[damage])

    with pytest.raises(BadArchive):
        retention.bring_back(span.file)

    assert rows(event_id) == []


def test_an_archive_of_another_history_is_refused(tmp_path: Path) -> None:
    event_id = an_old_show()
    span = retention.archive(event_id=event_id, folder=tmp_path)
    assert span is not None
    command("new-epoch", str(event_id))

    with pytest.raises(BadArchive, match="another history"):
        retention.bring_back(span.file)


def test_a_new_epoch_is_another_one_for_one_show_or_for_all() -> None:
    one, other = a_show(on_sale=False).pk, a_show(on_sale=False).pk
    before = log.heads([one, other])

    command("new-epoch", str(one))
    between = log.heads([one, other])
    command("new-epoch")
    after = log.heads([one, other])

    assert (between[one].epoch != before[one].epoch, between[other]) == (True, before[other])
    assert {after[one].epoch, after[other].epoch}.isdisjoint({between[one].epoch, between[other].epoch})


def test_a_show_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match="there is no show"):
        command("new-epoch", str(uuid4()))
