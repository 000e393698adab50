"""The whole product on this machine: `make run`.

Starts the Stripe simulator, the web process, the worker and a crowd of simulated fans, prints `ready: URL` and who can
log in where, and ends all of them on Ctrl-C. Data and secrets stay in the data folder: the next start uses them.
"""

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from config import processes
from config.place import ROOT, Place, environment
from config.probe import answers
from config.processes import Child

READY_SECONDS = 90.0
STOP_SECONDS = 12.0  # more than the web process takes to drain
LOOK_SECONDS = 0.2


class LaunchError(Exception):
    """The demo cannot start, or could not go on; the message is what the person at the terminal reads."""


class Interrupted(Exception):
    """Somebody asked the launcher to stop while it was still starting."""


def main() -> None:
    arguments = _arguments()
    try:
        place = _place(arguments)
        with _only_one(place):
            _reset(place) if arguments.reset else _run(place, crowd=arguments.crowd)
    except LaunchError as problem:
        sys.exit(f"\n{problem}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT / "var", help="where the demo's data live")
    parser.add_argument("--port", default=os.environ.get("PORT") or "8000")
    parser.add_argument("--simulator-port", default=os.environ.get("SIMULATOR_PORT") or "8100")
    parser.add_argument("--reset", action="store_true", help="forget the demo's data instead of running it")
    crowd = os.environ.get("CROWD", "on").lower() not in ("off", "0", "no", "false")
    parser.add_argument(
        "--no-crowd", dest="crowd", action="store_false", default=crowd, help="nobody buys by itself"
    )
    return parser.parse_args()


def _place(arguments: argparse.Namespace) -> Place:
    port = _port("PORT", arguments.port)
    simulator_port = _port("SIMULATOR_PORT", arguments.simulator_port)
    if port == simulator_port:
        raise LaunchError(f"PORT and SIMULATOR_PORT are both {port}: each needs a port of its own")
    return Place(data=arguments.data.resolve(), port=port, simulator_port=simulator_port)


def _port(variable: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 65_536):
        raise LaunchError(f"{text!r} is no port: {variable} is a number from 1 to 65535")
    return int(text)


@contextlib.contextmanager
def _only_one(place: Place) -> Iterator[None]:
    """Two launchers, or a reset under a running one, would share a data folder: the second is told so."""
    with _folder(place.data), (place.data / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchError(
                f"{_holder(lock)} already runs with {place.data}: stop it first (Ctrl-C there)"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextlib.contextmanager
def _folder(data: Path) -> Iterator[None]:
    """The data folder, made when it is not there; taken away again when a refused start has put nothing in it."""
    is_new = not data.exists()
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise LaunchError(f"{data} cannot be the data folder: {reason.strerror}") from None
    try:
        yield
    except LaunchError:
        if is_new and [item.name for item in data.iterdir()] == ["run.lock"]:
            (data / "run.lock").unlink()
            data.rmdir()
        raise


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    return f"process {lock.read().strip() or '?'}"


def _reset(place: Place) -> None:
    for item in place.data.iterdir():
        if item.name == "run.lock":
            continue
        shutil.rmtree(item) if item.is_dir() and not item.is_symlink() else item.unlink()
    print(f"{place.data} is empty; the next `make run` starts a new demo")


def _run(place: Place, *, crowd: bool) -> None:
    _refuse_taken_ports(place)
    demo = Demo(place)
    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish, lambda *_: demo.stopping.set())
    try:
        demo.start(crowd=crowd)
        demo.watch()
    except Interrupted:
        pass
    finally:
        processes.end(list(reversed(demo.children)), patience_seconds=STOP_SECONDS)
    print("stopped", flush=True)


@dataclass(slots=True)
class Demo:
    """The running processes of one place."""

    place: Place
    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    variables: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.variables = environment(self.place, base=os.environ)

    def start(self, *, crowd: bool) -> None:
        """Everything up and answering, and the address on the terminal."""
        place = self.place
        simulator = ("--port", str(place.simulator_port), "--data", str(place.data / "simulator.sqlite3"))
        self._keep("simulator", "-m", "ticketing.simulator", "--host", "127.0.0.1", *simulator)
        self._finish("migrate", "manage.py", "migrate", "--no-input")
        self._keep("web", "-m", "config.serve", "--host", "127.0.0.1", "--port", str(place.port))
        self._answers(place.simulator_port, "/healthz")
        self._answers(place.port, "/readyz")
        # The worker has nothing to do yet: on two cores it would only keep the demo waiting.
        who = self._finish("demo", "manage.py", "demo")
        self._keep("worker", "manage.py", "worker")
        if crowd:
            memory = str(place.data / "crowd.json")
            self._keep("crowd", "-m", "config.crowd", "--site", place.web_url, "--memory", memory)
        print(f"\nready: {place.web_url}/\n\n{who.rstrip()}\n", flush=True)
        print(f"simulated Stripe: {place.simulator_url}/dashboard", flush=True)
        print(f"mail (codes for signing in, too): {place.mail}, the newest file last", flush=True)
        print(f"logs: {place.data / 'log'}; Ctrl-C stops everything", flush=True)

    def watch(self) -> None:
        """Until somebody asks to stop. Raises LaunchError when a child ends by itself."""
        while not self.stopping.wait(LOOK_SECONDS):
            self._all_alive()

    def _keep(self, name: str, *command: str) -> None:
        print(f"[run] starting {name}", flush=True)
        self.children.append(self._start(name, command, apart=False))

    def _finish(self, name: str, *command: str) -> str:
        """Run a command to its end and give what it printed."""
        print(f"[run] {' '.join(command)}", flush=True)
        child = self._start(name, command, apart=True)
        self.children.append(child)
        while child.ended is None:
            self._pause()
        if child.ended != 0:
            raise LaunchError(f"{child.last_words()}\n{name} failed with code {child.ended}: see {child.log}")
        self.children.remove(child)
        return child.answers.read_text() if child.answers else ""

    def _start(self, name: str, command: tuple[str, ...], *, apart: bool) -> Child:
        logs = self.place.data / "log"
        words = [sys.executable, *command]
        return processes.start(name, words, environment=self.variables, logs=logs, apart=apart)

    def _answers(self, port: int, path: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(f"http://127.0.0.1:{port}{path}"):
            self._all_alive()
            if time.monotonic() > deadline:
                words = "\n".join(child.last_words() for child in self.children)
                raise LaunchError(f"{words}\nport {port} did not answer {path} within {READY_SECONDS:.0f} s")
            self._pause()

    def _all_alive(self) -> None:
        for child in self.children:
            if child.ended is not None:
                raise LaunchError(
                    f"{child.last_words()}\n{child.name} ended by itself (code {child.ended}): see {child.log}"
                )

    def _pause(self) -> None:
        if self.stopping.wait(LOOK_SECONDS):
            raise Interrupted


def _refuse_taken_ports(place: Place) -> None:
    for variable, port in (("PORT", place.port), ("SIMULATOR_PORT", place.simulator_port)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as reason:
                raise LaunchError(
                    f"port {port} cannot be had ({reason.strerror}): stop what uses it, or choose another one: "
                    f"make run {variable}={port + 1}"
                ) from None


if __name__ == "__main__":
    main()
