"""What the locks are for: test_overselling fails in a copy of this tree from which they were taken out.

The product has no switch for that, and must have none: the copy is patched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from django.conf import settings

from config.place import ROOT

pytestmark = pytest.mark.database

TEST = (
    "tests/faults/test_overselling.py::test_fifteen_buyers_in_five_processes_get_exactly_the_seats_there_are"
)
COPIED = (
    *("bouncer_client", "config", "dashboards", "realtime", "tests", "ticketing"),
    *("manage.py", "pyproject.toml"),
)
PATIENCE_S = 300

Patch = tuple[str, str, str]
"""A file, what is taken out of it, and what stands there instead."""

# PostgreSQL: buyers neither queue for the show nor lock its ticket types.
ON_POSTGRESQL: tuple[Patch, ...] = (
    ("ticketing/holds.py", "pg_advisory_xact_lock(hashtextextended(%(event)s, 0))", "%(event)s::text"),
    ("ticketing/holds.py", "    FOR NO KEY UPDATE OF t\n", ""),
)
# SQLite: transactions begin without the lock of whoever will write.
ON_SQLITE: tuple[Patch, ...] = (("config/environment.py", '"IMMEDIATE"', '"DEFERRED"'),)


def test_without_the_locks_buyers_in_several_processes_no_longer_all_get_an_answer(tmp_path: Path) -> None:
    on_postgresql = "postgresql" in settings.DATABASES["default"]["ENGINE"]
    copy_of_the_tree(tmp_path)
    for patch in ON_POSTGRESQL if on_postgresql else ON_SQLITE:
        apply(patch, tmp_path)

    code, said = run_pytest(tmp_path, TEST)

    # The same test, unpatched, is a part of this suite.
    assert code == pytest.ExitCode.TESTS_FAILED, said
    assert "1 failed" in said, said
    # What stops the sale is the net below the locks; a fan gets an error for it instead of an answer.
    assert ("never_beyond_allocation" if on_postgresql else "database is locked") in said, said


def copy_of_the_tree(folder: Path) -> None:
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)


def apply(patch: Patch, folder: Path) -> None:
    name, before, after = patch
    text = (folder / name).read_text()
    assert text.count(before) == 1, f"{name} has changed: where is its lock now?"
    (folder / name).write_text(text.replace(before, after))


def run_pytest(folder: Path, test: str) -> tuple[int, str]:
    """Its exit code, and all that it says."""
    ours = ("PYTEST_", "PYTHONPATH", "DJANGO_SETTINGS_MODULE")  # what this run has told its own processes
    variables = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    if server := variables.get("TEST_DATABASE_URL"):
        # On this run's server, beside its database.
        variables["TEST_DATABASE_URL"] = urlunsplit(urlsplit(server)._replace(path=f"/locks_{uuid4().hex}"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-vv", test],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
