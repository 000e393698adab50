"""The few statements of the hot path that are written in SQL by hand, run as the database likes them best.

PostgreSQL plans such a statement once a connection and runs the plan from then on (psycopg prepares whatever a
server-side cursor has executed five times); Django's own cursors put the values into the text, and have it planned
anew each time, which costs more than running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

Rows = Sequence[tuple[Any, ...]]
Values = dict[str, str]


def rows_of(sql: str, values: Values) -> Rows:
    """Execute one statement, values by name as `%(name)s`; its rows. Part of the transaction, if there is one."""
    with _cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def rows_of_second(first: tuple[str, Values], second: tuple[str, Values]) -> Rows:
    """Send two statements in one go, on PostgreSQL: one round trip, one transaction; the rows of the second.

    Each has a snapshot of its own, so the second sees what was committed while the first waited for a lock.
    """
    with _cursor() as waiting, _cursor() as cursor:
        with connection.wrap_database_errors, connection.connection.pipeline():
            waiting.execute(*first)
            cursor.execute(*second)
        return list(cursor.fetchall())


def key(value: UUID) -> str:
    """A UUID as the database compares it: SQLite keeps 32 hex digits."""
    return str(value) if connection.vendor == "postgresql" else value.hex


def uuid(value: UUID | str) -> UUID:
    """A UUID as the database gave it."""
    return value if isinstance(value, UUID) else UUID(value)


def utc(value: datetime | None) -> datetime | None:
    """A moment as the database gave it: SQLite keeps it in UTC and does not say so."""
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def _cursor() -> Any:
    if connection.vendor != "postgresql":
        return connection.cursor()
    from django.db.backends.postgresql.base import ServerBindingCursor  # noqa: PLC0415  # needs psycopg

    connection.ensure_connection()
    cursor: Any = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]  # the stubs leave its base out
    # Django's wrapper turns psycopg's errors into Django's, and lets whoever watches queries see these too.
    return (
        connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)
    )
