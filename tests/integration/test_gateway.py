"""The gateway over real sockets: a real Daphne process, an independent websocket client, the tests' own database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import pytest
import websockets
from channels.db import database_sync_to_async
from django.conf import settings
from django.test import Client
from websockets.exceptions import InvalidStatus

from realtime import protocol
from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_hold, a_paid_order, a_scan, a_show, a_user, a_venue, codes_of
from tests.gateway_client import GatewayClient, connected
from ticketing import log, pairing
from ticketing.clock import utc_now
from ticketing.models import Artist, ArtistMembership, Event, Role, User
from ticketing.scans import Decision

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Made = TypeVar("Made")


@pytest.fixture(scope="module")
def gateway(django_db_setup: None) -> Iterator[Daphne]:
    with daphne() as server:
        yield server


async def made(make: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
    """Run ORM code beside the event loop."""
    result: Made = await database_sync_to_async(partial(make, *args, **kwargs))()
    return result


def a_show_now(**kwargs: Any) -> Event:
    """A show whose doors are open at the real present, which the process under test lives in."""
    return a_show(doors_at=utc_now().replace(microsecond=0), **kwargs)


def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def scan_message(code: str, **kwargs: Any) -> dict[str, Any]:
    fact = a_scan(code, at=utc_now(), **kwargs)
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


async def joined(client: GatewayClient, topic: str, **since: Any) -> dict[str, Any]:
    return await client.ask("subscribe", "joined", topic=topic, **since)


async def test_a_ticket_let_in_at_one_phone_is_told_to_the_other_and_red_there(gateway: Daphne) -> None:
    event = await made(a_show_now)
    order = await made(a_paid_order, event, now=utc_now())
    (_, token_a), (_, token_b) = (
        await made(a_device, event, now=utc_now()),
        await made(a_device, event, name="Door B", now=utc_now()),
    )
    [code] = await made(codes_of, order, at=utc_now())
    topic = f"door:{event.pk}"

    async with (
        connected(gateway.socket_url, token=token_a) as a,
        connected(gateway.socket_url, token=token_b) as b,
    ):
        await joined(a, topic)
        await joined(b, topic)
        first = await a.ask("scan", "verdict", scan=scan_message(code))
        told = await b.expect("fact")
        second = await b.ask("scan", "verdict", scan=scan_message(code))

    assert first["verdict"]["t"] == "admitted"
    assert told["fact"]["t"] == "ticket_entered"
    assert told["fact"]["door"] == "Door A"
    assert (second["verdict"]["t"], second["verdict"]["ticket_type"]) == ("already_in", "General admission")
    entry = second["verdict"]["entry"]
    assert (entry["at"], entry["door"]) == (told["fact"]["at"], "Door A")


async def test_a_manifest_then_every_entry_after_it_in_order(gateway: Daphne) -> None:
    event = await made(a_show_now)
    await made(a_paid_order, event, quantity=2, now=utc_now())
    _, token = await made(a_device, event, now=utc_now())

    async with connected(gateway.socket_url, token=token) as phone:
        await joined(phone, f"door:{event.pk}")
        manifest = await phone.expect("snapshot")
        await made(a_paid_order, event, quantity=3, now=utc_now())
        held, issued = await phone.expect("fact"), await phone.expect("fact")

    assert manifest["snapshot"]["count"] == 2
    assert held == {
        "t": "fact",
        "topic": f"door:{event.pk}",
        "seq": manifest["seq"] + 1,
        "fact": {"t": "nothing"},
    }
    assert issued["seq"] == manifest["seq"] + 2
    assert len(issued["fact"]["tickets"]) == 3


async def test_a_reader_that_comes_back_is_given_exactly_what_it_missed(gateway: Daphne) -> None:
    event = await made(a_show_now)
    _, token = await made(a_device, event, now=utc_now())
    async with connected(gateway.socket_url, token=token) as phone:
        answer = await joined(phone, f"door:{event.pk}")
    for _ in range(5):
        await made(a_paid_order, event, now=utc_now())

    async with connected(gateway.socket_url, token=token) as phone:
        again = await joined(phone, f"door:{event.pk}", since=answer["seq"], epoch=answer["epoch"])
        seqs = [(await phone.expect("fact"))["seq"] for _ in range(10)]

    assert again["resumed"] is True
    assert seqs == list(range(answer["seq"] + 1, answer["seq"] + 11))


@pytest.mark.parametrize("since", [{"since": 10**9, "epoch": "same"}, {"since": 0, "epoch": "another"}])
async def test_a_reader_whose_past_is_not_ours_starts_from_a_snapshot(
    gateway: Daphne, since: dict[str, Any]
) -> None:
    event = await made(a_show_now)
    _, token = await made(a_device, event, now=utc_now())
    epoch = str((await made(lambda: Event.objects.get(pk=event.pk).log_head)).epoch)

    async with connected(gateway.socket_url, token=token) as phone:
        told = {**since, "epoch": epoch if since["epoch"] == "same" else since["epoch"]}
        answer = await joined(phone, f"door:{event.pk}", **told)
        snapshot = await phone.expect("snapshot")

    assert answer["resumed"] is False
    assert snapshot["seq"] == answer["seq"]


async def test_the_owner_sees_the_sale_the_artist_the_bar_and_anyone_what_is_left(gateway: Daphne) -> None:
    owner, member = await made(a_user), await made(a_user)
    artist = await made(Artist.objects.create, name="The Midnight Owls", slug="owls")
    await made(ArtistMembership.objects.create, artist=artist, user=member, role=Role.OWNER)
    venue = await made(a_venue, owner=owner)
    event = await made(a_show_now, venue=venue, artists=(artist,))
    cookie_owner, cookie_artist = await made(cookie_of, owner), await made(cookie_of, member)

    url = gateway.socket_url
    async with (
        connected(url, cookie=cookie_owner) as o,
        connected(url, cookie=cookie_artist) as a,
        connected(url) as f,
    ):
        await joined(o, f"sales:{event.pk}")
        await joined(a, f"artist:{event.pk}")
        await joined(f, f"public:{event.pk}")
        await made(a_paid_order, event, quantity=4, now=utc_now())
        sale = await o.expect("fact", seq=3)
        while (bar := await a.expect("state"))["state"]["sold"] != 4:
            pass
        while (left := await f.expect("state"))["state"]["left"] != 96:
            pass

    assert sale["fact"]["base"] == 8_000
    assert sale["fact"]["fee"] == 800
    assert bar["state"]["allocation"] == 100
    assert left["state"]["sold_out"] is False


async def test_topics_are_closed_to_whom_they_are_not_for(gateway: Daphne) -> None:
    stranger = await made(a_user)
    event, other = await made(a_show_now), await made(a_show_now)
    draft = await made(a_show_now, on_sale=False)
    _, token = await made(a_device, other, now=utc_now())
    cookie = await made(cookie_of, stranger)

    async with (
        connected(gateway.socket_url, cookie=cookie) as member,
        connected(gateway.socket_url, token=token) as phone,
    ):
        refusals = [
            await client.ask("subscribe", "request_refused", topic=topic)
            for client, topic in (
                (member, f"sales:{event.pk}"),
                (member, f"artist:{event.pk}"),
                (member, f"door:{event.pk}"),
                (member, f"public:{draft.pk}"),
                (phone, f"door:{event.pk}"),
                (phone, f"sales:{other.pk}"),
            )
        ]
        unknown = await member.ask("subscribe", "request_refused", topic="backstage:1")

    assert {refusal["code"] for refusal in refusals} == {"topic_forbidden"}
    assert unknown["code"] == "topic_unknown"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "null",
        '{"t":"teleport","ref":1}',
        '{"t":"ping","ref":1,"at":1,"extra":true}',
        '{"t":"ping","ref":-1,"at":1}',
        '{"t":"ping","ref":9007199254740992,"at":1}',
        '{"t":"ping","ref":1,"at":"now"}',
        '{"t":"scan","ref":1,"scan":{"scan_id":"x"}}',
        '{"type":"websocket.disconnect"}',
        '{"t":"subscribe","ref":1,"topic":"' + "x" * 200 + '"}',
        "[" * 2_000,
        '"\\ud800"',
    ],
)
async def test_a_malformed_message_is_refused_and_the_socket_goes_on(gateway: Daphne, text: str) -> None:
    async with connected(gateway.socket_url) as client:
        await client.socket.send(text)
        refusal = await client.expect("request_refused")
        pong = await client.ask("ping", "pong", at=7)

    assert refusal == {"t": "request_refused", "ref": None, "code": "malformed"}
    assert pong["at"] == 7


async def test_a_binary_message_and_an_unknown_version_are_told_not_to_come_back(gateway: Daphne) -> None:
    async with connected(gateway.socket_url) as client:
        await client.socket.send(b"\x00\x01")
        binary = await client.close_code()
    async with websockets.connect(gateway.socket_url, origin="http://127.0.0.1:8000") as socket:  # type: ignore[arg-type]
        await socket.wait_closed()

    assert binary == protocol.CloseCode.MALFORMED_MESSAGE
    assert socket.close_code == protocol.CloseCode.UNSUPPORTED_VERSION


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://127.0.0.1:9",
        "https://127.0.0.1:8000",
        "null",
        "http://127.0.0.1.evil.example:8000",
    ],
)
async def test_another_origins_page_cannot_open_a_socket(gateway: Daphne, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with connected(gateway.socket_url, origin=origin):
            pass

    assert refusal.value.response.status_code == 403


async def test_a_wrong_token_is_refused_and_an_unpaired_phone_cannot_scan(gateway: Daphne) -> None:
    async with connected(gateway.socket_url) as client:
        token = await client.ask("authenticate", "request_refused", token="made up")
        scan = await client.ask("scan", "request_refused", scan=scan_message("10" + "0" * 43))

    assert token["code"] == "token_invalid"
    assert scan["code"] == "not_a_device"


async def test_a_revoked_phone_is_shown_out_at_its_next_scan(gateway: Daphne) -> None:
    event = await made(a_show_now)
    device, token = await made(a_device, event, now=utc_now())

    async with connected(gateway.socket_url, token=token) as phone:
        device.revoked_at = utc_now()
        await made(device.save)
        await phone.push("scan", scan=scan_message("10" + "0" * 43))
        code = await phone.close_code()

    assert code == protocol.CloseCode.NOT_AUTHORISED_ANY_MORE


async def test_a_revoked_phone_that_does_nothing_is_shown_out_too_and_the_others_stay(
    gateway: Daphne,
) -> None:
    event = await made(a_show_now)
    device, token = await made(a_device, event, now=utc_now())
    _, other_token = await made(a_device, event, name="Door B", now=utc_now())

    async with (
        connected(gateway.socket_url, token=token) as phone,
        connected(gateway.socket_url, token=other_token) as other,
    ):
        await made(pairing.revoke, device_id=device.pk, event_id=event.pk, now=utc_now())
        code = await phone.close_code()
        pong = await other.ask("ping", "pong", at=1)

    assert code == protocol.CloseCode.NOT_AUTHORISED_ANY_MORE
    assert pong["at"] == 1


async def test_asking_again_with_the_same_scan_id_gives_the_first_answer(gateway: Daphne) -> None:
    event = await made(a_show_now)
    order = await made(a_paid_order, event, now=utc_now())
    _, token = await made(a_device, event, now=utc_now())
    [code] = await made(codes_of, order, at=utc_now())
    scan = scan_message(code)

    async with connected(gateway.socket_url, token=token) as phone:
        answers = [await phone.ask("scan", "verdict", scan=scan) for _ in range(3)]
    async with connected(gateway.socket_url, token=token) as phone:
        answers.append(await phone.ask("scan", "verdict", scan=scan))
        offline = await phone.ask("scan", "verdict", scan={**scan, "decision": Decision.ADMITTED_OFFLINE})

    assert [answer["verdict"] for answer in answers] == [answers[0]["verdict"]] * 4
    assert answers[0]["verdict"]["t"] == "admitted"
    assert offline["acknowledged"] == "admitted_offline"


async def test_pongs_carry_how_far_each_topic_is_and_the_poll_finds_what_no_doorbell_told(
    gateway: Daphne,
) -> None:
    event = await made(a_show_now)
    _, token = await made(a_device, event, now=utc_now())
    topic = f"door:{event.pk}"

    async with connected(gateway.socket_url, token=token) as phone:
        start = await joined(phone, topic)
        await phone.expect("snapshot")
        # Written behind the gateway's back: no announcement is ever made.
        await made(_append_silently, event)
        found = await phone.expect("fact", seq=start["seq"] + 1)
        pong = await phone.ask("ping", "pong", at=1)

    assert found["fact"]["t"] == "nothing"
    assert pong["seqs"] == {topic: start["seq"] + 1}


def _append_silently(event: Event) -> None:
    announcers, log._announcers[:] = list(log._announcers), []
    try:
        a_hold(event, now=utc_now())
    finally:
        log._announcers[:] = announcers


async def test_many_sales_at_once_reach_every_reader_once_and_in_order(gateway: Daphne) -> None:
    event = await made(a_show_now)
    _, token = await made(a_device, event, now=utc_now())
    readers, sales_made = 10, 15

    async def follow() -> list[int]:
        async with connected(gateway.socket_url, token=token) as phone:
            start = await joined(phone, f"door:{event.pk}")
            ready.release()
            return [(await phone.expect("fact"))["seq"] - start["seq"] for _ in range(2 * sales_made)]

    ready = asyncio.Semaphore(0)
    following = [asyncio.create_task(follow()) for _ in range(readers)]
    for _ in range(readers):
        await ready.acquire()
    for _ in range(sales_made):
        await made(a_paid_order, event, now=utc_now())
    seen = await asyncio.gather(*following)

    assert seen == [list(range(1, 2 * sales_made + 1))] * readers


async def test_leaving_a_topic_ends_its_frames(gateway: Daphne) -> None:
    event = await made(a_show_now)

    async with connected(gateway.socket_url) as fan:
        await joined(fan, f"public:{event.pk}")
        left = await fan.ask("unsubscribe", "left", topic=f"public:{event.pk}")
        again = await fan.ask("unsubscribe", "request_refused", topic=f"public:{event.pk}")
        pong = await fan.ask("ping", "pong", at=1)

    assert left["topic"] == f"public:{event.pk}"
    assert again["code"] == "not_subscribed"
    assert pong["seqs"] == {}


async def test_the_door_phones_http_doors_pair_and_fetch_the_manifest(gateway: Daphne) -> None:
    event = await made(a_show_now)
    await made(a_paid_order, event, now=utc_now())
    _, token = await made(a_device, event, now=utc_now())

    def fetch(authorization: str) -> Any:
        return Client().get("/door/api/manifest", headers={"Authorization": authorization})

    good = await made(fetch, f"Bearer {token}")
    bad = [await made(fetch, text) for text in ("", "Bearer", "Bearer x", f"Basic {token}", "Bearer ü")]

    assert json.loads(good.content)["snapshot"]["count"] == 1
    assert [answer.status_code for answer in bad] == [401] * 5
