"""The demo: made once, found again, and never beside real money."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import NOW
from tests.stripe_simulator import StripeSimulator
from ticketing import catalogue, demo, pairing
from ticketing.clock import utc_now
from ticketing.demo import NotADemo
from ticketing.models import Artist, Event, TicketType, User, Venue

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """Slow hashes protect people; the demo's are made up."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def beside_a_simulator(settings: Settings) -> None:
    settings.ENV = msgspec.structs.replace(settings.ENV, stripe_api_base="http://127.0.0.1:9")


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (User, Venue, Artist, Event, TicketType))


def told() -> dict[str, Any]:
    out = StringIO()
    call_command("demo", "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_the_command_makes_a_demo_that_sells_and_says_who_can_sign_in_where(
    stripe_simulator: StripeSimulator,
) -> None:
    where = told()

    page = catalogue.event_page(where["event"]["slug"])
    assert page is not None
    assert (page.venue_ready, page.sold_out, page.types[0].split.total) == (True, False, 2_200)
    for who in ("owner", "artist", "fan"):
        assert Client().login(username=where[who]["email"], password=where[who]["password"])


def test_asked_again_it_finds_what_is_there(stripe_simulator: StripeSimulator) -> None:
    first = told()
    before = rows()

    again = told()

    assert rows() == before
    assert again["event"] == first["event"]
    assert again["door"]["code"] != first["door"]["code"]


def test_its_pairing_code_pairs_a_phone(beside_a_simulator: None) -> None:
    now = utc_now()

    made = demo.ensure(now=now)

    assert isinstance(pairing.pair(code=made.pairing_code, name="Door A", now=now), pairing.Paired)


def test_its_show_has_its_doors_open_so_that_live_codes_run(beside_a_simulator: None) -> None:
    made = demo.ensure(now=NOW)

    assert made.event.doors_at <= NOW < made.event.ends_at


def test_a_show_that_is_over_or_sold_out_is_followed_by_another(beside_a_simulator: None) -> None:
    first = demo.ensure(now=NOW).event
    tomorrow = demo.ensure(now=NOW + timedelta(days=1)).event
    Event.objects.filter(pk=tomorrow.pk).update(sold_out_at=NOW)
    after_selling_out = demo.ensure(now=NOW + timedelta(days=1, hours=1)).event

    assert len({first.pk, tomorrow.pk, after_selling_out.pk}) == 3


def test_a_changed_password_is_set_back(beside_a_simulator: None) -> None:
    owner = demo.ensure(now=NOW).owner
    owner.set_password("something else")
    owner.save()

    demo.ensure(now=NOW)

    assert Client().login(username=owner.email, password=demo.PASSWORD)


@pytest.mark.parametrize(
    "changes",
    [{"stripe_api_base": ""}, {"stripe_api_key": "sk_live_1"}, {"stripe_api_key": "rk_live_1"}],
    ids=str,
)
def test_beside_real_stripe_there_is_no_demo(
    beside_a_simulator: None, settings: Settings, changes: dict[str, str]
) -> None:
    settings.ENV = msgspec.structs.replace(settings.ENV, **changes)

    with pytest.raises(NotADemo):
        demo.ensure(now=NOW)
    with pytest.raises(CommandError, match="The demo is for the simulator"):
        call_command("demo")

    assert rows() == (0, 0, 0, 0, 0)
