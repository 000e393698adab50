"""The log says what happened, and nothing that opens a door."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from config import logs
from config.place import ROOT
from ticketing.models.orders import new_token

TOKEN = new_token()
# A process of its own: pytest's logging is not the product's.
SPEAK = """
import logging, sys
import django
django.setup()
logging.getLogger("a.view").warning("Not Found: %s", f"/o/{sys.argv[1]}/nothing")
try:
    int(f"/o/{sys.argv[1]}/")
except ValueError:
    logging.getLogger("a.view").exception("broken")
"""
CALL = """
import django
django.setup()
from django.test import Client
print(Client(headers={"host": "made-up.example"}).get("/healthz/nothing").status_code)
"""


@pytest.mark.parametrize(
    "path", ["/o/{}/", "/o/{}", "https://ngn.test/o/{}/calendar.ics", "/o/{}/cancel/?x=1"]
)
def test_an_orders_token_is_taken_out_of_every_address(path: str) -> None:
    assert logs.redacted(f"GET {path.format(TOKEN)} 404") == f"GET {path.format('...')} 404"


@pytest.mark.parametrize("path", ["/o/short/", "/e/{}/", "/o/{}x/"])
def test_what_is_no_orders_address_is_left_alone(path: str) -> None:
    text = path.format(TOKEN)

    assert logs.redacted(text) == text


def test_arguments_and_tracebacks_are_redacted_too() -> None:
    _, said = _run(SPEAK, TOKEN)

    assert "WARNING a.view [-] Not Found: /o/.../nothing" in said
    assert "ValueError: invalid literal for int() with base 10: '/o/.../'" in said
    assert TOKEN not in said


def test_as_json_each_line_is_one_object_redacted_too() -> None:
    _, said = _run(SPEAK, TOKEN, LOG_FORMAT="json")

    told, broken = (json.loads(line) for line in said.splitlines())

    assert (told["level"], told["logger"], told["trace"]) == ("WARNING", "a.view", "-")
    assert told["message"] == "Not Found: /o/.../nothing"
    assert told["at"].endswith("+00:00")
    assert "'/o/.../'" in broken["traceback"]
    assert TOKEN not in said


def test_a_made_up_host_is_one_quiet_line() -> None:
    answered, said = _run(CALL)

    assert answered.strip() == "400"
    assert [line for line in said.splitlines() if "DisallowedHost" in line] == said.splitlines()
    assert "WARNING django.security.DisallowedHost" in said
    assert len(said.splitlines()) == 1


def _run(script: str, *arguments: str, **more: str) -> tuple[str, str]:
    command = [sys.executable, "-c", script, *arguments]
    variables = {**os.environ, "LOG_LEVEL": "INFO", **more}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    return done.stdout, done.stderr
