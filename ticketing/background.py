"""Background work: what must happen because of a fact, and need not happen while somebody waits.

A task is a row (django-tasks' database backend), written by `enqueue` in the transaction of the fact that causes it:
the two are there together or not at all. What runs the rows is ours, because the library's own worker (read at 0.13)
leaves the task of a killed worker RUNNING for ever (its issue 46), never tries a failed one again, and ends when the
database restarts.

A worker takes a task for `LEASE` in one short transaction, runs it outside of any, and notes the outcome if the task
is still its own. So a task runs at least once, and now and then again: it must look whether its work is done already.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from traceback import format_exception
from typing import ParamSpec
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django_tasks import TaskResultStatus
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult, get_date_max

_LOGGER = logging.getLogger(__name__)
P = ParamSpec("P")
Clock = Callable[[], datetime]
Row = DBTaskResult[..., None]

LEASE = timedelta(minutes=3)
"""How long a task may run; whoever has it longer is taken for dead. A mail server has 10 s for each of its answers."""
MAX_ATTEMPTS = 20
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
KEPT, FAILED_KEPT = timedelta(days=7), timedelta(days=90)


class OutsideTransaction(RuntimeError):
    """A task must be enqueued in the transaction of the fact that causes it."""


class Hopeless(Exception):
    """The task cannot succeed however often it is tried: it is kept as failed at once."""


class WorkerLost(Exception):
    """The worker did not come back within its lease: killed, or cut off from the database."""


def enqueue(task: Task[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Have a task run once this transaction has committed. Raises OutsideTransaction when there is none."""
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction(OutsideTransaction.__doc__)
    task.enqueue(*args, **kwargs)


def draft(task: Task[P, None], *args: P.args, **kwargs: P.kwargs) -> Row:
    """The task as a row that is not there yet, for whoever writes it along with others; as `enqueue` would write it."""
    return DBTaskResult(
        args_kwargs={"args": list(args), "kwargs": dict(kwargs)},
        priority=task.priority,
        task_path=task.module_path,
        queue_name=task.queue_name,
        run_after=task.run_after or get_date_max(),
        backend_name=task.backend,
    )


def run_next(*, worker: str, clock: Clock) -> bool:
    """Run the first task that is due, to success or to its next attempt; False when there is none."""
    row = _claim(worker, clock())
    if row is None:
        return False
    try:
        row.task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
    except Exception as error:  # noqa: BLE001 - whatever a task raises is told in its row, and in the log
        _not_done(row, error, clock())
    else:
        _note(
            row,
            status=TaskResultStatus.SUCCESSFUL,
            finished_at=clock(),
            exception_class_path="",
            traceback="",
        )
    return True


def return_lost(*, now: datetime) -> int:
    """Put tasks back whose worker has had them for longer than the lease; how many."""
    lost = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, started_at__lte=now - LEASE)
    return sum(_not_done(row, WorkerLost(WorkerLost.__doc__), now) for row in lost[:100])


def prune(*, now: datetime) -> int:
    """Forget what was done a week ago, and what failed three months ago; how many."""
    done = Q(status=TaskResultStatus.SUCCESSFUL, finished_at__lte=now - KEPT)
    failed = Q(status=TaskResultStatus.FAILED, finished_at__lte=now - FAILED_KEPT)
    return DBTaskResult.objects.filter(done | failed).delete()[0]


def unfinished() -> QuerySet[Row]:
    """Tasks that are waiting, running, waiting for another attempt, or have failed; the oldest first."""
    return DBTaskResult.objects.exclude(status=TaskResultStatus.SUCCESSFUL).order_by("enqueued_at")


def try_again(*, ids: Sequence[UUID] | None, now: datetime) -> int:
    """Give failed tasks (all of them for None) all their attempts anew; how many."""
    failed = DBTaskResult.objects.filter(status=TaskResultStatus.FAILED)
    chosen = failed if ids is None else failed.filter(pk__in=ids)
    return chosen.update(status=TaskResultStatus.READY, run_after=now, finished_at=None, worker_ids=[])


def pause_after(attempts: int) -> timedelta:
    """How long a task waits after so many failed attempts: 10 s, 40 s, ... up to an hour; 16 hours for all of them."""
    growth: int = 4 ** min(attempts - 1, 8)
    return min(LONGEST_PAUSE, FIRST_PAUSE * growth)


def _claim(worker: str, now: datetime) -> Row | None:
    never_told = Q(run_after=get_date_max())  # the library's way of writing "at once"
    due = DBTaskResult.objects.filter(never_told | Q(run_after__lte=now), status=TaskResultStatus.READY)
    if not due.exists():
        return None  # looking costs nobody anything; on SQLite a transaction would hold up every sale
    with transaction.atomic():
        row = due.select_for_update(skip_locked=True).first()
        if row is not None:
            row.status, row.started_at, row.worker_ids = (
                TaskResultStatus.RUNNING,
                now,
                [*row.worker_ids, worker],
            )
            row.save(update_fields=["status", "started_at", "worker_ids"])
    return row


def _not_done(row: Row, error: Exception, now: datetime) -> bool:
    attempts = len(row.worker_ids)
    failed = attempts >= MAX_ATTEMPTS or isinstance(error, Hopeless)
    words = f"{type(error).__module__}.{type(error).__qualname__}"
    trace = "".join(format_exception(error))
    if failed:
        status, when = TaskResultStatus.FAILED, {"finished_at": now}
    else:
        status, when = TaskResultStatus.READY, {"run_after": now + pause_after(attempts)}
    noted = _note(row, status=status, exception_class_path=words, traceback=trace, **when)
    if noted:
        level = logging.ERROR if failed else logging.WARNING
        _LOGGER.log(level, "task %s (%s), attempt %s: %s", row.task_path, row.pk, attempts, words)
    return noted


def _note(row: Row, **outcome: object) -> bool:
    """Write down what became of a task, unless it was given to another worker meanwhile."""
    mine = DBTaskResult.objects.filter(pk=row.pk, status=TaskResultStatus.RUNNING, started_at=row.started_at)
    return bool(mine.update(**outcome))
