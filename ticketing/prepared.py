"""The few statements of the hot path that are written in SQL by hand, run as the database likes them best.

PostgreSQL plans such a statement once a connection and runs the plan from then on (psycopg prepares whatever a
server-side cursor has executed five times); Django's own cursors put the values into the text, and have it planned
anew each time, which costs more than running it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Model

Rows = Sequence[tuple[Any, ...]]
Values = Mapping[str, Any]
Statement = tuple[str, Values]


def rows_of(sql: str, values: Values) -> Rows:
    """Execute one statement, values by name as `%(name)s`; its rows. Part of the transaction, if there is one."""
    with _cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def rows_of_each(*statements: Statement) -> list[Rows]:
    """Send several statements in one go, on PostgreSQL: one round trip, one transaction; the rows of each.

    Each has a snapshot of its own, so that a later one sees what was committed while an earlier one waited for a lock.
    """
    with ExitStack() as stack:
        cursors = [stack.enter_context(_cursor()) for _ in statements]
        with connection.wrap_database_errors, connection.connection.pipeline():
            for cursor, (sql, values) in zip(cursors, statements, strict=True):
                cursor.execute(sql, values)
        return [list(cursor.fetchall()) for cursor in cursors]


def as_json(row: Model | Sequence[Model]) -> str:
    """Rows that are not there yet, as PostgreSQL's `jsonb_populate_record(set)` reads them: by the names of columns."""
    shown = _columns(row) if isinstance(row, Model) else [_columns(one) for one in row]
    return msgspec.json.encode(shown).decode()


def _columns(row: Model) -> dict[str, Any]:
    """What Django would write into the row, by column."""
    fields = row._meta.concrete_fields  # noqa: SLF001  # Django's documented name
    return {str(field.column): _readable(field.get_prep_value(field.pre_save(row, True))) for field in fields}


def _readable(value: Any) -> Any:
    """JSON knows no bytes; PostgreSQL reads them in hex."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value


def key(value: UUID) -> str:
    """A UUID as the database compares it: SQLite keeps 32 hex digits."""
    return str(value) if connection.vendor == "postgresql" else value.hex


def uuid(value: UUID | str) -> UUID:
    """A UUID as the database gave it."""
    return value if isinstance(value, UUID) else UUID(value)


def moment(value: datetime) -> Any:
    """A moment as the database keeps it."""
    return connection.ops.adapt_datetimefield_value(value)


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
