"""The real product in its real processes, started by the launcher that `make run` uses."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.place import ROOT, Place, environment
from tests.servers import free_port

START_SECONDS = 120.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Product:
    """A running demo: where it is, and a way to run its management commands."""

    place: Place
    demo: dict[str, Any]

    @property
    def url(self) -> str:
        """Without a slash at the end, like PUBLIC_URL."""
        return self.place.web_url

    @property
    def simulator_url(self) -> str:
        return self.place.simulator_url

    def manage(self, *arguments: str) -> str:
        """What a management command prints, run against this product's database."""
        return _manage(self.place, *arguments)


@contextlib.contextmanager
def running_product(folder: Path) -> Iterator[Product]:
    """Start everything but the crowd with its data in `folder`, and end it by its process id."""
    with launched(folder) as launcher:
        yield Product(place=launcher.place, demo=json.loads(_manage(launcher.place, "demo", "--json")))


class Launcher:
    """The launcher's process, and all that it has said so far."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._lines: list[str] = []
        self._ready = threading.Event()
        self._process = _start(place)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def said(self) -> str:
        return "".join(self._lines)

    def wait_until_ready(self) -> None:
        """Raises RuntimeError with its words when it ends, or says nothing of being ready, in time."""
        in_time = self._ready.wait(START_SECONDS)
        if not in_time or "ready: " not in self.said():
            raise RuntimeError(f"the product did not start:\n{self.said()}")

    def send_signal(self, wish: signal.Signals) -> None:
        self._process.send_signal(wish)

    def wait(self, *, timeout: float) -> int:
        """Its exit code, once it has ended and all its words are read."""
        code = self._process.wait(timeout=timeout)
        self._reader.join(timeout=timeout)
        return code

    def stop(self) -> None:
        self.send_signal(signal.SIGINT)
        try:
            self.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise RuntimeError(f"the launcher did not stop within {STOP_SECONDS:.0f} s of SIGINT") from None

    def _read(self) -> None:
        # To the end: a pipe that nobody empties would stop the launcher in the middle of a word.
        assert self._process.stdout is not None
        with self._process.stdout as words:
            for line in words:
                self._lines.append(line)
                if line.startswith("ready: "):
                    self._ready.set()
        self._ready.set()


@contextlib.contextmanager
def launched(folder: Path) -> Iterator[Launcher]:
    """A launcher that is ready, on free ports, without a crowd; stopped in the end if it still runs."""
    launcher = Launcher(Place(data=folder, port=free_port(), simulator_port=free_port()))
    try:
        launcher.wait_until_ready()
        yield launcher
    finally:
        launcher.stop()


def _start(place: Place) -> subprocess.Popen[str]:
    ports = ["--port", str(place.port), "--simulator-port", str(place.simulator_port)]
    return subprocess.Popen(
        [sys.executable, "-m", "config.launch", "--no-crowd", "--data", str(place.data), *ports],
        cwd=ROOT,
        env=_without_test_settings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _manage(place: Place, *arguments: str) -> str:
    variables = environment(place, base=_without_test_settings())
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


def _without_test_settings() -> dict[str, str]:
    """This process holds the settings of the tests' own database: the product is to have its own."""
    dropped = {"DATABASE_URL", "REDIS_URL"}
    return {name: value for name, value in os.environ.items() if name not in dropped}
