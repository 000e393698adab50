"""The page that pairs door phones: it follows its code, with and without script, and asks before it shuts one out."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from tests.factories import a_device, a_show, a_user, a_venue
from ticketing import pairing
from ticketing.clock import utc_now
from ticketing.models import Event, PairingCode, User

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def owner() -> User:
    return a_user()


@pytest.fixture
def show(owner: User) -> Event:
    return a_show(venue=a_venue(owner=owner))


@pytest.fixture
def address(show: Event) -> str:
    return f"/venue/{show.venue.slug}/e/{show.slug}/pair/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    return str(response.content.decode())


def found(pattern: str, page: str) -> re.Match[str]:
    match = re.search(pattern, page, flags=re.DOTALL)
    assert match, f"the page has no {pattern}"
    return match


def test_the_page_follows_its_code_until_a_phone_has_used_it(owner: User, address: str) -> None:
    client = signed_in(owner)
    page = text_of(client.post(address))
    asks, then = found(r'data-state-url="([^"]+)" data-then="([^"]+)"', page).groups()
    before = client.get(asks)

    pairing.pair(code=found(r'#pair=([^"]+)"', page)[1], name="Door A", now=utc_now())

    assert (before.json(), before["Cache-Control"]) == ({"state": "waiting"}, "private, no-store")
    assert client.get(asks).json() == {"state": "used"}
    assert "Door A is paired" in text_of(client.get(address + then))


def test_without_script_a_code_can_be_looked_up_and_is_not_shown_again(owner: User, address: str) -> None:
    client = signed_in(owner)
    then = found(r'<noscript><p><a class="button" href="([^"]+)"', text_of(client.post(address)))[1]

    waiting = text_of(client.get(address + then))
    PairingCode.objects.update(expires_at=utc_now())
    expired = text_of(client.get(address + then))

    assert "No phone has used this code yet" in waiting
    assert "#pair=" not in waiting
    assert "The time of this code is up" in expired


@pytest.mark.parametrize("code", ["", "nonsense", str(UUID(int=7)), "\x00"])
def test_an_unknown_code_in_the_address_is_no_code(owner: User, address: str, code: str) -> None:
    response = signed_in(owner).get(address, {"code": code})

    assert response.status_code == 200
    assert "Pair a door phone" in text_of(response)


def test_what_became_of_a_code_is_told_at_its_own_door_only(owner: User, show: Event, address: str) -> None:
    code = pairing.new_code(event_id=show.pk, by=owner, now=utc_now())
    elsewhere = pairing.new_code(event_id=a_show().pk, by=owner, now=utc_now())
    stranger = a_user()
    a_venue(owner=stranger)

    assert signed_in(owner).get(f"{address}{code.id}/state.json").status_code == 200
    assert signed_in(owner).get(f"{address}{elsewhere.id}/state.json").status_code == 404
    assert signed_in(stranger).get(f"{address}{code.id}/state.json").status_code == 404
    assert Client().get(f"{address}{code.id}/state.json").status_code == 302


def test_shutting_a_phone_out_asks_once(owner: User, show: Event, address: str) -> None:
    device, _ = a_device(show, name="Door A")

    asked = found(r'<details class="sure">(.*?)</details>', text_of(signed_in(owner).get(address)))[1]

    assert "Door A stops scanning at once" in asked
    assert f"{device.pk}/revoke/" in asked
