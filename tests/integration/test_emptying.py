"""Between two tests that commit, everything goes that a test can have made, and nothing else."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests import emptying
from tests.factories import a_paid_order, a_show

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def rows() -> dict[str, int]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        return {table: _count(cursor, table) for table in tables}


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
    return int(cursor.fetchone()[0])


def test_a_tests_rows_are_gone_and_those_of_migrate_are_not() -> None:
    before = rows()
    a_paid_order(a_show())
    assert rows() != before

    emptying.empty()

    assert rows() == before
    assert {table for table, count in before.items() if count} <= emptying.MADE_BY_MIGRATE
    assert ContentType.objects.filter(app_label="ticketing").exists()
    assert Permission.objects.filter(content_type__app_label="ticketing").exists()
