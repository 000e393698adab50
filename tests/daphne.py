"""A real Daphne process on the tests' own database, for tests that need real sockets."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from config.place import ROOT
from tests.servers import free_port

START_S = 90.0


@dataclass(frozen=True, slots=True)
class Daphne:
    """Where a web process listens."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"


@contextmanager
def daphne(
    *flags: str, port: int | None = None, variables: Mapping[str, str] | None = None
) -> Iterator[Daphne]:
    """Start one, wait until it is ready, end it by its process id; on any free port, or where an earlier one was.

    With `--processes` it is the parent of several.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "config.serve", "--port", str(port), *flags]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **own_database(), **(variables or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said: list[bytes] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
    reader.start()
    server = Daphne(port=port, process=process)
    try:
        _wait(server, said)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=15)
        reader.join(timeout=5)
        process.stdout.close()


def own_database() -> dict[str, str]:
    """The database that pytest-django made, which is not the one that DATABASE_URL names."""
    name = str(settings.DATABASES["default"]["NAME"])
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return {"DATABASE_URL": f"sqlite:///{name}"}
    parts = urlsplit(os.environ["DATABASE_URL"])
    return {"DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}


def _wait(server: Daphne, said: list[bytes]) -> None:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/readyz", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("daphne did not start:\n" + b"".join(said).decode())
