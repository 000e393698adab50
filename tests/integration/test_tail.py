"""`manage.py tail` as a person uses it: a process, its lines, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from config.place import ROOT
from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_paid_order, a_show, a_user, a_venue
from ticketing.clock import utc_now

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
PATIENCE_S = 30


@pytest.fixture(scope="module")
def gateway(django_db_setup: None) -> Iterator[Daphne]:
    with daphne() as server:
        yield server


@contextmanager
def tail(gateway: Daphne, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The command, with its lines in a pipe; killed by its id if a test fails."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "tail", "--url", gateway.url, *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """The next line; who is at the door is told whenever it changes, and is not what these tests are about."""
    assert process.stdout is not None
    while "presence" in (said := process.stdout.readline()):
        pass
    return said


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Ctrl-C; its exit code and what it said of the connection."""
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=PATIENCE_S)
    return process.returncode, words


def test_anybody_sees_tickets_go_and_ctrl_c_ends_it_in_peace(gateway: Daphne) -> None:
    event = a_show()

    with tail(gateway, f"public:{event.pk}") as process:
        first = line(process)
        a_paid_order(event, quantity=4)
        while "left=96" not in (latest := line(process)):
            assert "left=" in latest
        code, words = interrupted(process)

    assert "public_state" in first
    assert "left=100" in first
    assert (code, words) == (0, "-- connected\n")


def test_the_office_sees_each_entry_in_a_line_with_its_place_and_moment(gateway: Daphne) -> None:
    owner = a_user()
    event = a_show(venue=a_venue(owner=owner))
    client = Client()
    client.force_login(owner)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value

    with tail(gateway, f"sales:{event.pk}", "--session", session) as process:
        page = line(process)
        order = a_paid_order(event, quantity=2, now=utc_now())
        held, sale = line(process), line(process)
        code, _ = interrupted(process)

    seq = int(page.split()[0])
    assert "sales_snapshot" in page
    assert held.split()[:2] == [str(seq + 1), "seats_held"]
    assert sale.split()[0] == str(seq + 2)
    assert f"order_id={order.order_id}" in sale
    assert f"{utc_now():%Y-%m-%d}" in sale
    assert "base=4000 fee=400 total=4400" in sale
    assert code == 0


def test_a_phone_may_begin_with_what_it_missed_and_a_program_reads_json(gateway: Daphne) -> None:
    event = a_show()
    a_paid_order(event)
    _, token = a_device(event)

    with tail(gateway, f"door:{event.pk}", "--since", "1", "--json", NGN_TOKEN=token) as process:
        told = [json.loads(line(process)) for _ in range(2)]
        code, _ = interrupted(process)

    assert [(one["t"], one["seq"]) for one in told] == [("fact", 2), ("fact", 3)]
    assert told[1]["fact"]["t"] == "tickets_issued"
    assert code == 0


def test_a_place_that_the_log_does_not_have_is_said_and_answered_with_all_there_is(gateway: Daphne) -> None:
    event = a_show()
    _, token = a_device(event)

    with tail(gateway, f"door:{event.pk}", "--since", "999", "--token", token) as process:
        first = line(process)
        _, words = interrupted(process)

    assert "door_snapshot" in first
    assert "does not go back to 999" in words


@pytest.mark.parametrize(
    ("topic", "more", "words"),
    [
        ("sales:018f4e1a-0000-7000-8000-000000000001", (), "topic_forbidden"),
        ("backstage:1", (), "topic_unknown"),
        ("door:018f4e1a-0000-7000-8000-000000000001", ("--token", "made up"), "token_invalid"),
        ("public:x", ("--origin", "https://evil.example"), "--origin https://its.public.address"),
        ("public:x", ("--since", "1"), "--since is for door: and sales: topics"),
        ("sales:x", ("--since", "-1"), "from 0"),
        ("public:x", ("--url", "example.org"), "--url is like"),
        ("public:x", ("--token", "a", "--session", "b"), "not allowed with"),
    ],
)
def test_a_refusal_ends_it_and_says_what_to_do(
    gateway: Daphne, topic: str, more: tuple[str, ...], words: str
) -> None:
    where = () if "--url" in more else ("--url", gateway.socket_url)

    with pytest.raises(CommandError) as refusal:
        call_command("tail", topic, *where, *more, stderr=StringIO())

    assert words in str(refusal.value)


def test_a_refusal_is_one_sentence_on_the_terminal_and_no_success(gateway: Daphne) -> None:
    with tail(gateway, "backstage:1") as process:
        _, said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 1
    assert said.splitlines()[-1].startswith("CommandError: backstage:1: topic_unknown: ")
    assert "Traceback" not in said


def test_it_outlives_the_server_and_tells_what_happens_to_the_connection() -> None:
    event = a_show()
    _, token = a_device(event)
    with daphne() as first, tail(first, f"door:{event.pk}", "--token", token) as process:
        seq = int(line(process).split()[0])
        first.process.kill()
        first.process.wait()
        a_paid_order(event)
        with daphne(port=first.port):
            seqs = [int(line(process).split()[0]) for _ in range(2)]
            code, words = interrupted(process)

    assert seqs == [seq + 1, seq + 2]
    assert code == 0
    assert words.count("connected") == 2
    assert "the connection is gone; coming back" in words


def test_a_reader_that_has_enough_ends_it_quietly(gateway: Daphne) -> None:
    event = a_show()

    with tail(gateway, f"public:{event.pk}") as process:
        assert process.stdout is not None
        line(process)
        process.stdout.close()
        a_paid_order(event)
        code = process.wait(timeout=PATIENCE_S)
        assert process.stderr is not None
        words = process.stderr.read()

    assert code == 0
    assert words == "-- connected\n"
