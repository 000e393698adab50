"""The real process: what it refuses to start with, and what a restart keeps."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import stripe

from tests.simulator.harness import KEY, SECRETS, Receiver, World, keyed, receiving, speaking
from ticketing.simulator.settings import BadSettingsError, from_environment

ROOT = Path(__file__).parents[2]
GOOD = {"STRIPE_API_KEY": KEY}


@contextmanager
def process(receiver: Receiver, data: Path, *, end: signal.Signals = signal.SIGTERM) -> Iterator[World]:
    environment = {
        **os.environ,
        **GOOD,
        "SIM_PLATFORM_WEBHOOK_URL": f"{receiver.url}/platform",
        "SIM_CONNECT_WEBHOOK_URL": f"{receiver.url}/connect",
        "STRIPE_WEBHOOK_SECRETS": f"{SECRETS['/platform']},whsec_older",
        "STRIPE_CONNECT_WEBHOOK_SECRETS": SECRETS["/connect"],
    }
    command = [sys.executable, "-m", "ticketing.simulator", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            said = child.stdout.readline()
            assert said.startswith("ready: http://127.0.0.1:")
            with speaking(said.split()[1], receiver) as world:
                yield world
        finally:
            child.send_signal(end)
    assert child.returncode == (0 if end is signal.SIGTERM else -end)


def test_a_restart_keeps_everything_and_goes_on_delivering(tmp_path: Path) -> None:
    data = tmp_path / "var" / "simulator.sqlite3"
    with receiving() as receiver:
        with process(receiver, data) as world:
            world.control("switches", paused=True)
            venue = world.venue()
            charge = world.sold(venue.id)
            left_open = world.session(venue.id)
            first = world.v1.refunds.create({"charge": charge.id, "amount": 1}, keyed("re:1"))
            world.control("clock", advance_s=3600)
            before = world.state
        assert receiver.events == []

        with process(receiver, data) as world:
            after = world.state
            world.control("switches", paused=False)
            told = {event.type for event in world.settled()}

            assert after["balances"] == before["balances"]
            assert after["objects"] == before["objects"]
            assert after["deliveries"] == before["deliveries"]
            assert after["clock_offset_s"] == 3600
            again = world.v1.refunds.create({"charge": charge.id, "amount": 1}, keyed("re:1"))
            assert (again.id, world.v1.charges.retrieve(charge.id).amount_refunded) == (first.id, 1)
            assert {"account.updated", "checkout.session.completed", "charge.updated"} <= told
            world.control("clock", advance_s=24 * 3600)
            assert world.v1.checkout.sessions.retrieve(left_open.id).status == "expired"


def test_a_killed_process_loses_nothing_that_it_had_answered(tmp_path: Path) -> None:
    with receiving() as receiver:
        with process(receiver, tmp_path / "data", end=signal.SIGKILL) as world:
            world.control("switches", paused=True)
            charge = world.sold()

        with process(receiver, tmp_path / "data") as world:
            assert world.v1.charges.retrieve(charge.id).status == "succeeded"
            assert world.state["ledger_sum"] == 0
            assert world.state["deliveries"] == {"pending": 4}


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("STRIPE_", "SIM_"))}
    return subprocess.run(
        [sys.executable, "-m", "ticketing.simulator", *arguments],
        cwd=ROOT,
        env={**plain, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_does_not_start_with_a_live_key_and_does_not_repeat_it() -> None:
    ended = start("--port", "0", STRIPE_API_KEY="sk_live_0123456789abcdef")

    assert ended.returncode == 2
    assert "live key" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "0123456789abcdef" not in ended.stderr


@pytest.mark.parametrize(("environment", "said"), [
    ({"STRIPE_API_KEY": "rk_live_0123456789abcdef"}, "live key"),
    ({}, "STRIPE_API_KEY must be set"),
    ({**GOOD, "SIM_PLATFORM_WEBHOOK_URL": "http://127.0.0.1:1/"}, "STRIPE_WEBHOOK_SECRETS"),
    ({**GOOD, "SIM_CONNECT_WEBHOOK_URL": "nowhere", "STRIPE_CONNECT_WEBHOOK_SECRETS": "whsec_x"}, "not an http"),
    ({**GOOD, "SIM_FEE_FIXED": "thirty"}, "SIM_FEE_FIXED"),
    ({"SIM_FEE_FIXED": "thirty"}, "STRIPE_API_KEY must be set.*\n.*SIM_FEE_FIXED"),
])  # fmt: skip
def test_it_names_everything_that_is_wrong_before_it_opens_anything(
    environment: dict[str, str], said: str
) -> None:
    with pytest.raises(BadSettingsError, match=said):
        from_environment(environment)


@pytest.mark.parametrize("foreign", [True, False])
def test_a_data_file_that_is_not_its_own_is_refused_and_left_alone(tmp_path: Path, foreign: bool) -> None:
    data = tmp_path / "data.sqlite3"
    if foreign:
        data.write_bytes(b"this is no database" * 100)
    else:
        with closing(sqlite3.connect(data)) as other:
            other.execute("CREATE TABLE objects (id)")
    before = data.read_bytes()

    ended = start("--port", "0", "--data", str(data), **GOOD)

    assert ended.returncode == 2
    assert "cannot start" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert data.read_bytes() == before


def test_fees_are_configured_by_the_environment() -> None:
    settings = from_environment({**GOOD, "SIM_FEE_BASIS_POINTS": "150", "SIM_FEE_FIXED": "25"})

    assert settings.prices.processing(10_000) == 175


def test_a_port_in_use_is_named() -> None:
    with receiving() as receiver:
        port = receiver.url.rsplit(":", 1)[1]

        ended = start("--port", port, **GOOD)

    assert ended.returncode == 2
    assert port in ended.stderr


def test_it_needs_neither_django_nor_the_product_nor_the_sdk() -> None:
    script = (
        "import sys; import ticketing.simulator.app; "
        "found = [name for name in sys.modules if name.split('.')[0] in ('django', 'stripe', 'realtime', 'config')]; "
        "own = [name for name in sys.modules if name.startswith('ticketing.') "
        "and not name.startswith('ticketing.simulator')]; print(found + own)"
    )

    said = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == "[]"


def test_the_sdks_global_style_works_too(world: World) -> None:
    client = stripe.StripeClient(KEY, base_addresses={"api": world.url}, stripe_account=world.venue().id)

    assert client.v1.balance.retrieve().pending[0].amount == 0
