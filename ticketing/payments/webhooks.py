"""The inbox of Stripe's webhooks: verified on the raw bytes, stored once, then processed in a transaction.

Duplicates, any order, replays and stale signatures change nothing: the id is unique, and what an event *means* is
decided by the state that it carries and the state that we are in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
import stripe
from django.conf import settings
from django.db import IntegrityError, transaction

from ticketing.clock import moment
from ticketing.models import InboxState, StripeEvent
from ticketing.payments import gateway, onboarding, settlement
from ticketing.payments.gateway import Session

_LOGGER = logging.getLogger(__name__)
TOLERANCE_S = 300
MAX_ATTEMPTS = 12
_RETRY_AFTER = timedelta(seconds=5)


_FINISHED = (InboxState.PROCESSED, InboxState.IGNORED, InboxState.QUARANTINED)
_Change = Callable[[datetime], object]


class Endpoint(StrEnum):
    """The two endpoints: our own account's events, and those of connected accounts."""

    PLATFORM = "platform"
    CONNECT = "connect"


class WebhookRefusal(StrEnum):
    """Why a delivery was turned away; nothing of it was stored."""

    SIGNATURE_INVALID = "signature_invalid"
    BODY_INVALID = "body_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The event is in the inbox; `first` is false when it was there before."""

    event_id: str
    first: bool


class _Data(msgspec.Struct, frozen=True):
    object: msgspec.Raw


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What of an event is ours to read; Stripe adds fields as it likes."""

    id: str
    type: str
    created: int
    livemode: bool
    data: _Data
    account: str | None = None


class _SessionObject(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    status: str
    payment_status: str
    amount_total: int
    currency: str
    livemode: bool
    payment_intent: str | None = None
    url: str | None = None
    metadata: dict[str, str] = {}


class _AccountObject(msgspec.Struct, frozen=True, kw_only=True):
    id: str


def receive(*, endpoint: Endpoint, body: bytes, signature: str, now: datetime) -> Stored | WebhookRefusal:
    """Verify a delivery and store it."""
    if not _signed(endpoint, body, signature, now):
        return WebhookRefusal.SIGNATURE_INVALID
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
        created_at = moment(envelope.created * 1000)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError, OSError):
        return WebhookRefusal.BODY_INVALID
    try:
        with transaction.atomic():
            StripeEvent.objects.create(
                id=envelope.id,
                type=envelope.type,
                account=envelope.account or "",
                livemode=envelope.livemode,
                created_at=created_at,
                received_at=now,
                body=body.decode(),
            )
    except IntegrityError:
        return Stored(event_id=envelope.id, first=False)
    return Stored(event_id=envelope.id, first=True)


def process(*, event_id: str, now: datetime) -> InboxState:
    """Act on a stored event, once; where it stands afterwards. A failure is kept, and tried again by `sweep`."""
    try:
        return _process(event_id, now)
    except settlement.Mismatch as mismatch:
        _LOGGER.warning("webhook %s quarantined: %s", event_id, mismatch)
        return _note(event_id, InboxState.QUARANTINED, str(mismatch))
    except msgspec.DecodeError as error:
        return _note(event_id, InboxState.QUARANTINED, f"unreadable: {error}")
    except Exception as error:
        _LOGGER.exception("webhook %s failed", event_id)
        return _note(event_id, InboxState.FAILED, f"{type(error).__name__}: {error}")


def sweep(*, now: datetime, limit: int = 50) -> int:
    """Process what was stored but never finished: the process died in between, or failed."""
    stuck = StripeEvent.objects.filter(
        state__in=(InboxState.RECEIVED, InboxState.FAILED),
        attempts__lt=MAX_ATTEMPTS,
        received_at__lte=now - _RETRY_AFTER,
    )
    ids = list(stuck.order_by("received_at").values_list("pk", flat=True)[:limit])
    return sum(process(event_id=event_id, now=now) == InboxState.PROCESSED for event_id in ids)


def _process(event_id: str, now: datetime) -> InboxState:
    stored = StripeEvent.objects.get(pk=event_id)
    if stored.state in _FINISHED:
        return InboxState(stored.state)
    prepare = _HANDLERS.get(stored.type)
    # Whatever has to be asked of Stripe is asked here, before any row is locked.
    change = prepare and prepare(msgspec.json.decode(stored.body, type=_Envelope))
    return _apply(event_id, change, now)


@transaction.atomic
def _apply(event_id: str, change: _Change | None, now: datetime) -> InboxState:
    stored = StripeEvent.objects.select_for_update().get(pk=event_id)
    if stored.state in _FINISHED:
        return InboxState(stored.state)
    if change is not None:
        change(now)
    stored.state = InboxState.IGNORED if change is None else InboxState.PROCESSED
    stored.problem, stored.processed_at, stored.attempts = "", now, stored.attempts + 1
    stored.save(update_fields=["state", "problem", "processed_at", "attempts"])
    return InboxState(stored.state)


@transaction.atomic
def _note(event_id: str, state: InboxState, problem: str) -> InboxState:
    stored = StripeEvent.objects.select_for_update().get(pk=event_id)
    stored.state, stored.problem, stored.attempts = state, problem[:500], stored.attempts + 1
    stored.save(update_fields=["state", "problem", "attempts"])
    return state


def _signed(endpoint: Endpoint, body: bytes, signature: str, now: datetime) -> bool:
    """Whether any of the endpoint's secrets signed these bytes within the last minutes; never in the future."""
    secrets = {
        Endpoint.PLATFORM: settings.ENV.stripe_webhook_secrets,
        Endpoint.CONNECT: settings.ENV.stripe_connect_webhook_secrets,
    }[endpoint]
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return _stamped_near(signature, now) and any(_matches(text, signature, secret) for secret in secrets)


def _stamped_near(signature: str, now: datetime) -> bool:
    """The SDK bounds a timestamp on the past side only (facts/stripe.md 1.7), and by its own clock."""
    stamps = [piece[2:] for piece in signature.split(",") if piece.startswith("t=")]
    if len(stamps) != 1 or not stamps[0].isascii() or not stamps[0].isdigit() or len(stamps[0]) > 12:
        return False
    return abs(now.timestamp() - int(stamps[0])) <= TOLERANCE_S


def _matches(body: str, signature: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, signature, secret, tolerance=None))
    except stripe.SignatureVerificationError:
        return False


def _on_session(envelope: _Envelope) -> _Change:
    told = msgspec.json.decode(envelope.data.object, type=_SessionObject)
    session = Session(
        id=told.id,
        url=told.url or "",
        status=told.status,
        payment_status=told.payment_status,
        payment_intent_id=told.payment_intent,
        amount_total=told.amount_total,
        currency=told.currency.upper(),
        order=told.metadata.get("order", ""),
        livemode=told.livemode,
    )
    return lambda now: settlement.settle(session=session, account=envelope.account or "", now=now)


def _on_account(envelope: _Envelope) -> _Change:
    """An account changed. Events come in any order, so the account is asked for as it is now."""
    told = msgspec.json.decode(envelope.data.object, type=_AccountObject)
    if envelope.account not in (None, told.id):
        raise settlement.Mismatch(f"{envelope.account} sent an account event about {told.id}")
    account = gateway.retrieve_account(told.id)
    return lambda _now: onboarding.apply(account)


_HANDLERS: dict[str, Callable[[_Envelope], _Change]] = {
    "checkout.session.completed": _on_session,
    "checkout.session.async_payment_succeeded": _on_session,
    "checkout.session.expired": _on_session,
    "account.updated": _on_account,
}
