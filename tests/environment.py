"""The environment variables that the tests' settings are read from; nothing of the developer's own leaks in.

NGN_TEST_DATABASE chooses what the tests run on: `sqlite` (a file, in-memory channel layer; the default) or
`postgresql` (real PostgreSQL, real Redis).

With pytest's `-n` several processes share the work. Each prepares an environment of its own: its secrets, its file or
its database (pytest-django names it after the process), its number in Redis. Only the two servers are shared.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from config.place import new_secrets
from tests import servers

OPTIONAL = ("REDIS_URL", "STRIPE_API_BASE", "EMAIL_URL", "DEFAULT_FROM_EMAIL", "DEBUG", "LOG_LEVEL")
CHOICES = ("sqlite", "postgresql")
WORKER = "PYTEST_XDIST_WORKER"
"""Set by pytest-xdist in the processes that share the work: gw0, gw1..."""


def prepare() -> str:
    """Set os.environ for this run and start the servers that it needs; gives the choice made.

    Raises servers.ServerMissingError when one cannot be had and ValueError for an unknown choice.
    """
    choice = os.environ.get("NGN_TEST_DATABASE", "sqlite")
    if choice not in CHOICES:
        raise ValueError(f"NGN_TEST_DATABASE is {choice!r}; it can be {' or '.join(CHOICES)}")
    for name in OPTIONAL:
        os.environ.pop(name, None)
    os.environ.update(new_secrets())
    os.environ.update(_sqlite() if choice == "sqlite" else _servers())
    os.environ["PUBLIC_URL"] = "http://127.0.0.1:8000"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    return choice


def _sqlite() -> dict[str, str]:
    """A file, because threads and processes must see the same rows."""
    folder = Path(tempfile.mkdtemp(prefix="ngn-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return {"DATABASE_URL": f"sqlite:///{folder / 'ngn.sqlite3'}"}


def _servers() -> dict[str, str]:
    """The servers' addresses are left where the processes that this one may start look for them."""
    os.environ["TEST_DATABASE_URL"] = servers.postgresql_url()
    os.environ["TEST_REDIS_URL"] = servers.redis_url()
    return {
        "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
        "REDIS_URL": _own_number(os.environ["TEST_REDIS_URL"]),
    }


def _own_number(redis_url: str) -> str:
    """Redis keeps 16 databases apart by number. (What is published is heard in all, and addressed by random ids.)"""
    if WORKER not in os.environ:
        return redis_url
    number = int(os.environ[WORKER].removeprefix("gw")) + 1
    return urlunsplit(urlsplit(redis_url)._replace(path=f"/{number}"))


def leave_to_workers() -> None:
    """Settings are named by who has prepared what they read: processes that this one starts prepare their own."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
