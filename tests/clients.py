"""Processes of their own on one database: what threads cannot show, since they share an interpreter.

They are forked from a process that has set Django up and opened nothing, so that a dozen cost a second.
"""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

Outcome = TypeVar("Outcome")
PATIENCE_S = 120.0
END_S = 10.0


class ClientFailed(Exception):
    """A client's work ended in an exception, or its process ended; the message is its traceback."""


@dataclass(frozen=True, slots=True)
class Client:
    """One process, and the line to it."""

    process: BaseProcess
    line: Connection


@dataclass(frozen=True, slots=True)
class Clients:
    """So many processes that wait for work."""

    all: tuple[Client, ...]

    def run(self, work: Callable[..., Outcome], calls: Sequence[Mapping[str, Any]]) -> list[Outcome]:
        """Call `work` with the first arguments in the first client, and so on, at once; their outcomes in order.

        `work` must be found by its name in an importable module. Raises ClientFailed.
        """
        working = self.all[: len(calls)]
        assert len(working) == len(calls), "more calls than clients"
        for client, arguments in zip(working, calls, strict=True):
            client.line.send((work, dict(arguments)))
        return [_answer(client) for client in working]


@contextmanager
def clients(count: int, *, database_url: str, engine: str | None = None) -> Iterator[Clients]:
    """Start them, on a database that exists; `engine` names another backend than the product's own. Ends them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.clients_ready"])
    started = []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, database_url, engine), daemon=True)
            process.start()
            theirs.close()
            started.append(Client(process, ours))
        yield Clients(tuple(started))
    finally:
        for client in started:
            client.line.close()
        for client in started:
            _end(client.process)


def own_database_url() -> str:
    """The database that pytest-django made for this run, which is not the one that DATABASE_URL names."""
    from django.conf import settings  # noqa: PLC0415

    name = str(settings.DATABASES["default"]["NAME"])
    if os.environ["DATABASE_URL"].startswith("sqlite"):
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def _answer(client: Client) -> Any:
    if not client.line.poll(PATIENCE_S):
        raise ClientFailed(f"no answer within {PATIENCE_S:g} s")
    try:
        fine, outcome = client.line.recv()
    except EOFError:
        raise ClientFailed("the process ended") from None
    if not fine:
        raise ClientFailed(outcome)
    return outcome


def _end(process: BaseProcess) -> None:
    process.join(END_S)
    if process.is_alive():
        process.kill()
        process.join()
    process.close()


def _serve(line: Connection, database_url: str, engine: str | None) -> None:
    """The client's whole life. A closed line ends it."""
    _point_at(database_url, engine)
    while True:
        try:
            work, arguments = line.recv()
        except EOFError:
            return
        try:
            line.send((True, work(**arguments)))
        except Exception:  # noqa: BLE001  # it is told to whoever asked, who raises
            line.send((False, traceback.format_exc()))


def _point_at(database_url: str, engine: str | None) -> None:
    """The settings were read before this process knew its database."""
    from django.conf import settings  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    from config.environment import database_of  # noqa: PLC0415

    database = database_of(database_url)
    settings.DATABASES["default"].update(database | ({"ENGINE": engine} if engine else {}))
    del connections["default"]  # its wrapper, that was made for the other one; nothing has been opened
