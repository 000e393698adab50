"""Who is at the door while processes die and Redis is away: what nobody says any more runs out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import pytest
from channels.db import database_sync_to_async

from realtime.presence import SILENT_S
from realtime.protocol import CloseCode
from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_member, a_show, a_venue
from tests.gateway_client import GatewayClient, connected
from tests.integration.test_rights_end import browser_of, cookie_of
from tests.servers import Server
from ticketing import pairing
from ticketing.clock import utc_now
from ticketing.models import Role

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Made = TypeVar("Made")
Devices = dict[str, dict[str, Any]]


async def made(make: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
    result: Made = await database_sync_to_async(partial(make, *args, **kwargs))()
    return result


class House:
    """A show with two phones, and its owner's browser."""

    def __init__(self) -> None:
        venue = a_venue()
        self.event = a_show(venue=venue)
        self.a, self.token_a = a_device(self.event, name="Door A", now=utc_now())
        self.b, self.token_b = a_device(self.event, name="Door B", now=utc_now())
        self.cookie = cookie_of(browser_of(a_member(venue, Role.OWNER)))
        self.door, self.sales = f"door:{self.event.pk}", f"sales:{self.event.pk}"


@asynccontextmanager
async def following(gateway: Daphne, topic: str, **who: str) -> AsyncIterator[GatewayClient]:
    async with connected(gateway.socket_url, **who) as client:
        await client.ask("subscribe", "joined", topic=topic)
        yield client


async def until(
    watcher: GatewayClient,
    alive: tuple[GatewayClient, ...],
    fits: Callable[[Devices], bool],
    *,
    within_s: float = 30.0,
) -> list[Devices]:
    """The lists that the watcher is told until one fits, while these phones go on saying that they are there."""
    lists: list[Devices] = []
    give_up = time.monotonic() + within_s
    while not (lists and fits(lists[-1])):
        assert time.monotonic() < give_up, lists[-1:]
        await asyncio.sleep(0.5)
        for client in (watcher, *alive):
            await client.ask("ping", "pong", at=1)
        lists += [
            {device["name"]: device for device in message["devices"]}
            for message in watcher.waiting
            if message["t"] == "presence"
        ]
        watcher.waiting.clear()
    return lists


def online(*names: str) -> Callable[[Devices], bool]:
    return lambda devices: {name for name, device in devices.items() if device["online"]} == set(names)


async def test_a_process_that_dies_takes_its_phones_with_it_but_for_those_that_come_back(
    own_redis: Server,
) -> None:
    house = await made(House)
    redis = {"REDIS_URL": own_redis.url}
    with daphne(variables=redis) as here, daphne(variables=redis) as there:
        async with following(here, house.sales, cookie=house.cookie) as office:
            async with (
                following(there, house.door, token=house.token_a) as a,
                following(there, house.door, token=house.token_b) as b,
            ):
                await until(office, (a, b), online("Door A", "Door B"))
                there.process.kill()
                await a.close_code()
            killed_at = time.monotonic()
            async with following(here, house.door, token=house.token_a) as a:
                lists = await until(office, (a,), online("Door A"), within_s=SILENT_S + 15)
                took_s = time.monotonic() - killed_at

    assert took_s > SILENT_S / 2, "a phone is not given up in the moment its process dies"
    assert all(len(devices) == 2 and devices["Door A"]["online"] for devices in lists)


async def test_what_is_said_while_redis_is_away_is_heard_when_it_is_back(own_redis: Server) -> None:
    house = await made(House)
    redis = {"REDIS_URL": own_redis.url}
    with daphne(variables=redis) as here, daphne(variables=redis) as there:
        async with (
            following(here, house.sales, cookie=house.cookie) as office,
            following(there, house.door, token=house.token_a) as a,
        ):
            await until(office, (a,), online("Door A"))
            own_redis.kill()
            await a.push("heartbeat", unsent=7)
            own_redis.start()
            lists = await until(office, (a,), lambda devices: devices["Door A"]["unsent"] == 7)

    assert all(devices["Door A"]["online"] for devices in lists)


async def test_rights_end_also_while_redis_is_away(own_redis: Server) -> None:
    house = await made(House)
    redis = {"REDIS_URL": own_redis.url}
    with daphne(variables=redis) as there:
        async with following(there, house.door, token=house.token_a) as phone:
            own_redis.kill()
            await made(pairing.revoke, device_id=house.a.pk, event_id=house.event.pk, now=utc_now())
            code = await phone.close_code()

    assert code == CloseCode.NOT_AUTHORISED_ANY_MORE
