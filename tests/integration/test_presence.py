"""Who is at the door, as phones and the office see it: over real sockets, through two processes where there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.urls import reverse

from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_member, a_show, a_venue
from tests.gateway_client import GatewayClient, connected
from tests.integration.test_rights_end import browser_of, cookie_of, post
from ticketing.clock import utc_now
from ticketing.models import Device, Role

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Made = TypeVar("Made")


@pytest.fixture(scope="module")
def gateways(django_db_setup: None) -> Iterator[tuple[Daphne, Daphne]]:
    """Two processes where they can hear each other, else the same one twice."""
    with daphne() as first:
        if "InMemory" in str(settings.CHANNEL_LAYERS["default"]["BACKEND"]):
            yield first, first
            return
        with daphne() as second:
            yield first, second


async def made(make: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
    """Run ORM code beside the event loop."""
    result: Made = await database_sync_to_async(partial(make, *args, **kwargs))()
    return result


class House:
    """A show with two phones, and its owner's browser."""

    def __init__(self) -> None:
        venue = a_venue()
        self.event = a_show(venue=venue)
        self.a, self.token_a = a_device(self.event, name="Door A", now=utc_now())
        self.b, self.token_b = a_device(self.event, name="Door B", now=utc_now())
        self.browser = browser_of(a_member(venue, Role.OWNER))
        self.cookie = cookie_of(self.browser)
        place = {"slug": venue.slug, "event_slug": self.event.slug, "device_id": self.a.pk}
        self.revoke_page = reverse("dashboards:revoke", kwargs=place)
        self.door, self.sales = f"door:{self.event.pk}", f"sales:{self.event.pk}"


@asynccontextmanager
async def following(gateway: Daphne, topic: str, **who: str) -> AsyncIterator[GatewayClient]:
    async with connected(gateway.socket_url, **who) as client:
        await client.ask("subscribe", "joined", topic=topic)
        yield client


async def until(client: GatewayClient, topic: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The next list of who is at the door that fits, by the phones' names."""
    while True:
        message = await client.expect("presence", topic=topic)
        devices = {device["name"]: device for device in message["devices"]}
        if fits(devices):
            return devices


def online(*names: str) -> Callable[[dict[str, Any]], bool]:
    return lambda devices: {name for name, device in devices.items() if device["online"]} == set(names)


async def test_phones_at_two_processes_see_each_other_and_the_office_sees_both(
    gateways: tuple[Daphne, Daphne],
) -> None:
    house, (here, there) = await made(House), gateways
    async with (
        following(here, house.sales, cookie=house.cookie) as office,
        following(here, house.door, token=house.token_a) as a,
        following(there, house.door, token=house.token_b) as b,
    ):
        seen = [
            await until(client, topic, online("Door A", "Door B"))
            for client, topic in ((a, house.door), (b, house.door), (office, house.sales))
        ]

    assert [sorted(devices) for devices in seen] == [["Door A", "Door B"]] * 3
    assert {devices["Door A"]["id"] for devices in seen} == {str(house.a.pk)}


async def test_how_a_phone_is_reaches_everybody_at_the_door(gateways: tuple[Daphne, Daphne]) -> None:
    house, (here, there) = await made(House), gateways
    async with (
        following(here, house.sales, cookie=house.cookie) as office,
        following(there, house.door, token=house.token_a) as phone,
    ):
        await phone.push("heartbeat", unsent=12, battery=0.25, scanning=True, seq=3)
        told = await until(office, house.sales, lambda d: d["Door A"]["unsent"] == 12)
        await phone.push("heartbeat", unsent=0, battery=None, scanning=False)
        better = await until(office, house.sales, lambda d: d["Door A"]["unsent"] == 0)

    a, b = told["Door A"], told["Door B"]
    assert (a["online"], a["battery"], a["scanning"], a["seq"]) == (True, 0.25, True, 3)
    assert (b["online"], b["unsent"], b["last_seen_at"]) == (False, None, None)
    assert (better["Door A"]["battery"], better["Door A"]["scanning"]) == (None, False)


async def test_a_phone_that_moves_to_another_process_is_there_once_all_the_time(
    gateways: tuple[Daphne, Daphne],
) -> None:
    house, (here, there) = await made(House), gateways
    async with following(here, house.sales, cookie=house.cookie) as office:
        async with following(here, house.door, token=house.token_a):
            await until(office, house.sales, online("Door A"))
        async with following(there, house.door, token=house.token_a) as phone:
            await phone.push("heartbeat", unsent=5)
            devices = await until(office, house.sales, lambda d: d["Door A"]["unsent"] == 5)
            lists = [m["devices"] for m in office.waiting if m["t"] == "presence"]

    assert online("Door A")(devices)
    assert len(devices) == 2
    assert all(sum(device["online"] for device in told) == 1 for told in lists)


async def test_a_phone_that_was_revoked_is_not_at_the_door_any_more(gateways: tuple[Daphne, Daphne]) -> None:
    house, (here, there) = await made(House), gateways
    async with (
        following(here, house.sales, cookie=house.cookie) as office,
        following(there, house.door, token=house.token_a),
    ):
        await until(office, house.sales, online("Door A"))
        await made(post, there, house.revoke_page, house.browser)
        devices = await until(office, house.sales, lambda d: "Door A" not in d)

    assert list(devices) == ["Door B"]


async def test_a_phone_that_was_paired_just_now_is_at_the_door(gateways: tuple[Daphne, Daphne]) -> None:
    house, (here, there) = await made(House), gateways
    async with following(here, house.sales, cookie=house.cookie) as office:
        await until(office, house.sales, online())
        _, token = await made(a_device, house.event, name="Door C", now=utc_now())
        async with following(there, house.door, token=token):
            devices = await until(office, house.sales, online("Door C"))

    assert sorted(devices) == ["Door A", "Door B", "Door C"]


async def test_only_phones_have_a_heartbeat(gateways: tuple[Daphne, Daphne]) -> None:
    house, (here, _) = await made(House), gateways
    async with following(here, house.sales, cookie=house.cookie) as office:
        refusal = await office.ask("heartbeat", "request_refused", unsent=1)

    assert refusal["code"] == "not_a_device"


async def test_nobody_else_is_told_who_is_at_the_door(gateways: tuple[Daphne, Daphne]) -> None:
    house, (here, _) = await made(House), gateways
    public = f"public:{house.event.pk}"
    async with (
        following(here, public) as fan,
        following(here, house.door, token=house.token_a) as phone,
    ):
        await until(phone, house.door, online("Door A"))
        await fan.ask("ping", "pong", at=1)

    assert [message for message in fan.waiting if message["t"] == "presence"] == []
    assert await made(Device.objects.filter(event=house.event).count) == 2
