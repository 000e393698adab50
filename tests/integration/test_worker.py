"""`manage.py worker` as a real process, with a real mail server: what it does when it, or the database, is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta

import psycopg
import pytest
from django.db.models import F
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from config.place import ROOT
from tests.factories import a_paid_order, a_show
from tests.mail_server import MailServer, mail_server
from tests.servers import Server
from tests.worker import worker
from ticketing import background
from ticketing.models import Order


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def marked(order: Order) -> bool:
    return Order.objects.filter(pk=order.pk, confirmation_sent_at__isnull=False).exists()


def let_the_lease_end() -> None:
    """Time passes for the tasks that somebody has."""
    late = background.LEASE + timedelta(seconds=1)
    DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).update(started_at=F("started_at") - late)


def let_the_pause_end() -> None:
    """Time passes for the tasks that wait for another attempt."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY)
    waiting.update(run_after=F("run_after") - background.LONGEST_PAUSE)


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
class TestTheMail:
    def test_an_order_that_is_paid_while_it_runs_gets_its_mail_and_sigterm_ends_it_in_seconds(
        self, mails: MailServer
    ) -> None:
        with worker(mail_url=mails.url) as running:
            order = a_paid_order(a_show())
            running.until(lambda: marked(order))

            began = time.monotonic()
            code = running.stop()

        assert (code, time.monotonic() - began < 5) == (0, True)
        assert [message["To"] for message in mails.taken] == ["fan@example.org"]

    def test_two_workers_send_twelve_orders_twelve_mails(self, mails: MailServer) -> None:
        event = a_show()
        orders = [a_paid_order(event, email=f"fan{number}@example.org") for number in range(12)]

        with worker(mail_url=mails.url) as one, worker(mail_url=mails.url) as other:
            one.until(lambda: all(map(marked, orders)))
            codes = (one.stop(), other.stop())

        assert codes == (0, 0)
        assert sorted(message["To"] for message in mails.taken) == sorted(
            f"fan{number}@example.org" for number in range(12)
        )

    def test_a_worker_that_is_killed_before_the_mail_was_taken_leaves_it_to_the_next_one(
        self, mails: MailServer
    ) -> None:
        order = a_paid_order(a_show())
        mails.hold_before_taking = True
        with worker(mail_url=mails.url) as killed:
            killed.until(mails.held.is_set)
            killed.kill()
        mails.hold_before_taking = False
        assert (DBTaskResult.objects.get().status, mails.taken) == (TaskResultStatus.RUNNING, [])

        let_the_lease_end()
        self._send_with_another(mails, order)

        assert [message["To"] for message in mails.taken] == ["fan@example.org"]

    def test_a_worker_that_is_killed_after_the_mail_was_taken_sends_the_same_one_again(
        self, mails: MailServer
    ) -> None:
        order = a_paid_order(a_show())
        mails.hold_after_taking = True
        with worker(mail_url=mails.url) as killed:
            killed.until(mails.held.is_set)
            killed.kill()
        mails.hold_after_taking = False
        assert not marked(order)

        let_the_lease_end()
        self._send_with_another(mails, order)

        first, again = mails.taken
        assert first["Message-ID"] == again["Message-ID"]

    def test_a_mail_server_that_does_not_answer_does_not_keep_a_worker_from_ending(
        self, mails: MailServer
    ) -> None:
        a_paid_order(a_show())
        mails.hold_before_taking = True

        with worker(mail_url=mails.url) as running:
            running.until(mails.held.is_set)
            code = running.stop()

            assert code == 0
            assert "were cut off after" in running.said()

    @staticmethod
    def _send_with_another(mails: MailServer, order: Order) -> None:
        with worker(mail_url=mails.url) as running:
            running.until(lambda: DBTaskResult.objects.get().status != TaskResultStatus.RUNNING)
            let_the_pause_end()
            running.until(lambda: marked(order))
            assert running.stop() == 0


# --- the database ------------------------------------------------------------------------------------------------


def test_a_database_that_is_killed_and_comes_back_ends_no_worker(
    own_postgresql: Server, mails: MailServer
) -> None:
    database = {"DATABASE_URL": own_postgresql.url, "REDIS_URL": ""}
    migrate(database)
    with worker(mail_url=mails.url, environment=database) as running:
        own_postgresql.kill()
        running.until(lambda: "the queue failed; it goes on" in running.said())
        own_postgresql.start()

        add_a_task(own_postgresql)
        running.until(lambda: attempts(own_postgresql) == 1)

        assert running.stop() == 0


def migrate(variables: Mapping[str, str]) -> None:
    command = [sys.executable, "manage.py", "migrate", "--no-input"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=True, capture_output=True)


def add_a_task(server: Server) -> None:
    """A confirmation of an order that this empty database does not have: its attempt is seen in its row."""
    with psycopg.connect(server.url) as connection:
        connection.execute(
            """
            INSERT INTO django_tasks_database_dbtaskresult
              (id, status, enqueued_at, args_kwargs, priority, task_path, worker_ids, queue_name, backend_name,
               run_after, exception_class_path, traceback)
            VALUES
              (gen_random_uuid(), 'READY', now(), '{"args": ["00000000-0000-0000-0000-000000000000"], "kwargs": {}}', 0,
               'ticketing.confirmation.deliver', '[]', 'default', 'default', now(), '', '')
            """
        )


def attempts(server: Server) -> int:
    with psycopg.connect(server.url) as connection:
        rows = connection.execute(
            "SELECT jsonb_array_length(worker_ids) FROM django_tasks_database_dbtaskresult WHERE traceback <> ''"
        ).fetchall()
    return sum(row[0] for row in rows)
