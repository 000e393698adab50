"""Figures for those who run the gateway, and for nobody else."""

from __future__ import annotations

from io import StringIO

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from realtime import metrics
from realtime.metrics import Reporter
from realtime.telemetry import Telemetry
from tests.daphne import daphne
from tests.servers import free_port
from ticketing.models import InboxState, StripeEvent

TOKEN = "t" * 32


def figures(**headers: str) -> dict[str, float]:
    answer = Client(headers=headers).get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        one.name + str(sorted(one.labels.values())): one.value
        for family in families
        for one in family.samples
    }


@pytest.mark.database
@pytest.mark.django_db
def test_what_waits_in_the_inbox_is_told_by_state() -> None:
    told = figures()

    assert {f"ngn_webhooks['{state}']" for state in InboxState.values} <= told.keys()
    assert told["ngn_webhooks['received']"] == StripeEvent.objects.filter(state="received").count()


def test_everything_that_is_counted_is_told() -> None:
    assert metrics.unreported() == set()


@pytest.mark.django_db
def test_counts_are_handed_over_once() -> None:
    counted = Telemetry(frames=3, sockets=2)
    counted.answered_scan(0.004)
    reporter = Reporter(counted)
    before = figures()

    reporter.report()
    counted.frames += 4
    reporter.report()
    after = figures()

    assert after["ngn_gateway_frames_total[]"] - before["ngn_gateway_frames_total[]"] == 7
    assert after["ngn_gateway_verdict_seconds_count[]"] - before["ngn_gateway_verdict_seconds_count[]"] == 1
    assert after["ngn_gateway_sockets[]"] == 2


@pytest.mark.django_db
def test_a_stranger_finds_nothing_there() -> None:
    assert Client(REMOTE_ADDR="192.0.2.7").get("/metrics").status_code == 404
    assert Client(REMOTE_ADDR="").get("/metrics").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer", "Bearer ünïcode"])
def test_where_there_is_a_token_it_is_wanted_of_everybody(settings: Settings, header: str) -> None:
    settings.ENV = msgspec.structs.replace(settings.ENV, metrics_token=TOKEN)

    assert Client(headers={"Authorization": header}).get("/metrics").status_code == 404
    assert figures(Authorization=f"Bearer {TOKEN}")


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_the_status_of_a_running_gateway_is_a_screenful() -> None:
    said = StringIO()

    with daphne() as server:
        call_command("gateway_status", "--url", server.url, stdout=said)

    lines = dict(line.rsplit(maxsplit=1) for line in said.getvalue().splitlines())
    assert {
        "sockets",
        "lag_entries",
        "slow_closes_total",
        "webhooks[quarantined]",
        "scans answered",
    } <= lines.keys()


def test_nobody_at_the_address_is_said_so() -> None:
    with pytest.raises(CommandError, match="nobody answers at"):
        call_command("gateway_status", "--url", f"http://127.0.0.1:{free_port()}")
