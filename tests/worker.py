"""`manage.py worker` as a process of its own, on the tests' database and with a mail server of the test's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.place import ROOT
from tests.daphne import own_database

PATIENCE_S = 60.0
NO_STRIPE = "http://127.0.0.1:1"  # nobody listens there: the sweeps find no Stripe, and go on


@dataclass(frozen=True, slots=True)
class Worker:
    """A running worker and all that it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """As the kernel does when memory is short: no time for last words."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def until(self, reached: Callable[[], bool]) -> None:
        """Wait for something to become true while it runs. Raises AssertionError with its words."""
        give_up = time.monotonic() + PATIENCE_S
        while not reached():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < give_up, self.said()
            time.sleep(0.05)


@contextmanager
def worker(*, mail_url: str, environment: Mapping[str, str] | None = None) -> Iterator[Worker]:
    """Start one, wait until it is at work, end it by its process id; `environment` may name another database."""
    variables = {"EMAIL_URL": mail_url, "STRIPE_API_BASE": NO_STRIPE, **(environment or own_database())}
    with tempfile.TemporaryDirectory(prefix="ngn-worker-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as words:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "worker"],
                cwd=ROOT,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
            )
        running = Worker(process=process, log=log)
        try:
            running.until(lambda: "at work" in running.said())
            yield running
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(PATIENCE_S)
