"""What a session of Stripe's means for its order. One place for the webhook, the sweep and the fan's return."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from ticketing import inventory, sales
from ticketing.domain_events import ReleaseReason
from ticketing.models import Order
from ticketing.payments.gateway import Session


class Mismatch(Exception):
    """The session and the order do not tell the same story. Nothing was changed; a person must look."""


@transaction.atomic
def settle(*, session: Session, account: str, now: datetime) -> bool:
    """Bring the order to where its session is, in one transaction; True if that changed it.

    Raises Mismatch, and then nothing has changed.
    `account` is the connected account that the event came from, empty for the platform's own.
    """
    order = _order_of(session)
    _check(order, session, account)
    if session.status == "expired":
        return sales.release(order_pk=order.pk, reason=ReleaseReason.EXPIRED, now=now)
    if session.status != "complete" or session.payment_status not in ("paid", "no_payment_required"):
        return False  # an unpaid completion is an asynchronous method at work: the hold stays
    try:
        return sales.fulfil(order_pk=order.pk, payment_intent_id=session.payment_intent_id, now=now)
    except inventory.NotEnoughLeft as error:
        raise Mismatch(f"order {order.pk} was paid after its seats were sold again: refund it") from error


def _order_of(session: Session) -> Order:
    order = Order.objects.filter(stripe_session_id=session.id).first()
    if order is None and session.order:
        # The webhook may beat the answer of the call that made the session.
        unclaimed = Order.objects.filter(pk__in=_uuids(session.order), stripe_session_id=None)
        unclaimed.update(stripe_session_id=session.id, stripe_session_url=session.url)
        order = Order.objects.filter(stripe_session_id=session.id).first()
    if order is None:
        raise Mismatch(f"session {session.id} belongs to no order of ours")
    return order


def _check(order: Order, session: Session, account: str) -> None:
    """Signed by Stripe is not yet ours: a connected account sets its own metadata."""
    told = {
        "order": (session.order, str(order.pk)),
        "amount": (session.amount_total, order.total),
        "currency": (session.currency, order.currency),
        "livemode": (session.livemode, settings.ENV.live_money),
        "account": (account, ""),
    }
    wrong = [f"{name} is {got!r}, not {want!r}" for name, (got, want) in told.items() if got != want]
    if wrong:
        raise Mismatch(f"session {session.id} of order {order.pk}: {'; '.join(wrong)}")


def _uuids(text: str) -> list[UUID]:
    """The id that a session's metadata names, if it is one at all."""
    try:
        return [UUID(text)]
    except ValueError:
        return []
