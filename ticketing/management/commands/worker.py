"""`manage.py worker`: what must happen without anybody asking. Ends cleanly on SIGTERM and SIGINT."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from ticketing import checkout
from ticketing.clock import utc_now
from ticketing.payments import webhooks

_LOGGER = logging.getLogger(__name__)
_EVERY_S = 1.0


class Command(BaseCommand):
    """Sweep holds whose time is up, and webhooks that were stored but not finished."""

    help = "End holds whose time is up; finish webhooks that were stored but not processed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--once: one round, for cron and tests."""
        parser.add_argument("--once", action="store_true", help="do one round and end")

    def handle(self, **options: Any) -> None:
        """Work until told to stop."""
        stop = threading.Event()
        if options["once"]:
            _round()
            return
        for wish in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wish, lambda *_: stop.set())
        while not stop.is_set():
            _round()
            stop.wait(_EVERY_S)


def _round() -> None:
    for sweep in (checkout.sweep_holds, webhooks.sweep):
        _attempt(sweep)


def _attempt(sweep: Callable[..., int]) -> None:
    """One sweep's failure (a database that restarts) must not end the others."""
    close_old_connections()
    now: datetime = utc_now()
    try:
        if done := sweep(now=now):
            _LOGGER.info("%s settled %s", sweep.__name__, done)
    except Exception:
        _LOGGER.exception("%s failed; it goes on", sweep.__name__)
    finally:
        close_old_connections()
