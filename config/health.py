"""Is the process alive, and can it do its work?"""

from __future__ import annotations

import logging
from collections.abc import Callable

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection
from django.http import HttpRequest, JsonResponse

from realtime.server import draining

_LOGGER = logging.getLogger(__name__)


def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "alive"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """This process takes new work: its database and channel layer answer, and it is not ending. 503 names why not."""
    checks = (("database", _database), ("channel_layer", _layer))
    failing = (
        ["ending"] if draining.is_draining() else [name for name, works in checks if not _answers(works)]
    )
    status = {"status": "not ready" if failing else "ready", "failing": failing}
    return JsonResponse(status, status=503 if failing else 200)


def _answers(check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception:
        _LOGGER.exception("not ready")
        return False
    return True


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _layer() -> None:
    # A message to a group that nobody has joined: it costs a round trip, and reaches nobody.
    async_to_sync(get_channel_layer().group_send)("readiness", {"type": "show.entry"})
