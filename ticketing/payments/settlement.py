"""What a session of Stripe's means for its order. One place for the webhook, the sweep and the fan's return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from ticketing import foreign_refunds, fulfilment, inventory, refunds, sales
from ticketing.domain_events import EventStatus, ReleaseReason
from ticketing.fulfilment import Due
from ticketing.models import ChargeMode, Order
from ticketing.payments import gateway
from ticketing.payments.gateway import Session


class Mismatch(Exception):
    """The session and the order do not tell the same story. Nothing was changed; a person must look."""


@transaction.atomic(savepoint=False)
def settle(*, session: Session, account: str, now: datetime) -> bool:
    """Bring the order to where its session is, in one transaction; True if that changed it.

    Raises Mismatch, and then nothing has changed.
    `account` is the connected account that the event came from, empty for the platform's own.
    """
    due = _due_of(session)
    _check(due, session, account)
    if session.status == "expired":
        return sales.release(order_pk=due.pk, reason=ReleaseReason.EXPIRED, now=now)
    if session.status != "complete" or session.payment_status not in ("paid", "no_payment_required"):
        return False  # an unpaid completion is an asynchronous method at work: the hold stays
    if due.event_status == EventStatus.CANCELLED:
        sales.release(order_pk=due.pk, reason=ReleaseReason.EXPIRED, now=now)
        return _pay_back(due, session, now)
    try:
        return fulfilment.fulfil(due, payment_intent_id=session.payment_intent_id, now=now)
    except inventory.NotEnoughLeft:
        return _pay_back(due, session, now)


@transaction.atomic(savepoint=False)
def give_up(*, session: Session, account: str, now: datetime) -> bool:
    """The session is complete and its payment has failed for good: the seats go back on sale. Raises Mismatch."""
    due = _due_of(session)
    _check(due, session, account)
    return sales.release(order_pk=due.pk, reason=ReleaseReason.PAYMENT_FAILED, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment's order. `untold` is its session when the news of the payment itself has not come yet."""

    order: Order
    untold: Session | None


def payment_of(payment_intent_id: str, *, account: str) -> Payment:
    """Whose a payment is; of one that is new to us, Stripe is asked. Raises Mismatch for anybody else's."""
    order = Order.objects.filter(stripe_payment_intent_id=payment_intent_id).first()
    if order is not None and account == account_of(order):
        return Payment(order=order, untold=None)
    try:
        named = gateway.order_named_by(payment_intent_id, account=account) if order is None else ""
        untold = Order.objects.filter(pk__in=_uuids(named)).exclude(stripe_session_id=None).first()
        session = gateway.retrieve_session(untold) if untold and account == account_of(untold) else None
    except gateway.PaymentRefused as refusal:
        raise Mismatch(f"payment {payment_intent_id}: {refusal}") from refusal
    if untold is None or session is None or session.payment_intent_id != payment_intent_id:
        raise Mismatch(
            f"payment {payment_intent_id} of account {account or 'ours'} belongs to no order of ours"
        )
    return Payment(order=untold, untold=session)


@transaction.atomic
def settle_payment(payment: Payment, *, account: str, now: datetime) -> None:
    """Make up for the news that has not come. Raises Mismatch."""
    if payment.untold is not None:
        settle(session=payment.untold, account=account, now=now)


@transaction.atomic
def settle_refund(*, payment: Payment, news: foreign_refunds.News, account: str, now: datetime) -> bool:
    """Bring a refund to where Stripe says that it is, ours or made in Stripe's dashboard. Raises Mismatch."""
    settle_payment(payment, account=account, now=now)
    order, known = payment.order, foreign_refunds.known(order=payment.order, told=news.told)
    if known is None:
        return foreign_refunds.record(order_pk=order.pk, news=news, now=now)
    return refunds.settle(order_pk=order.pk, refund_pk=known.pk, told=news.told, now=now)


def account_of(order: Order | Due) -> str:
    """Whose events tell of an order: the venue's account for a direct charge, empty for the platform's own."""
    return order.stripe_account_id if order.charge_mode == ChargeMode.DIRECT else ""


def _pay_back(due: Due, session: Session, now: datetime) -> bool:
    """Paid, and there is no seat for it: the money goes back in full, by itself."""
    return refunds.record_late_payment(order_pk=due.pk, payment_intent_id=session.payment_intent_id, now=now)


def _due_of(session: Session) -> Due:
    due = fulfilment.by_session(session.id)
    if due is None and session.order:
        # The webhook may beat the answer of the call that made the session.
        unclaimed = Order.objects.filter(pk__in=_uuids(session.order), stripe_session_id=None)
        unclaimed.update(stripe_session_id=session.id, stripe_session_url=session.url)
        due = fulfilment.by_session(session.id)
    if due is None:
        raise Mismatch(f"session {session.id} belongs to no order of ours")
    return due


def _check(due: Due, session: Session, account: str) -> None:
    """Signed by Stripe is not yet ours: a connected account sets its own metadata."""
    told = {
        "order": (session.order, str(due.pk)),
        "amount": (session.amount_total, due.total),
        "currency": (session.currency, due.currency),
        "livemode": (session.livemode, settings.ENV.live_money),
        "account": (account, account_of(due)),
    }
    wrong = [f"{name} is {got!r}, not {want!r}" for name, (got, want) in told.items() if got != want]
    if wrong:
        raise Mismatch(f"session {session.id} of order {due.pk}: {'; '.join(wrong)}")


def _uuids(text: str) -> list[UUID]:
    """The id that a session's metadata names, if it is one at all."""
    try:
        return [UUID(text)]
    except ValueError:
        return []
