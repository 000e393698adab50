"""A simulator on a free port, a receiver for its webhooks, and the real SDK to speak to it."""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode, urlsplit

import stripe
from aiohttp import web

from ticketing.simulator.app import build
from ticketing.simulator.settings import Endpoint, Settings

KEY = "sk_test_simulator_tests_0123456789"
SECRETS = {"/platform": "whsec_platform_tests", "/connect": "whsec_connect_tests"}
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str
    location: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(slots=True)
class Receiver:
    """A webhook endpoint: `answers` are given in turn, then 200; what does not verify is answered 400."""

    url: str = ""
    events: list[stripe.Event] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def take(self, path: str, body: bytes, signature: str) -> int:
        if self.answers:
            status = self.answers.pop(0)
            if status != 200:
                return status
        try:
            event = stripe.Webhook.construct_event(body, signature, SECRETS[path])
        except stripe.SignatureVerificationError as problem:
            self.refused.append(str(problem))
            return 400
        self.paths.append(path)
        self.events.append(event)
        return 200


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(self.path, body, self.headers["Stripe-Signature"]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        request_queue_size = (
            128  # deliveries arrive many at once; the default of 5 would make some wait a second
        )

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def serving(receiver: Receiver | None, *, data: str = ":memory:") -> Iterator[str]:
    """The aiohttp application in a thread with an event loop of its own; yields its address."""
    urls: list[str] = []
    up = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    settings = Settings(api_key=KEY, platform=_at(receiver, "/platform"), connect=_at(receiver, "/connect"))

    async def run() -> None:
        runner = web.AppRunner(build(settings, data=data, base_url=lambda: urls[0]), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        up.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert up.wait(PATIENCE)
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def _at(receiver: Receiver | None, path: str) -> Endpoint | None:
    return Endpoint(url=receiver.url + path, secret=SECRETS[path]) if receiver else None


class World:
    """What a test does to a running simulator."""

    def __init__(self, url: str, receiver: Receiver, client: stripe.StripeClient) -> None:
        self.url = url
        self.receiver = receiver
        self.client = client
        self.v1 = client.v1

    def request(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        """Plain HTTP, without following redirects."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE)
        try:
            connection.request(method, path.removeprefix(self.url), body.encode(), headers)
            response = connection.getresponse()
            text = response.read().decode()
            return Answer(response.status, text, response.getheader("Location", ""))
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def form(self, path: str, **fields: str) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, urlencode(fields), **kind)

    def control(self, path: str, **body: Any) -> Any:
        """Pushes one of the simulator's own buttons, which must work."""
        answer = self.request(
            "POST", f"/_sim/{path}", json.dumps(body), **{"Content-Type": "application/json"}
        )
        assert answer.status == 200, answer.text
        return answer.json

    def refused_control(self, path: str, **body: Any) -> Answer:
        return self.request("POST", f"/_sim/{path}", json.dumps(body), **{"Content-Type": "application/json"})

    @property
    def state(self) -> Any:
        return self.get("/_sim/state").json

    def total(self, party: str = "platform", currency: str = "usd") -> int:
        return int(self.state["balances"].get(party, {}).get(currency, 0))

    def venue(
        self, *, ready: bool = True, dashboard: str = "express", payer: str = "application"
    ) -> stripe.Account:
        account = self.v1.accounts.create(
            {
                "controller": {
                    "stripe_dashboard": {"type": dashboard},
                    "fees": {"payer": payer},
                    "losses": {"payments": "application" if payer == "application" else "stripe"},
                },
                "country": "US",
                "email": "owner@example.org",
                "business_profile": {"name": "The Crocodile"},
                "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": True}},
            }
        )
        if ready:
            self.control(f"accounts/{account.id}", action="complete")
        return account

    def session(self, venue: str | None = None, *, at: str | None = None, **changes: Any) -> Any:
        """The sale of the design: 20.00 to the venue, 2.00 to the platform; `at` makes it a direct charge."""
        options: Any = acting_for(at) if at else {}
        return self.v1.checkout.sessions.create(sale(venue, direct=at is not None) | changes, options)

    def pay(self, session: str, outcome: str = "pay") -> Any:
        return self.control(f"sessions/{session}/pay", outcome=outcome)

    def sold(self, venue: str | None = None, *, at: str | None = None, **changes: Any) -> stripe.Charge:
        """A paid sale; its charge."""
        session = self.session(venue, at=at, **changes)
        self.pay(session.id)
        options: Any = acting_for(at) if at else {}
        paid = self.v1.checkout.sessions.retrieve(
            session.id, {"expand": ["payment_intent.latest_charge"]}, options
        )
        assert isinstance(paid.payment_intent, stripe.PaymentIntent)
        assert isinstance(paid.payment_intent.latest_charge, stripe.Charge)
        return paid.payment_intent.latest_charge

    def refund(self, charge: stripe.Charge, options: Any = None, **asked: Any) -> stripe.Refund:
        params: Any = {"charge": charge.id, **asked}
        return self.v1.refunds.create(params, options)

    def settled(self) -> list[stripe.Event]:
        """What has arrived once nothing is left to deliver."""
        self.until(lambda: not self.state["deliveries"].get("pending"))
        return self.receiver.events

    def told(self, prefix: str) -> list[str]:
        """The types that have arrived of one family, in order. (Only what happened together keeps its order.)"""
        return [event.type for event in self.settled() if event.type.startswith(prefix)]

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, "it never came about"
            time.sleep(0.01)


@contextmanager
def speaking(url: str, receiver: Receiver) -> Iterator[World]:
    transport = stripe.RequestsClient(timeout=PATIENCE)
    client = stripe.StripeClient(KEY, base_addresses={"api": url}, http_client=transport)
    try:
        yield World(url, receiver, client)
    finally:
        transport.close()  # type: ignore[no-untyped-call]


def acting_for(account: str) -> Any:
    """Request options: the call is the connected account's."""
    return {"stripe_account": account}


def keyed(key: str) -> Any:
    """Request options: the call may be repeated under this key."""
    return {"idempotency_key": key}


def sale(venue: str | None = None, *, direct: bool = False) -> Any:
    """The parameters of the demo's sale of one ticket."""
    data: dict[str, Any] = {"metadata": {"order": "A1"}}
    if venue or direct:
        data["application_fee_amount"] = 200
    if venue:
        data["transfer_data"] = {"destination": venue}
    return {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "success_url": "http://shop.test/paid?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/back",
        "client_reference_id": "A1",
        "customer_email": "fan@example.org",
        "line_items": [line("GA, The Midnight Owls", 2000), line("Service fee", 200)],
        "payment_intent_data": data,
        "metadata": {"order": "A1"},
        "adaptive_pricing": {"enabled": False},
        "allowed_payment_method_types": ["card", "link"],
    }


def line(name: str, amount: int, *, quantity: int = 1, currency: str = "usd") -> dict[str, Any]:
    return {
        "quantity": quantity,
        "price_data": {"currency": currency, "unit_amount": amount, "product_data": {"name": name}},
    }
