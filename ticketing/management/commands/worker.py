"""`manage.py worker`: what must happen without anybody asking. Ends cleanly on SIGTERM and SIGINT."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from ticketing import background, cancellation, checkout, disputes, refunds
from ticketing.clock import utc_now
from ticketing.payments import upkeep, webhooks

_LOGGER = logging.getLogger(__name__)
_LOOK_S = 0.2
_IDLE_S = 1.0
_GRACE_S = 5.0
"""How long a task may go on after SIGTERM. One that is cut off begins anew when its lease is over."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Something to look after every so many seconds. It is told the time and tells how much there was to do."""

    work: Callable[..., int]
    every_s: float


SWEEPS = (
    Sweep(checkout.sweep_holds, 1),
    Sweep(webhooks.sweep, 1),
    Sweep(cancellation.sweep, 1),
    Sweep(refunds.sweep, 1),
    Sweep(disputes.sweep, 2),
    Sweep(upkeep.complete_orders, 2),
    Sweep(upkeep.fetch_missed_events, 180),
    Sweep(background.return_lost, 10),
    Sweep(background.prune, 3_600),
)


class Command(BaseCommand):
    """Sweep what waits for its time, and run the background tasks, each in a thread of its own."""

    help = "End holds whose time is up, finish stored webhooks, run background tasks such as mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--once: one round of everything, for cron and tests."""
        parser.add_argument("--once", action="store_true", help="do one round and end")
        parser.add_argument("--threads", type=int, default=4, help="background tasks that run at once")

    def handle(self, **options: Any) -> None:
        """Work until told to stop."""
        run_task = partial(background.run_next, worker=_name(), clock=utc_now)
        if options["once"]:
            for sweep in SWEEPS:
                _attempt(sweep)
            while _or_nothing("the queue", run_task):
                pass
            return
        stop = threading.Event()
        for wish in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wish, lambda *_: stop.set())
        # A thread for each: a Stripe that does not answer one of them keeps no other waiting.
        works = [partial(_sweep, sweep, stop) for sweep in SWEEPS]
        works += [partial(_run_tasks, run_task, stop)] * options["threads"]
        threads = [threading.Thread(target=work, daemon=True) for work in works]
        for thread in threads:
            thread.start()
        _LOGGER.info("at work: %s sweeps, %s tasks at once", len(SWEEPS), options["threads"])
        _wait(threads, stop)


def _name() -> str:
    """Who has a task, for people who look at its row; no two processes are ever called the same."""
    return f"{socket.gethostname()[:32]}:{os.getpid()}:{token_hex(4)}"


def _wait(threads: list[threading.Thread], stop: threading.Event) -> None:
    # Looked at, not waited for: a signal that came while this very thread held the event's lock would never return.
    while not stop.is_set() and all(thread.is_alive() for thread in threads):
        time.sleep(_LOOK_S)
    asked = stop.is_set()
    stop.set()
    deadline = time.monotonic() + _GRACE_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    if not asked:
        raise CommandError("a thread of the worker ended by itself")
    if left := sum(thread.is_alive() for thread in threads):
        _LOGGER.warning("%s at work were cut off after %s s", left, _GRACE_S)


def _sweep(sweep: Sweep, stop: threading.Event) -> None:
    while not stop.is_set():
        _attempt(sweep)
        stop.wait(sweep.every_s)


def _attempt(sweep: Sweep) -> None:
    name = f"{sweep.work.__module__}.{sweep.work.__name__}"
    if done := _or_nothing(name, lambda: sweep.work(now=utc_now())):
        _LOGGER.info("%s settled %s", name, done)


def _run_tasks(run_task: Callable[[], bool], stop: threading.Event) -> None:
    while not stop.is_set():
        if not _or_nothing("the queue", run_task):
            stop.wait(_IDLE_S)


def _or_nothing(name: str, work: Callable[[], int]) -> int:
    """What the work gives, or 0: its failure (a database that restarts) must end neither it nor anything else."""
    try:
        close_old_connections()
        done = work()
        close_old_connections()
    except Exception:
        _LOGGER.exception("%s failed; it goes on", name)
        return 0
    return done
