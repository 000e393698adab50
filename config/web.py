"""One web process: `config.serve` starts it, once or several times on one socket."""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import socket
import sys
from dataclasses import replace
from typing import Any

from config.listening import open_listener
from realtime import tuning
from realtime.server.limits import BadLimit, Limits
from realtime.server.web_server import WebServer


def main() -> None:
    arguments = _arguments()
    application = _application(arguments.application)
    try:
        limits = _limits(arguments.limit)
    except BadLimit as problem:
        sys.exit(str(problem))
    _allow_many_sockets()
    listener = _listener(arguments)
    tuning.tune()
    WebServer(
        application,
        listener=listener,
        limits=limits,
        is_behind_proxy=arguments.behind_proxy,
        parent=arguments.parent,
    ).run()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fd", type=int, help="an inherited socket that listens already")
    parser.add_argument(
        "--parent", type=int, help="an inherited pipe: this process ends when its other end closes"
    )
    parser.add_argument("--behind-proxy", action="store_true")
    parser.add_argument("--limit", action="append", default=[])
    parser.add_argument("--application", default="config.asgi:application")
    return parser.parse_args()


def _application(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def _limits(changes: list[str]) -> Limits:
    from django.conf import settings  # noqa: PLC0415  # the application has named and read them by now

    usual = replace(Limits(), connections_per_address=settings.ENV.connections_per_address)
    return usual.with_changes(changes)


def _listener(arguments: argparse.Namespace) -> socket.socket:
    if arguments.fd is not None:
        return socket.socket(fileno=arguments.fd)
    return open_listener(arguments.host, arguments.port)


def _allow_many_sockets() -> None:
    """As many as the machine lets us: the soft limit is often 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
