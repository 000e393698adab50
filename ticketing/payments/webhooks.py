"""The inbox of Stripe's webhooks: verified on the raw bytes, stored once, then processed in a transaction.

Duplicates, any order, replays and stale signatures change nothing: the id is unique, and what an event *means* is
decided by the state that it carries and the state that we are in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec
import stripe
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from ticketing import disputes, foreign_refunds, prepared
from ticketing.clock import moment
from ticketing.models import InboxState, StripeEvent
from ticketing.payments import gateway, onboarding, settlement
from ticketing.payments.gateway import Session

_LOGGER = logging.getLogger(__name__)
TOLERANCE_S = 300
MAX_ATTEMPTS = 12
_RETRY_AFTER = timedelta(seconds=5)


_FINISHED = (InboxState.PROCESSED, InboxState.IGNORED, InboxState.QUARANTINED)
_Change = Callable[[], object]


class Endpoint(StrEnum):
    """The two endpoints: our own account's events, and those of connected accounts."""

    PLATFORM = "platform"
    CONNECT = "connect"


class WebhookRefusal(StrEnum):
    """Why a delivery was turned away; nothing of it was stored."""

    SIGNATURE_INVALID = "signature_invalid"
    BODY_INVALID = "body_invalid"


class _Data(msgspec.Struct, frozen=True):
    object: msgspec.Raw


_Word = r"^[!-~]+\Z"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What of an event is ours to read; Stripe adds fields as it likes."""

    id: Annotated[str, msgspec.Meta(max_length=255, pattern=_Word)]
    type: Annotated[str, msgspec.Meta(max_length=80, pattern=_Word)]
    created: int
    livemode: bool
    data: _Data
    account: Annotated[str, msgspec.Meta(max_length=64, pattern=_Word)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The event is in the inbox; `first` is false when it was there before. `told` is what it says, if it is new."""

    event_id: str
    first: bool
    told: Told | None = field(default=None, compare=False)


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


class _RefundObject(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    payment_intent: str | None = None


class _DisputeObject(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    payment_intent: str | None = None


class _CapabilityObject(msgspec.Struct, frozen=True, kw_only=True):
    account: str


class _AccountObject(msgspec.Struct, frozen=True, kw_only=True):
    id: str


def receive(*, endpoint: Endpoint, body: bytes, signature: str, now: datetime) -> Stored | WebhookRefusal:
    """Verify a delivery and store it."""
    if not _signed(endpoint, body, signature, now):
        return WebhookRefusal.SIGNATURE_INVALID
    return take_in(body=body, now=now) or WebhookRefusal.BODY_INVALID


def take_in(*, body: bytes, now: datetime, account: str = "") -> Stored | None:
    """Store an event that is known to be Stripe's: signed, or fetched from its API (then of `account`, if it does not
    say so itself). None for what is no event."""
    try:
        envelope = msgspec.json.decode(body, type=Told)
        created_at = moment(envelope.created * 1000)
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError, OSError):
        return None
    told = msgspec.structs.replace(envelope, account=envelope.account or account or None)
    values = {
        "id": told.id,
        "type": told.type,
        "account": told.account or "",
        "livemode": told.livemode,
        "created_at": prepared.moment(created_at),
        "now": prepared.moment(now),
        "body": body.decode(),
    }
    if not prepared.rows_of(_STORE, values):
        return Stored(event_id=told.id, first=False)
    return Stored(event_id=told.id, first=True, told=told)


# By hand, as is all that each delivery costs. One statement is a transaction of its own.
_STORE = """
INSERT INTO cdm_stripe_events
    (id, type, account, livemode, created_at, received_at, body, state, problem, attempts)
VALUES (%(id)s, %(type)s, %(account)s, %(livemode)s, %(created_at)s, %(now)s, %(body)s, 'received', '', 0)
ON CONFLICT (id) DO NOTHING
RETURNING id
"""


def process(*, event_id: str, now: datetime, told: Told | None = None) -> InboxState:
    """Act on a stored event, once; where it stands afterwards. A failure is kept, and tried again by `sweep`.

    `told` is what it says, where the caller has just stored it.
    """
    try:
        return _process(event_id, told, now)
    except settlement.Mismatch as mismatch:
        _LOGGER.warning("webhook %s quarantined: %s", event_id, mismatch)
        return _note(event_id, InboxState.QUARANTINED, str(mismatch))
    except msgspec.DecodeError as error:
        return _note(event_id, InboxState.QUARANTINED, f"unreadable: {error}")
    except Exception as error:
        _LOGGER.exception("webhook %s failed", event_id)
        return _note(event_id, InboxState.FAILED, f"{type(error).__name__}: {error}")


def retry(*, event_id: str, now: datetime) -> InboxState:
    """A person asks for one more try of an event that failed or was quarantined."""
    again = StripeEvent.objects.filter(pk=event_id, state__in=(InboxState.FAILED, InboxState.QUARANTINED))
    again.update(state=InboxState.RECEIVED)
    return process(event_id=event_id, now=now)


def sweep(*, now: datetime, limit: int = 50) -> int:
    """Process what was stored but never finished: the process died in between, or failed.

    Each attempt waits twice as long as the one before, hours in the end: Stripe was answered, so nobody else retries.
    """
    due = Q()
    for made in range(MAX_ATTEMPTS):
        due |= Q(attempts=made, received_at__lte=now - _RETRY_AFTER * 2**made)
    stuck = StripeEvent.objects.filter(due, state__in=(InboxState.RECEIVED, InboxState.FAILED))
    ids = list(stuck.order_by("received_at").values_list("pk", flat=True)[:limit])
    return sum(process(event_id=event_id, now=now) == InboxState.PROCESSED for event_id in ids)


def _process(event_id: str, told: Told | None, now: datetime) -> InboxState:
    if told is None:
        stored = StripeEvent.objects.get(pk=event_id)
        if stored.state in _FINISHED:
            return InboxState(stored.state)
        told = msgspec.json.decode(stored.body, type=Told)
        told = msgspec.structs.replace(told, account=stored.account or None)
    prepare = _HANDLERS.get(told.type)
    # Whatever has to be asked of Stripe is asked here, before any row is locked.
    change = prepare and prepare(_ours(told), now)
    return _apply(event_id, change, now)


def _ours(told: Told) -> Told:
    """Production Connect endpoints are sent test events too: what is of the other mode is nothing of ours."""
    if told.livemode != settings.ENV.live_money:
        raise settlement.Mismatch(f"{told.type} is of the other mode: livemode is {told.livemode}")
    return told


@transaction.atomic
def _apply(event_id: str, change: _Change | None, now: datetime) -> InboxState:
    """What an event changes, and that it was done, in one transaction. Whoever has the same event waits meanwhile."""
    state = InboxState.IGNORED if change is None else InboxState.PROCESSED
    if not prepared.rows_of(_FINISH, {"id": event_id, "state": state.value, "now": prepared.moment(now)}):
        return InboxState(StripeEvent.objects.values_list("state", flat=True).get(pk=event_id))
    if change is not None:
        change()
    return state


_FINISH = """
UPDATE cdm_stripe_events SET state = %(state)s, problem = '', processed_at = %(now)s, attempts = attempts + 1
WHERE id = %(id)s AND state NOT IN ('processed', 'ignored', 'quarantined')
RETURNING id
"""


@transaction.atomic
def _note(event_id: str, state: InboxState, problem: str) -> InboxState:
    stored = StripeEvent.objects.select_for_update().get(pk=event_id)
    if stored.state in _FINISHED:  # by somebody else, while we failed
        return InboxState(stored.state)
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


def _on_session(envelope: Told, now: datetime) -> _Change:
    told = msgspec.json.decode(envelope.data.object, type=_SessionObject)
    account = envelope.account or ""
    return lambda: settlement.settle(session=_session_of(told), account=account, now=now)


def _session_of(told: _SessionObject) -> Session:
    return Session(
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


def _on_account(envelope: Told, now: datetime) -> _Change:
    """An account changed. Events come in any order, so the account is asked for as it is now."""
    told = msgspec.json.decode(envelope.data.object, type=_AccountObject)
    if envelope.account not in (None, told.id):
        raise settlement.Mismatch(f"{envelope.account} sent an account event about {told.id}")
    return _as_it_is_now(told.id, now)


def _on_capability(envelope: Told, now: datetime) -> _Change:
    told = msgspec.json.decode(envelope.data.object, type=_CapabilityObject)
    return _as_it_is_now(told.account, now)


def _as_it_is_now(account_id: str, now: datetime) -> _Change:
    """Stripe shows no account that has disconnected us: that is news too, and no silence to ask into again."""
    try:
        account = gateway.retrieve_account(account_id)
    except gateway.PaymentUnavailable as problem:
        if not _is_cut_off(problem):
            raise
        return lambda: onboarding.disconnect(account_id=account_id, now=now)
    return lambda: onboarding.apply(account)


def _is_cut_off(problem: gateway.PaymentUnavailable) -> bool:
    """Whether Stripe says that this account is not ours to see. A key that lacks a right is told otherwise."""
    said = problem.__cause__
    if not isinstance(said, stripe.PermissionError) or said.error is None:
        return False
    return said.error.code == "account_invalid"


def _on_failed_payment(envelope: Told, now: datetime) -> _Change:
    """A payment that takes days came to nothing: the session is complete, and will never be paid."""
    told = msgspec.json.decode(envelope.data.object, type=_SessionObject)
    account = envelope.account or ""
    return lambda: settlement.give_up(session=_session_of(told), account=account, now=now)


def _on_refund(envelope: Told, now: datetime) -> _Change | None:
    """A refund moved, ours or one made in Stripe's dashboard. Events come in any order: it is asked for as it is."""
    told, account = msgspec.json.decode(envelope.data.object, type=_RefundObject), envelope.account or ""
    if told.payment_intent is None:
        return None  # what a reversed transfer looks like on the venue's account
    payment = settlement.payment_of(told.payment_intent, account=account)
    news = foreign_refunds.news_of(refund_id=told.id, order=payment.order, account=account, now=now)
    return lambda: settlement.settle_refund(payment=payment, news=news, account=account, now=now)


def _on_dispute(envelope: Told, now: datetime) -> _Change:
    """A dispute moved. Events come in any order, so it is asked for as it is now."""
    told, account = msgspec.json.decode(envelope.data.object, type=_DisputeObject), envelope.account or ""
    payment = settlement.payment_of(told.payment_intent or "", account=account)
    facts = gateway.retrieve_dispute(told.id, account=account)

    def change() -> None:
        settlement.settle_payment(payment, account=account, now=now)
        disputes.settle(order=payment.order, told=facts, now=now)

    return change


def _on_deauthorised(envelope: Told, now: datetime) -> _Change:
    """A venue disconnected us: the event's object is our own application, the venue is the event's account."""
    return lambda: onboarding.disconnect(account_id=envelope.account or "", now=now)


_HANDLERS: dict[str, Callable[[Told, datetime], _Change | None]] = {
    "checkout.session.completed": _on_session,
    "checkout.session.async_payment_succeeded": _on_session,
    "checkout.session.async_payment_failed": _on_failed_payment,
    "checkout.session.expired": _on_session,
    "refund.created": _on_refund,
    "refund.updated": _on_refund,
    "refund.failed": _on_refund,
    "charge.dispute.created": _on_dispute,
    "charge.dispute.updated": _on_dispute,
    "charge.dispute.closed": _on_dispute,
    "charge.dispute.funds_withdrawn": _on_dispute,
    "charge.dispute.funds_reinstated": _on_dispute,
    "account.updated": _on_account,
    "capability.updated": _on_capability,
    "account.application.deauthorized": _on_deauthorised,
}
