"""The queue: a task is there when its cause is, runs whatever dies, and is never lost out of sight."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from tests.factories import NOW
from tests.race import times
from ticketing import background

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

ran: list[str] = []


@task
def note(word: str) -> None:
    ran.append(word)


@task
def break_down(word: str) -> None:
    ran.append(word)
    raise OSError(f"no {word}")


@task
def give_up() -> None:
    raise background.Hopeless("nobody lives there")


@pytest.fixture(autouse=True)
def nothing_ran_yet() -> None:
    ran.clear()


def enqueued(kind: object = note, *arguments: str) -> background.Row:
    """One task, and nothing else in the queue."""
    with transaction.atomic():
        background.enqueue(kind, *arguments)  # type: ignore[arg-type]
    return DBTaskResult.objects.get()


def run(at: datetime = NOW, *, worker: str = "w") -> bool:
    return background.run_next(worker=worker, clock=lambda: at)


def run_all(worker: str = "w") -> int:
    count = 0
    while run(worker=worker):
        count += 1
    return count


def a_lost_task(*arguments: str) -> background.Row:
    """A task whose worker was killed at `NOW`, right after taking it."""
    row = enqueued(note, *arguments)
    assert background._claim("killed", NOW) is not None
    return row


def test_a_task_is_there_when_its_transaction_commits() -> None:
    enqueued(note, "a")

    assert run_all() == 1
    assert ran == ["a"]


def test_a_drafted_task_is_the_row_that_the_library_writes() -> None:
    usual, drafted = enqueued(note, "a"), background.draft(note, "a")
    drafted.save(force_insert=True)
    drafted.refresh_from_db()

    columns = {field.attname for field in DBTaskResult._meta.concrete_fields} - {"id", "enqueued_at"}
    assert {name: getattr(drafted, name) for name in columns} == {
        name: getattr(usual, name) for name in columns
    }
    assert run_all() == 2


def test_a_task_is_gone_when_its_transaction_is() -> None:
    with transaction.atomic():
        background.enqueue(note, "a")
        transaction.set_rollback(True)

    assert DBTaskResult.objects.count() == 0
    assert not run()


def test_a_task_without_a_transaction_is_refused() -> None:
    with pytest.raises(background.OutsideTransaction):
        background.enqueue(note, "a")


def test_a_task_that_is_done_is_not_run_again() -> None:
    row = enqueued(note, "a")

    run_all()
    run_all()

    row.refresh_from_db()
    assert ran == ["a"]
    assert (row.status, row.worker_ids, row.finished_at) == (TaskResultStatus.SUCCESSFUL, ["w"], NOW)


def test_workers_at_once_run_each_task_once() -> None:
    with transaction.atomic():
        for number in range(24):
            background.enqueue(note, str(number))

    counts = times(6, run_all)

    assert sum(counts) == 24
    assert Counter(ran) == Counter(str(number) for number in range(24))


def test_a_failed_task_waits_and_is_tried_again() -> None:
    row = enqueued(break_down, "bread")

    assert run(NOW)
    assert not run(NOW + timedelta(seconds=9))
    assert run(NOW + timedelta(seconds=10))

    row.refresh_from_db()
    assert (row.status, len(row.worker_ids)) == (TaskResultStatus.READY, 2)
    assert row.run_after == NOW + timedelta(seconds=50)
    assert "OSError: no bread" in row.traceback


def test_a_task_that_always_fails_is_tried_so_often_and_kept_with_its_last_error() -> None:
    row, at = enqueued(break_down, "bread"), NOW
    for _ in range(background.MAX_ATTEMPTS):
        assert run(at)
        at += background.LONGEST_PAUSE

    assert not run(at)
    row.refresh_from_db()
    assert (row.status, len(ran)) == (TaskResultStatus.FAILED, background.MAX_ATTEMPTS)
    assert row.exception_class_path == "builtins.OSError"


def test_one_that_fails_holds_up_no_other() -> None:
    with transaction.atomic():
        background.enqueue(break_down, "bread")
        background.enqueue(note, "a")

    assert run_all() == 2
    assert ran == ["bread", "a"]


def test_a_hopeless_task_is_not_tried_again() -> None:
    row = enqueued(give_up)

    assert run_all() == 1

    row.refresh_from_db()
    assert row.status == TaskResultStatus.FAILED
    assert "nobody lives there" in row.traceback


def test_a_task_that_this_version_does_not_know_waits_for_one_that_does() -> None:
    row = enqueued(note, "a")
    DBTaskResult.objects.update(task_path="ticketing.of_tomorrow.greet")

    run()

    row.refresh_from_db()
    assert row.status == TaskResultStatus.READY
    assert "of_tomorrow" in row.traceback


def test_the_task_of_a_killed_worker_comes_back_when_its_lease_is_over() -> None:
    a_lost_task("a")
    end = NOW + background.LEASE

    assert background.return_lost(now=end - timedelta(microseconds=1)) == 0
    assert background.return_lost(now=end) == 1
    assert not run(end)
    assert run(end + timedelta(seconds=10))
    assert ran == ["a"]


def test_a_task_that_kills_its_workers_ends_as_failed() -> None:
    row, at = enqueued(note, "a"), NOW
    for _ in range(background.MAX_ATTEMPTS):
        assert background._claim("killed", at) is not None
        at += background.LEASE
        assert background.return_lost(now=at) == 1
        at += background.LONGEST_PAUSE

    row.refresh_from_db()
    assert row.status == TaskResultStatus.FAILED
    assert "WorkerLost" in row.exception_class_path


def test_a_worker_that_comes_back_too_late_changes_nothing() -> None:
    enqueued(note, "a")
    slow = background._claim("slow", NOW)
    assert slow is not None
    late = NOW + background.LEASE
    background.return_lost(now=late)
    assert background._claim("next", late + timedelta(seconds=10)) is not None

    background._not_done(slow, OSError("late"), late + timedelta(seconds=11))

    row = DBTaskResult.objects.get()
    assert (row.status, row.worker_ids) == (TaskResultStatus.RUNNING, ["slow", "next"])


def test_sweeps_at_once_return_a_lost_task_once() -> None:
    a_lost_task("a")

    returned = times(6, partial(background.return_lost, now=NOW + background.LEASE))

    assert sorted(returned) == [0] * 5 + [1]


def test_what_is_done_is_forgotten_after_a_week_and_what_failed_after_three_months() -> None:
    with transaction.atomic():
        background.enqueue(note, "a")
        background.enqueue(give_up)
    run_all()

    assert background.prune(now=NOW + background.KEPT - timedelta(seconds=1)) == 0
    assert background.prune(now=NOW + background.KEPT) == 1
    assert background.prune(now=NOW + background.FAILED_KEPT) == 1
    assert DBTaskResult.objects.count() == 0


def test_what_waits_is_never_forgotten() -> None:
    enqueued(note, "a")

    background.prune(now=NOW + timedelta(days=1_000))

    assert run_all() == 1


def tasks_says(*arguments: str) -> str:
    out = StringIO()
    call_command("tasks", *arguments, stdout=out)
    return out.getvalue()


def test_staff_see_what_failed_and_why_and_have_it_done_once_more() -> None:
    row = enqueued(give_up)
    run_all()

    listed, again = tasks_says(), tasks_says("--again", str(row.pk))

    assert str(row.pk) in listed
    assert "failed" in listed
    assert "nobody lives there" in listed
    assert again == "1 will be tried again\n"
    row.refresh_from_db()
    assert (row.status, row.worker_ids) == (TaskResultStatus.READY, [])


def test_only_what_failed_is_tried_again() -> None:
    enqueued(note, "a")

    assert tasks_says("--again", "all") == "0 will be tried again\n"
    assert tasks_says("--again", str(uuid4())) == "0 will be tried again\n"


def test_what_is_no_id_is_refused_in_words() -> None:
    with pytest.raises(CommandError, match="the word all"):
        tasks_says("--again", "7")


def test_a_list_of_nothing_is_empty() -> None:
    assert tasks_says() == ""
