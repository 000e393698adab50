"""The backend itself, as settings name it: `ENGINE: config.fair_sqlite3`."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from sqlite3 import Connection
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from config.fair_sqlite3.turns import TurnMissed, Turns

_READS_OR_BOUNDS = ("SELECT", "PRAGMA", "EXPLAIN", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")

_turns: dict[str, Turns] = {}
_guard = threading.Lock()


def _turns_of(database: str) -> Turns:
    """The turns of one database file in this process."""
    with _guard:
        return _turns.setdefault(database, Turns())


# Whoever was waiting or writing when a process forked is not there in the child.
os.register_at_fork(after_in_child=_turns.clear)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that takes a turn before BEGIN IMMEDIATE and gives it back after COMMIT, ROLLBACK or close.

    A single write outside a transaction takes a turn for itself. Raises OperationalError, as SQLite does for a
    database that stays locked, when the turn does not come within the `timeout` of the OPTIONS.
    """

    _turn: Turns | None = None

    def create_cursor(self, name: str | None = None) -> _Cursor:  # noqa: ARG002  # SQLite has no named cursors
        """Django's cursor, that minds the turns."""
        cursor: _Cursor = self.connection.cursor(factory=partial(_Cursor, database=self))
        return cursor

    @contextmanager
    def single_write(self, sql: str) -> Iterator[None]:
        """A turn around one statement, if it writes and is no part of a transaction."""
        if self._turn is not None or self.connection.in_transaction or not _writes(sql):
            yield
            return
        self._take_turn()
        try:
            yield
        finally:
            self._give_turn_back()

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave these out
        except BaseException:
            self._give_turn_back()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            # A COMMIT that failed leaves the transaction open; a rollback or a close follows.
            if self.connection is None or not self.connection.in_transaction:
                self._give_turn_back()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._give_turn_back()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._give_turn_back()

    def _take_turn(self) -> None:
        turns = _turns_of(str(self.settings_dict["NAME"]))
        try:
            turns.take(patience_s=self.settings_dict["OPTIONS"].get("timeout", 5.0))
        except TurnMissed as missed:
            raise OperationalError(f"database is locked: {missed}") from None
        self._turn = turns

    def _give_turn_back(self) -> None:
        if self._turn is not None:
            turns, self._turn = self._turn, None
            turns.give_back()


class _Cursor(base.SQLiteCursorWrapper):
    def __init__(self, connection: Connection, *, database: DatabaseWrapper) -> None:
        super().__init__(connection)
        self._database = database

    def execute(self, query: str, params: Any = None) -> _Cursor:
        with self._database.single_write(query):
            super().execute(query, params)
        return self

    def executemany(self, query: str, param_list: Any) -> _Cursor:
        with self._database.single_write(query):
            super().executemany(query, param_list)
        return self


def _writes(sql: str) -> bool:
    """Whether a statement may write; Django's own begin with the verb. In doubt yes, which costs a turn."""
    return not sql.lstrip(" \n(")[:10].upper().startswith(_READS_OR_BOUNDS)
