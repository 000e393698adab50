"""A process that dies at a point of our choice: whatever it had not committed by then has never been.

What is left of a process is its rows and what Stripe has been told, so only that tells one point from another: before
each statement that writes on its own, before and after each COMMIT, before and after each call to Stripe, and at the
end, when nobody hears the answer any more. Within a transaction all statements are one point, since nothing of them is
left: NGN_NIGHTS=2 (or more) dies at each of them too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unittest import mock

from django.db import connection
from stripe import V1Services

from ticketing.payments.gateway import speaking

Answer = TypeVar("Answer")
_AT_EACH_STATEMENT = float(os.environ.get("NGN_NIGHTS", "1")) > 1
_CHANGES_NOTHING = ("SELECT", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")


class Died(BaseException):
    """The process is gone. Not an Exception: nothing of ours may live on by catching it."""


@dataclass
class Fate:
    """Death at the point number `at`, counted from 1; `died` says which that was, once it has come."""

    at: int
    died: str = ""
    passed: list[str] = field(default_factory=list)

    def reach(self, what: str) -> None:
        """Be at a point. The dead do nothing more: neither roll back nor note what has failed."""
        if self.died:
            raise Died(self.died)
        self.passed.append(what)
        if len(self.passed) == self.at:
            self.died = what
            _cut()
            raise Died(what)


def die_at(number: int, work: Callable[[], object]) -> str:
    """Do some work in a process that dies at one point; which that was, or "" where the work has fewer points."""
    fate = Fate(number)
    try:
        with _watched(fate):
            work()
            fate.reach("the end")
    except Died:
        pass
    except Exception:  # a connection that is cut under Django's hands fails in one more way
        if not fate.died:
            raise
    finally:
        connection.close()
    return fate.died


@contextmanager
def _watched(fate: Fate) -> Iterator[None]:
    connection.ensure_connection()
    commit, ask = connection._commit, speaking.ask  # type: ignore[attr-defined]

    def watched_commit() -> None:
        fate.reach("before COMMIT")
        commit()
        fate.reach("after COMMIT")

    def watched_ask(question: Callable[[V1Services], Answer]) -> Answer:
        assert not connection.in_atomic_block, "Stripe is asked while rows are locked"
        fate.reach("before a call to Stripe")
        answer = ask(question)
        fate.reach("after a call to Stripe")
        return answer

    def statement(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if fate.died:
            raise Died(fate.died)
        alone = _AT_EACH_STATEMENT or not connection.in_atomic_block
        if alone and not sql.startswith(_CHANGES_NOTHING):
            fate.reach(f"before {' '.join(sql.split())[:90]}")
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(connection, "_commit", watched_commit))
        stack.enter_context(mock.patch.object(speaking, "ask", watched_ask))
        stack.enter_context(connection.execute_wrapper(statement))
        yield


def _cut() -> None:
    """What the database does when its client is gone."""
    if connection.connection is not None:
        connection.connection.rollback()
