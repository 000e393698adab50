"""What a client of the bench `webhooks` does, in its own process."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from uuid import uuid4

import msgspec
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db.models import Count

from tests.benchmarks.holding import Show, hush
from ticketing import live_code, sales
from ticketing.clock import utc_now
from ticketing.models import LogEntry, Order, OrderStatus, StripeEvent, Ticket
from ticketing.sales import Held

LINKS = 7 * 240
"""A door window of seven hours, as `factories.a_show` has it: a link every 15 seconds."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What one client's deliveries came to: milliseconds each, the answers by status, its processor's seconds."""

    took_ms: list[float]
    answers: dict[int, int]
    ended_at: float
    processor_s: float


def orders_to_pay(*, shows: list[Show], number: int) -> list[bytes]:
    """Hold so many orders of one ticket each; the bodies with which Stripe tells of their payments."""
    hush()
    return [_body(_held(shows[turn % len(shows)])) for turn in range(number)]


def hash_tickets(*, number: int, starts_at: float) -> float:
    """Only hash the chains of so many tickets; the moment (monotonic) when that is done."""
    chain = live_code.Chain(salt=bytes(16), steps=LINKS)
    time.sleep(max(0.0, starts_at - time.monotonic()))
    for _ in range(number):
        live_code.qr_hash_of(chain=chain, seed=uuid4().bytes)
    return time.monotonic()


def deliver(*, bodies: list[bytes], starts_at: float) -> Paid:
    """Deliver them one after the other to the real endpoint, through all of Django's handler."""
    hush()
    handler = WSGIHandler()
    time.sleep(max(0.0, starts_at - time.monotonic()))
    processor, took, answers = time.process_time(), [], Counter[int]()
    for body in bodies:
        began = time.perf_counter()
        answers[_answer(handler, body)] += 1
        took.append((time.perf_counter() - began) * 1_000)
    return Paid(took, dict(answers), time.monotonic(), time.process_time() - processor)


def problems() -> list[str]:
    """What is wrong with what the deliveries left behind; nothing, if each paid order has its ticket and its entry."""
    paid = Order.objects.filter(status=OrderStatus.PAID).count()
    counts = {
        "tickets": Ticket.objects.count(),
        "entries": LogEntry.objects.filter(kind="order_paid").count(),
        "processed events": StripeEvent.objects.filter(state="processed").count(),
    }
    states = StripeEvent.objects.exclude(state="processed").values("state", "problem").annotate(n=Count("pk"))
    wrong = [f"{number} {name} of {paid} paid orders" for name, number in counts.items() if number != paid]
    return wrong + [str(state) for state in states[:5]]


def _held(show: Show) -> Order:
    """A hold whose payment page is open."""
    email = f"{uuid4().hex}@example.org"
    held = sales.place_hold(event_id=show.event_id, seats=show.seats, email=email, now=utc_now())
    assert isinstance(held, Held), held
    held.order.stripe_session_id = f"cs_test_{uuid4().hex}"
    held.order.save(update_fields=["stripe_session_id"])
    return held.order


def _body(order: Order) -> bytes:
    """As Stripe sends it, but for the fields of which we read none."""
    session = {
        "id": order.stripe_session_id,
        "object": "checkout.session",
        "status": "complete",
        "payment_status": "paid",
        "amount_total": order.total,
        "currency": order.currency.lower(),
        "livemode": False,
        "payment_intent": f"pi_{uuid4().hex}",
        "url": None,
        "metadata": {"order": str(order.pk)},
    }
    event = {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": "checkout.session.completed",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": session},
    }
    return msgspec.json.format(msgspec.json.encode(event), indent=2)


def _answer(handler: WSGIHandler, body: bytes) -> int:
    statuses: list[str] = []

    def start(status: str, _headers: object, _error: object = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return lambda _bytes: None

    response = handler(_request(body), start)
    for _ in response:
        pass
    response.close()
    return int(statuses[0].split()[0])


def _request(body: bytes) -> dict[str, object]:
    stamp = int(time.time())
    secret = settings.ENV.stripe_webhook_secrets[0]
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/stripe/webhook/",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_STRIPE_SIGNATURE": f"t={stamp},v1={digest}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
    }
