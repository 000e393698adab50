"""Alive, and able to work: two different questions."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from config.place import ROOT
from tests.servers import free_port

ASK = """
import django
django.setup()
from django.test import Client
for path in ("/healthz", "/readyz"):
    answer = Client(headers={"host": "127.0.0.1"}).get(path)
    print(answer.status_code, answer.json())
"""


@pytest.mark.database
@pytest.mark.django_db
def test_a_process_with_its_database_and_its_layer_is_alive_and_ready() -> None:
    alive, ready = Client().get("/healthz"), Client().get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "failing": []})


@pytest.mark.database
@pytest.mark.django_db
def test_without_its_channel_layer_it_is_alive_and_not_ready(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [f"redis://127.0.0.1:{free_port()}/0"]},
        }
    }

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["failing"]) == (503, ["channel_layer"])
    assert Client().get("/healthz").status_code == 200


def test_without_its_database_it_is_alive_and_not_ready() -> None:
    variables = {**os.environ, "DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3", "REDIS_URL": ""}

    answer = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
    )

    assert answer.stdout.splitlines() == [
        "200 {'status': 'alive'}",
        "503 {'status': 'not ready', 'failing': ['database']}",
    ]
