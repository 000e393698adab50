"""SQLite's writers in one process: in turn, none starved, and a turn always comes back."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler, OperationalError
from pytest_django.plugin import DjangoDbBlocker

from config.environment import database_of
from config.fair_sqlite3 import base

THREADS = 8
SOON_S = 20.0


@pytest.fixture
def databases(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[ConnectionHandler]:
    """A file of the test's own, a connection a thread, as the settings make them; short of patience."""
    settings = database_of(f"sqlite:///{tmp_path / 'fair.sqlite3'}")
    settings["OPTIONS"]["timeout"] = 5
    handler = ConnectionHandler({"default": settings})
    with django_db_blocker.unblock():
        execute(handler["default"], "CREATE TABLE seats (taken INTEGER)")
        execute(handler["default"], "INSERT INTO seats VALUES (0)")
        yield handler
        handler.close_all()


def execute(connection: BaseDatabaseWrapper, sql: str, *values: int) -> list[tuple[int]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[int]] = cursor.fetchall()
        return rows


@contextmanager
def transaction(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """As `atomic` begins and ends one, for a connection that is not among the settings' own."""
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    connection.in_atomic_block = True
    try:
        yield
    except BaseException:
        connection.in_atomic_block = False
        connection.rollback()
        raise
    else:
        connection.in_atomic_block = False
        connection.commit()
    finally:
        connection.set_autocommit(True)


def take_a_seat(connection: BaseDatabaseWrapper) -> None:
    with transaction(connection):
        [(taken,)] = execute(connection, "SELECT taken FROM seats")
        execute(connection, "UPDATE seats SET taken = %s", taken + 1)


def free(databases: ConnectionHandler) -> bool:
    return not base._turns_of(str(databases["default"].settings_dict["NAME"]))._taken


def in_a_thread(databases: ConnectionHandler, sql: str) -> threading.Thread:
    def run() -> None:
        execute(databases["default"], sql)
        databases["default"].close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_eight_threads_get_their_turns_alike_and_no_write_is_lost(databases: ConnectionHandler) -> None:
    start, ends_at = threading.Barrier(THREADS), time.monotonic() + 1.5

    def write(_number: int) -> int:
        connection = databases["default"]
        connection.ensure_connection()
        start.wait(SOON_S)
        done = 0
        while time.monotonic() < ends_at:
            take_a_seat(connection)
            done += 1
        connection.close()
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        done = list(pool.map(write, range(THREADS)))

    assert execute(databases["default"], "SELECT taken FROM seats") == [(sum(done),)]
    # A round each, but for what the machine's own scheduler does to a thread between two turns. Without turns, the
    # one gets fifty times what the other gets.
    assert min(done) * 2 >= max(done), done


def test_a_single_write_outside_any_transaction_waits_for_its_turn_too(databases: ConnectionHandler) -> None:
    with transaction(databases["default"]):
        writer = in_a_thread(databases, "UPDATE seats SET taken = taken + 10")
        writer.join(0.2)
        waited = writer.is_alive()
        execute(databases["default"], "UPDATE seats SET taken = 1")
    writer.join(SOON_S)

    assert waited
    assert execute(databases["default"], "SELECT taken FROM seats") == [(11,)]
    assert free(databases)


def test_a_reader_waits_for_nobody(databases: ConnectionHandler) -> None:
    with transaction(databases["default"]):
        reader = in_a_thread(databases, "SELECT taken FROM seats")
        reader.join(SOON_S)

        assert not reader.is_alive()


def test_whoever_waits_too_long_is_told_what_for(databases: ConnectionHandler) -> None:
    told: list[str] = []

    def write() -> None:
        connection = databases["default"]
        connection.settings_dict["OPTIONS"] = {**connection.settings_dict["OPTIONS"], "timeout": 0.05}
        try:
            take_a_seat(connection)
        except OperationalError as error:
            told.append(str(error))
        connection.close()

    with transaction(databases["default"]):
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(SOON_S)

    assert len(told) == 1
    assert told[0].startswith("database is locked: waited 0.05 s for a turn to write; MainThread has had it")
    take_a_seat(databases["default"])


def test_a_transaction_that_fails_gives_its_turn_back(databases: ConnectionHandler) -> None:
    with pytest.raises(OperationalError, match="no such table"), transaction(databases["default"]):
        execute(databases["default"], "UPDATE nowhere SET taken = 1")

    assert free(databases)


def test_a_single_write_that_fails_gives_its_turn_back(databases: ConnectionHandler) -> None:
    with pytest.raises(OperationalError, match="no such table"):
        execute(databases["default"], "UPDATE nowhere SET taken = 1")

    assert free(databases)


def test_a_connection_closed_in_mid_transaction_gives_its_turn_back(databases: ConnectionHandler) -> None:
    connection = databases["default"]
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    taken = not free(databases)
    connection.close()

    assert taken
    assert free(databases)


def test_another_process_is_waited_for_as_long_as_sqlite_waits(databases: ConnectionHandler) -> None:
    """A connection that knows no turns stands for another process: the database itself keeps the two apart."""
    other = sqlite3.connect(
        databases["default"].settings_dict["NAME"], isolation_level=None, check_same_thread=False
    )
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE seats SET taken = 5")
    threading.Timer(0.3, lambda: other.execute("COMMIT")).start()
    began = time.monotonic()

    take_a_seat(databases["default"])

    assert time.monotonic() - began > 0.2
    assert execute(databases["default"], "SELECT taken FROM seats") == [(6,)]
    other.close()


def test_a_begin_that_fails_gives_its_turn_back(databases: ConnectionHandler) -> None:
    other = sqlite3.connect(databases["default"].settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    execute(databases["default"], "PRAGMA busy_timeout = 10")

    with pytest.raises(OperationalError, match="locked"):
        take_a_seat(databases["default"])

    assert free(databases)
    other.close()
