"""Clients that know docs/protocol.md and none of our code: Node's own WebSocket, and a socket with frames by hand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from config import bootstrap
from tests.daphne import Daphne, daphne
from tests.factories import a_device, a_paid_order, a_scan, a_show, codes_of
from tests.independent.raw_socket import Closed, raw_socket
from ticketing import pairing
from ticketing.clock import utc_now
from ticketing.models import Event

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
ORIGIN = "http://127.0.0.1:8000"
FOLLOW = Path(__file__).parents[1] / "independent" / "follow.mjs"


@pytest.fixture(scope="module")
def gateway(django_db_setup: None) -> Iterator[Daphne]:
    with daphne() as server:
        yield server


@contextmanager
def following(server: Daphne, topic: str, *token: str) -> Iterator[subprocess.Popen[str]]:
    """Node, with the client's lines in a pipe; ended by its process id."""
    node = bootstrap.node_program()
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    # Before Node 22 its WebSocket is there, and asks to be asked for.
    flags = ["--experimental-websocket", "--no-warnings"] if int(version[1:].split(".")[0]) < 22 else []
    command = [str(node), *flags, str(FOLLOW), server.socket_url, ORIGIN, topic, *token]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


def test_node_follows_a_door_from_its_snapshot_on_through_the_servers_death(django_db_setup: None) -> None:
    event = a_show()
    _, token = a_device(event)
    with daphne() as first, following(first, f"door:{event.pk}", token) as client:
        joined, snapshot = line(client), line(client)
        a_paid_order(event)
        live = [line(client), line(client)]
        first.process.kill()
        first.process.wait()
        a_paid_order(event)
        with daphne(port=first.port):
            back = [line(client) for _ in range(3)]

    seq = snapshot["snapshot"]
    assert joined == {"joined": seq, "resumed": False}
    assert snapshot["kind"] == "door_snapshot"
    assert live == [{"fact": seq + 1, "kind": "nothing"}, {"fact": seq + 2, "kind": "tickets_issued"}]
    assert back[0] == {"joined": seq + 2, "resumed": True}
    assert [one["fact"] for one in back[1:]] == [seq + 3, seq + 4]


def test_node_follows_what_anybody_may_and_is_told_what_it_may_not(gateway: Daphne) -> None:
    event = a_show()
    with following(gateway, f"public:{event.pk}") as fan:
        line(fan)
        first = line(fan)
        a_paid_order(event, quantity=4)
        while (newest := line(fan))["left"] != 96:
            pass
    with following(gateway, f"sales:{event.pk}") as stranger:
        refusal = line(stranger)

    assert (first["t"], first["left"]) == ("public_state", 100)
    assert newest["sold_out"] is False
    assert refusal == {"refused": "topic_forbidden"}


def test_a_plain_socket_shakes_hands_scans_and_is_told(gateway: Daphne) -> None:
    event, [code], token = a_door()

    with raw_socket(gateway.socket_url, origin=ORIGIN, subprotocols="chat, ngn.v1") as phone:
        welcome = phone.hear()
        phone.say({"t": "authenticate", "ref": 1, "token": token})
        device = phone.expect("authenticated")["device"]
        phone.say({"t": "subscribe", "ref": 2, "topic": f"door:{event.pk}"})
        joined, manifest = phone.expect("joined"), phone.expect("snapshot")
        fact = a_scan(code, at=utc_now())
        phone.say(
            {"t": "scan", "ref": 3, "scan": {name: getattr(fact, name) for name in fact.__struct_fields__}}
        )
        told: dict[str, dict[str, Any]] = {}
        while not {"verdict", "fact"} <= told.keys():  # whichever comes first
            message = phone.hear()
            told[message["t"]] = message
        pong = phone.ping(b"are you there")
        code_of_farewell = phone.leave()

    assert phone.subprotocol == "ngn.v1"
    assert (welcome["t"], welcome["version"]) == ("welcome", 1)
    assert (device["name"], device["event"]) == ("Door A", str(event.pk))
    assert joined["resumed"] is False
    assert manifest["snapshot"]["count"] == 1
    assert told["verdict"]["verdict"]["t"] == "admitted"
    assert (told["fact"]["seq"], told["fact"]["fact"]["t"]) == (manifest["seq"] + 1, "ticket_entered")
    assert pong == b"are you there"
    assert code_of_farewell == 1000


def test_a_plain_socket_is_told_by_its_close_code_what_to_do(gateway: Daphne) -> None:
    event, _, token = a_door()
    device = event.devices.get()

    with raw_socket(gateway.socket_url, origin=ORIGIN) as phone:
        phone.say({"t": "authenticate", "ref": 1, "token": token})
        phone.expect("authenticated")
        pairing.revoke(device_id=device.pk, event_id=event.pk, now=utc_now())
        with pytest.raises(Closed) as end:
            phone.expect("never")

    assert end.value.code == 4500


@pytest.mark.parametrize("piece", [7, 125, 126, 16_384])
def test_a_message_may_come_in_frames_of_any_size(gateway: Daphne, piece: int) -> None:
    with raw_socket(gateway.socket_url, origin=ORIGIN, piece=piece) as client:
        client.say({"t": "authenticate", "ref": 7, "token": "🥂" * 32})
        refusal = client.expect("request_refused")
        client.say({"t": "subscribe", "ref": 8, "topic": "x" * 80, "epoch": None})
        unknown = client.expect("request_refused")

    assert (refusal["ref"], refusal["code"]) == (7, "token_invalid")
    assert (unknown["ref"], unknown["code"]) == (8, "topic_unknown")


def a_door() -> tuple[Event, list[str], str]:
    """A show with one ticket, its code of now, and a phone's token."""
    event = a_show(doors_at=utc_now().replace(microsecond=0))
    order = a_paid_order(event, now=utc_now())
    _, token = a_device(event, now=utc_now())
    return event, codes_of(order, at=utc_now()), token
