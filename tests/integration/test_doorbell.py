"""The doorbell: whoever rings does not wait, and whoever listens hears; through the layer of the run and real Redis."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from realtime import doorbell
from realtime.doorbell import Bell
from tests.servers import Server
from ticketing.log import Announcement

pytestmark = [pytest.mark.database]  # its layer is another one there

SHOW = uuid4()
PATIENCE_S = 10.0


def told(seq: int, show: UUID = SHOW) -> Announcement:
    return Announcement(event_id=show, seq=seq, body="{}")


class Listener:
    """One channel in the show's group."""

    def __init__(self, channel: str) -> None:
        self.channel = channel

    async def hears(self, count: int) -> list[int]:
        """The `seq`s of the next rings."""
        async with asyncio.timeout(PATIENCE_S):
            return [(await get_channel_layer().receive(self.channel))["seq"] for _ in range(count)]


@asynccontextmanager
async def listening(show: UUID = SHOW) -> AsyncIterator[Listener]:
    layer = get_channel_layer()
    channel = await layer.new_channel("test.")
    await layer.group_add(doorbell.group_of(show), channel)
    yield Listener(channel)
    await layer.group_discard(doorbell.group_of(show), channel)


@pytest.fixture
def redis_layer(own_redis: Server, settings: Settings) -> Server:
    """A real Redis between us and whoever listens, whatever the run's layer is."""
    hosts = [{"address": own_redis.url, "socket_timeout": None}]
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": hosts, "prefix": "ngn"},
        }
    }
    return own_redis


@pytest.fixture(autouse=True)
def nobody_hears_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "_heard_in", None)


# --- who hears ----------------------------------------------------------------------------------------------------


async def test_a_view_rings_in_the_loop_that_called_it() -> None:
    async with listening() as listener:
        await sync_to_async(doorbell.ring)(told(1))

        assert await listener.hears(1) == [1]


async def test_a_thread_of_nobodys_rings_in_the_loop_in_which_the_hub_hears() -> None:
    doorbell.heard_in(asyncio.get_running_loop())

    async with listening() as listener:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(doorbell.ring, told(1)).result()

        assert await listener.hears(1) == [1]


async def test_a_process_without_a_loop_rings_from_one_of_the_doorbells_own(redis_layer: Server) -> None:
    async with listening() as listener:
        with ThreadPoolExecutor(1) as pool:
            for seq in (1, 2, 3):
                pool.submit(doorbell.ring, told(seq)).result()

        assert await listener.hears(3) == [1, 2, 3]


async def test_rings_keep_their_order_and_are_none_of_another_shows_business() -> None:
    doorbell.heard_in(asyncio.get_running_loop())

    def ring_often() -> None:
        for seq in range(1, 201):
            doorbell.ring(told(seq))
            doorbell.ring(told(seq, show=uuid4()))

    async with listening() as listener:
        await asyncio.to_thread(ring_often)

        assert await listener.hears(200) == list(range(1, 201))


async def test_a_hub_whose_loop_has_ended_is_not_rung_at(redis_layer: Server) -> None:
    ended = asyncio.new_event_loop()
    ended.close()
    doorbell.heard_in(ended)

    async with listening() as listener:
        doorbell.ring(told(1))

        assert await listener.hears(1) == [1]


# --- what goes wrong ----------------------------------------------------------------------------------------------


def test_nobody_waits_for_a_layer_that_is_away(redis_layer: Server) -> None:
    redis_layer.kill()

    began = time.perf_counter()
    for seq in range(100):
        doorbell.ring(told(seq))

    assert time.perf_counter() - began < 0.5


async def test_after_redis_was_away_the_next_ring_is_heard_again(redis_layer: Server) -> None:
    doorbell.ring(told(1))
    redis_layer.kill()
    doorbell.ring(told(2))
    await asyncio.to_thread(all_went_out)

    redis_layer.start()

    async with listening() as listener:
        doorbell.ring(told(3))

        assert await listener.hears(1) == [3]


def all_went_out() -> None:
    bell, patience_ends = doorbell._bell_of(doorbell._own_loop()), time.monotonic() + PATIENCE_S
    while not bell.idle:
        assert time.monotonic() < patience_ends
        time.sleep(0.01)


async def test_what_finds_no_room_is_dropped_and_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    bell = Bell(asyncio.get_running_loop(), capacity=2)

    async with listening() as listener:
        for seq in range(1, 6):  # the loop cannot send yet: it is here
            assert bell.put(doorbell.group_of(SHOW), _ring(seq))
        heard = await listener.hears(2)
        bell.put(doorbell.group_of(SHOW), _ring(6))

        assert heard + await listener.hears(1) == [1, 2, 6]
    assert [record.getMessage() for record in caplog.records] == ["the layer is slow: 3 rings found no room"]


async def test_a_bell_whose_sending_was_cut_off_rings_again() -> None:
    bell = Bell(asyncio.get_running_loop())
    bell.put(doorbell.group_of(SHOW), _ring(1))
    await asyncio.sleep(0)
    assert bell._task is not None
    bell._task.cancel()
    await asyncio.gather(bell._task, return_exceptions=True)

    async with listening() as listener:
        bell.put(doorbell.group_of(SHOW), _ring(2))

        assert await listener.hears(1) in ([1], [2])


def _ring(seq: int) -> dict[str, Any]:
    return {"type": "show.entry", "event_id": str(SHOW), "seq": seq, "body": "{}"}


# --- the process's end --------------------------------------------------------------------------------------------

RINGS_AND_ENDS = """
import os, sys, django
django.setup()
from uuid import UUID
from realtime import doorbell
from ticketing.log import Announcement

def ring(seq):
    doorbell.ring(Announcement(event_id=UUID(sys.argv[1]), seq=seq, body="{}"))

ring(1)
if child := os.fork():
    os.waitpid(child, 0)
    ring(3)
else:
    ring(2)
"""


async def test_what_a_process_and_its_fork_rang_last_still_goes_out(redis_layer: Server) -> None:
    environment = {
        "REDIS_URL": redis_layer.url,
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": django_settings.ENV.secret_key,
        "DATABASE_URL": django_settings.ENV.database_url,
        "PUBLIC_URL": django_settings.ENV.public_url,
        "STRIPE_API_KEY": django_settings.ENV.stripe_api_key,
        "STRIPE_WEBHOOK_SECRETS": ",".join(django_settings.ENV.stripe_webhook_secrets),
        "STRIPE_CONNECT_WEBHOOK_SECRETS": ",".join(django_settings.ENV.stripe_connect_webhook_secrets),
    }
    command = [sys.executable, "-W", "error", "-c", RINGS_AND_ENDS, str(SHOW)]

    async with listening() as listener:
        done = await asyncio.to_thread(
            subprocess.run,
            command,
            env=environment,
            cwd=django_settings.BASE_DIR,
            capture_output=True,
            check=False,
        )

        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert sorted(await listener.hears(3)) == [1, 2, 3]
