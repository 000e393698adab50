"""Where a bench works: real databases of its own, gone when it ends."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from django.core.management import call_command

from tests import servers
from tests.clients import clients


@dataclass(frozen=True, slots=True)
class Database:
    """A database with our tables and nothing in them. `server_pid` is known of a server of our own."""

    url: str
    server_pid: int | None = None

    def processor_s(self) -> float:
        """The processor time that the server's living processes have used so far; 0 where nobody can tell."""
        return sum(map(_processor_s, _family(self.server_pid))) if self.server_pid else 0.0


@contextmanager
def postgresql() -> Iterator[Database]:
    """On TEST_DATABASE_URL's server if that is set, else on one of our own."""
    server = None if os.environ.get("TEST_DATABASE_URL") else _durable_server()
    server_url = server.url if server else os.environ["TEST_DATABASE_URL"]
    name = f"bench_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    try:
        _make_tables(url)
        yield Database(url, server.process.pid if server and server.process else None)
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def sqlite() -> Iterator[Database]:
    """In a file of its own."""
    with tempfile.TemporaryDirectory(prefix="ngn-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        _make_tables(url)
        yield Database(url)


def _durable_server() -> servers.Server:
    """The tests' server, but that a COMMIT waits for the disk, as it does in production."""
    server = servers.own_postgresql()
    server.stop()
    server.command = [part.replace("fsync=off", "fsync=on") for part in server.command]
    server.start()
    return server


def _make_tables(url: str) -> None:
    with clients(1, database_url=url) as one:
        one.run(_migrate, [{}])


def _migrate() -> None:
    call_command("migrate", verbosity=0)


def _family(pid: int) -> list[int]:
    """A process and its children, as Linux tells it."""
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    return [pid, *map(int, tasks.read_text().split())] if tasks.is_file() else []


def _processor_s(pid: int) -> float:
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    user, system = told.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
