"""Empty tables for the next test, after one that has committed.

Django's `flush` truncates every table and makes all content types and permissions anew: 0.2 s each time, of which a
test that has filled ten tables needs a hundredth. What `migrate` has made is the same for every test, and stays.
"""

from django.db import connection, transaction

MADE_BY_MIGRATE = {"django_migrations", "django_content_type", "auth_permission"}


def empty() -> None:
    """Delete every row that a test can have made. Keys between tables are only looked at in the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _filled():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608  # a name of ours


def _filled() -> list[str]:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    names = sorted(tables - MADE_BY_MIGRATE)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(_look_into(name) for name in names))
        return [name for (name,) in cursor.fetchall()]


def _look_into(table: str) -> str:
    return f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"  # noqa: S608
