"""Each request and each socket has an id, and what is logged for it carries that."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from config import tracing
from config.tracing import Marked, Traced

GIVEN = b"abcDEF-123_4567"


def answered(headers: list[tuple[bytes, bytes]], kind: str = "http") -> tuple[list[str], dict[bytes, bytes]]:
    """What an application behind the middleware sees of its id (also in a thread), and its answer's headers."""
    seen: list[str] = []
    sent: list[dict[str, Any]] = []

    async def app(scope: dict[str, Any], _receive: object, send: tracing.Send) -> None:
        seen.extend([scope["trace"], tracing.current(), await sync_to_async(tracing.current)()])
        await send({"type": f"{kind}.response.start", "status": 200, "headers": [(b"a", b"b")]})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {}

    asyncio.run(Traced(app)({"type": kind, "headers": headers}, receive, send))
    return seen, dict(sent[0]["headers"])


def test_a_request_has_one_id_in_its_scope_its_tasks_and_its_threads_and_tells_it() -> None:
    seen, headers = answered([])

    assert len(set(seen)) == 1
    assert len(seen[0]) == 32
    assert headers == {b"a": b"b", b"x-request-id": seen[0].encode()}
    assert tracing.current() == "-"


def test_two_requests_have_two_ids() -> None:
    assert answered([])[0] != answered([])[0]


def test_an_id_that_a_proxy_gave_is_kept() -> None:
    assert answered([(b"x-request-id", GIVEN)])[0][0] == GIVEN.decode()


@pytest.mark.parametrize(
    "forged", [b"", b"short", b"x" * 65, b"two\nlines-of-log", b"with spaces in it", "ünï-code".encode()]
)
def test_what_is_no_id_is_not_taken_for_one(forged: bytes) -> None:
    assert answered([(b"x-request-id", forged)])[0][0].encode() != forged


def test_a_sockets_way_out_is_left_as_it_is() -> None:
    _, headers = answered([], kind="websocket")

    assert headers == {b"a": b"b"}


def test_a_line_of_the_log_is_marked() -> None:
    record = logging.LogRecord("a", logging.INFO, __file__, 1, "text", (), None)

    assert Marked().filter(record)
    assert record.__dict__["trace"] == "-"
