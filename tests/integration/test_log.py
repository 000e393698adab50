"""The log: in the transaction or not at all, without holes, in commit order, announced after commit."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from tests.factories import NOW, a_show
from tests.race import together
from ticketing import log
from ticketing.domain_events import HoldPlaced, SoldOut
from ticketing.log import Announcement, OutsideTransaction
from ticketing.models import LogEntry, LogHead

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
THREADS, ROUNDS = 8, 12


class Undone(Exception):
    """The transaction is rolled back on purpose."""


def sold(number: int) -> SoldOut:
    return SoldOut(sold=number, at=0)


def append(event_id: UUID, number: int) -> int:
    with transaction.atomic():
        return log.append(event_id=event_id, happened=sold(number), now=NOW)


def append_and_undo(event_id: UUID, number: int) -> None:
    with transaction.atomic():
        log.append(event_id=event_id, happened=sold(number), now=NOW)
        raise Undone


def test_an_entry_outside_a_transaction_is_refused_and_not_written() -> None:
    event = a_show(on_sale=False)

    with pytest.raises(OutsideTransaction):
        log.append(event_id=event.pk, happened=sold(1), now=NOW)

    assert log.head(event.pk) == log.Head(seq=0, epoch=str(event.log_head.epoch))
    assert not LogEntry.objects.exists()


def test_a_show_without_a_log_takes_no_entry() -> None:
    with pytest.raises(LogHead.DoesNotExist):
        append(uuid4(), 1)


def test_a_new_shows_log_is_empty_and_an_unknown_show_has_none() -> None:
    event = a_show(on_sale=False)

    head = log.head(event.pk)

    assert head is not None
    assert head.seq == 0
    assert log.head(uuid4()) is None
    assert log.read(event_id=event.pk, since=0, limit=10) == []


def test_entries_are_counted_from_one_for_each_show_by_itself() -> None:
    one, other = a_show(on_sale=False), a_show(on_sale=False)

    seqs = [append(one.pk, 1), append(other.pk, 1), append(one.pk, 2)]

    assert seqs == [1, 1, 2]
    assert {pk: head.seq for pk, head in log.heads([one.pk, other.pk, uuid4()]).items()} == {
        one.pk: 2,
        other.pk: 1,
    }


def test_entries_are_read_from_where_one_left_off_and_no_more_than_asked_for() -> None:
    event = a_show(on_sale=False)
    for number in range(1, 6):
        append(event.pk, number)

    entries = log.read(event_id=event.pk, since=2, limit=2)

    assert [(entry.seq, entry.happened) for entry in entries] == [(3, sold(3)), (4, sold(4))]
    assert log.read(event_id=event.pk, since=5, limit=2) == []


def test_the_newest_of_a_kind_come_newest_first_and_not_from_the_future() -> None:
    event = a_show(on_sale=False)
    for number in range(1, 4):
        append(event.pk, number)
    with transaction.atomic():
        log.append(event_id=event.pk, happened=HoldPlaced(order="x", lines=(), at=0), now=NOW)

    newest = log.latest(event_id=event.pk, kind="sold_out", limit=2, upto=4)
    before = log.latest(event_id=event.pk, kind="sold_out", limit=9, upto=1)

    assert [entry.seq for entry in newest] == [3, 2]
    assert [entry.seq for entry in before] == [1]


def test_a_rolled_back_entry_leaves_no_hole_and_is_not_announced(announced: list[Announcement]) -> None:
    event = a_show(on_sale=False)
    append(event.pk, 1)

    with pytest.raises(Undone):
        append_and_undo(event.pk, 2)
    append(event.pk, 3)

    assert [entry.happened for entry in log.read(event_id=event.pk, since=0, limit=9)] == [sold(1), sold(3)]
    assert [(told.event_id, told.seq) for told in announced] == [(event.pk, 1), (event.pk, 2)]


def test_an_entry_is_announced_after_the_commit_and_not_before(announced: list[Announcement]) -> None:
    event = a_show(on_sale=False)

    with transaction.atomic():
        log.append(event_id=event.pk, happened=sold(1), now=NOW)
        before = list(announced)

    assert before == []
    assert [(told.seq, told.body) for told in announced] == [(1, '{"t":"sold_out","at":0,"sold":1}')]


def test_a_savepoint_rolled_back_takes_its_entry_and_its_announcement_along(
    announced: list[Announcement],
) -> None:
    event = a_show(on_sale=False)

    with transaction.atomic():
        with pytest.raises(Undone):
            append_and_undo(event.pk, 1)
        log.append(event_id=event.pk, happened=sold(2), now=NOW)

    assert [entry.happened for entry in log.read(event_id=event.pk, since=0, limit=9)] == [sold(2)]
    assert [told.seq for told in announced] == [1]


def test_a_listener_that_fails_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    event = a_show(on_sale=False)
    heard: list[int] = []

    def broken(_: Announcement) -> None:
        raise ConnectionError("the channel layer is away")

    monkeypatch.setattr(log, "_announcers", [broken, lambda told: heard.append(told.seq)])
    with caplog.at_level(logging.ERROR):
        seq = append(event.pk, 1)

    assert [entry.seq for entry in log.read(event_id=event.pk, since=0, limit=9)] == [seq]
    assert heard == [1]
    assert "was not announced" in caplog.text


def test_many_writers_with_random_rollbacks_leave_a_log_without_holes_in_commit_order(
    announced: list[Announcement],
) -> None:
    event = a_show(on_sale=False)
    dice = random.Random(20261122)
    committed: list[tuple[int, int]] = []

    def writer(thread: int, fates: list[bool]) -> Callable[[], None]:
        def write() -> None:
            for number, kept in enumerate(fates):
                mark = thread * 1_000 + number
                if kept:
                    committed.append((append(event.pk, mark), mark))
                else:
                    with suppress(Undone):
                        append_and_undo(event.pk, mark)

        return write

    fates = [[dice.random() < 0.7 for _ in range(ROUNDS)] for _ in range(THREADS)]
    together(*[writer(thread, mine) for thread, mine in enumerate(fates)])

    entries = log.read(event_id=event.pk, since=0, limit=1_000)
    assert [entry.seq for entry in entries] == list(range(1, sum(map(sum, fates)) + 1))
    assert {(entry.seq, entry.happened) for entry in entries} == {
        (seq, sold(mark)) for seq, mark in committed
    }
    assert sorted(told.seq for told in announced) == [entry.seq for entry in entries]


def test_a_reader_beside_many_writers_never_sees_an_entry_before_the_one_before_it() -> None:
    event = a_show(on_sale=False)
    looks: list[list[int]] = []

    def write() -> None:
        for number in range(ROUNDS):
            append(event.pk, number)

    def look() -> None:
        looks.extend(
            [entry.seq for entry in log.read(event_id=event.pk, since=0, limit=1_000)] for _ in range(40)
        )

    together(*[write] * 4, look, look)

    assert [seqs for seqs in looks if seqs != list(range(1, len(seqs) + 1))] == []
    assert len(log.read(event_id=event.pk, since=0, limit=1_000)) == 4 * ROUNDS
