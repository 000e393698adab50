"""The Stripe simulator, and what a test does to it. Nothing of ours is replaced to speak to it.

Most tests have it as its own process; those that begin anew a thousand times have it in a thread, served the same way.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import requests
import stripe
from aiohttp import web
from django.conf import settings

from config.place import ROOT
from ticketing.models import Event
from ticketing.simulator.app import build
from ticketing.simulator.settings import Endpoint
from ticketing.simulator.settings import Settings as SimulatorSettings
from ticketing.simulator.switches import Switches

PATIENCE_S = 20
_wire = requests.Session()


@dataclass(frozen=True, slots=True)
class StripeSimulator:
    """A running simulator whose deliveries wait until a test sends them."""

    url: str

    def control(self, path: str, **body: Any) -> Any:
        """Push one of its buttons, which must work."""
        answer = self._push(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def try_control(self, path: str, **body: Any) -> bool:
        """Push one that may make no sense; whether it did."""
        answer = self._push(path, body)
        assert answer.status_code < 500, answer.text
        return bool(answer.ok)

    def _push(self, path: str, body: dict[str, Any]) -> requests.Response:
        return _wire.post(f"{self.url}/_sim/{path}", json=body, timeout=PATIENCE_S)

    def switch(self, **switches: Any) -> None:
        self.control("switches", **switches)

    def pay(self, session_id: str, outcome: str = "pay") -> None:
        """Do as the fan on the hosted page."""
        self.control(f"sessions/{session_id}/pay", outcome=outcome)

    def expire(self, session_id: str) -> None:
        """End a session, as somebody may in Stripe's dashboard."""
        self.ask("POST", f"checkout/sessions/{session_id}/expire")

    def deliver(self, *events: str) -> list[str]:
        """Send the waiting webhooks (those named, in that order, or all); how each was answered."""
        return [attempt["answer"] for attempt in self.control("deliver", events=list(events))["attempts"]]

    def redeliver(self, event_id: str) -> list[str]:
        """Send one again, as Stripe may."""
        self.control(f"redeliver/{event_id}")
        return self.deliver(event_id)

    def events(self, *types: str) -> list[dict[str, Any]]:
        """What has happened there, oldest first, as raw JSON."""
        return [event for event in reversed(self._get("events")) if event["type"] in types]

    def event_about(self, object_id: str, kind: str) -> dict[str, Any]:
        """The event of this kind about this object."""
        [event] = [e for e in self.events(kind) if e["data"]["object"]["id"] == object_id]
        return event

    def sessions_of(self, event: Event) -> list[dict[str, Any]]:
        """The Checkout Sessions for a show's orders."""
        return [s for s in self._get("checkout/sessions") if s["metadata"]["event"] == str(event.pk)]

    def balance(self, account: str) -> int:
        """What is the account's, in minor units of its only currency."""
        state = _wire.get(f"{self.url}/_sim/state", timeout=PATIENCE_S).json()
        return int(sum(state["balances"].get(account, {}).values()))

    def begin_anew(self) -> None:
        """Take every switch back, and forget what waits: first attempts are dropped, second ones fail for good."""
        off = {**msgspec.to_builtins(Switches()), "paused": True}
        self.switch(**{**off, "drop": 1.0, "wrong_secret": True, "max_attempts": 1})
        self.deliver()
        self.switch(**off)

    def _get(self, what: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask("GET", f"{what}?limit=100")["data"]
        return rows

    def ask(self, method: str, path: str, *, account: str = "") -> Any:
        """Its API, without the SDK; for `account`, if it is another one's."""
        headers = {
            "Authorization": f"Bearer {settings.ENV.stripe_api_key}",
            "Stripe-Version": stripe.api_version,
            **({"Stripe-Account": account} if account else {}),
        }
        answer = _wire.request(method, f"{self.url}/v1/{path}", headers=headers, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        return answer.json()


def signed(body: bytes, *, secret: str, at: int) -> str:
    """Stripe's own signature of a body, by the SDK."""
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return str(header)


@contextmanager
def running(*, site: str) -> Iterator[StripeSimulator]:
    """Start one that knows the tests' key and secrets, delivers to `site`, and end it by its process id."""
    variables = {
        **os.environ,
        "SIM_PLATFORM_WEBHOOK_URL": f"{site}/stripe/webhook/",
        "SIM_CONNECT_WEBHOOK_URL": f"{site}/stripe/webhook/connect/",
    }
    command = [sys.executable, "-m", "ticketing.simulator", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert said.startswith("ready: "), said
        simulator = StripeSimulator(url=said.removeprefix("ready: ").strip())
        simulator.begin_anew()
        yield simulator
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)
        process.stdout.close()


@contextmanager
def in_a_thread(*, site: str) -> Iterator[StripeSimulator]:
    """A new one within this process, that keeps nothing; its deliveries wait until a test sends them."""
    urls: list[str] = []
    up, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    told = SimulatorSettings(
        api_key=settings.ENV.stripe_api_key,
        platform=Endpoint(url=f"{site}/stripe/webhook/", secret=settings.ENV.stripe_webhook_secrets[0]),
        connect=Endpoint(
            url=f"{site}/stripe/webhook/connect/", secret=settings.ENV.stripe_connect_webhook_secrets[0]
        ),
    )

    async def serve() -> None:
        application = build(told, data=":memory:", base_url=lambda: urls[0])
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        up.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert up.wait(PATIENCE_S)
        simulator = StripeSimulator(url=urls[0])
        simulator.switch(paused=True)
        yield simulator
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
