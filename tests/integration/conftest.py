"""What the tests on the database share. Models are imported late: pytest reads this file before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

if TYPE_CHECKING:
    from tests.stripe_simulator import StripeSimulator
    from ticketing.log import Announcement


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[Announcement]:
    """All that the log calls out, to a listener beside the real ones."""
    from ticketing import log  # noqa: PLC0415

    heard: list[Announcement] = []
    monkeypatch.setattr(log, "_announcers", [*log._announcers, heard.append])
    return heard


@pytest.fixture(scope="session")
def stripe_process(live_server: LiveServer) -> Iterator[StripeSimulator]:
    from tests import stripe_simulator as simulator  # noqa: PLC0415

    with simulator.running(site=live_server.url) as running:
        yield running


@pytest.fixture
def stripe_simulator(stripe_process: StripeSimulator, settings: Settings) -> Iterator[StripeSimulator]:
    """A Stripe simulator to which this process speaks; its webhooks come when the test says so."""
    stripe_process.begin_anew()
    with spoken_to(stripe_process, settings):
        yield stripe_process


@pytest.fixture
def own_stripe_simulator(live_server: LiveServer, settings: Settings) -> Iterator[StripeSimulator]:
    """One for this test alone, whose clock may be advanced."""
    from tests import stripe_simulator as simulator  # noqa: PLC0415

    with simulator.running(site=live_server.url) as running, spoken_to(running, settings):
        yield running


@contextmanager
def spoken_to(simulator: StripeSimulator, settings: Settings) -> Iterator[None]:
    from ticketing.payments import gateway  # noqa: PLC0415

    settings.ENV = msgspec.structs.replace(settings.ENV, stripe_api_base=simulator.url)
    gateway.client.cache_clear()
    yield
    gateway.client.cache_clear()
