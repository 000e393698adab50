"""From the fan's click to Stripe's payment page and back: the verbs that talk to Stripe between two transactions.

A hold goes back on sale only when Stripe says that the session is expired, or that there never was one: so a late
payment cannot meet a resold seat (facts/stripe.md 1.5).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from ticketing import sales
from ticketing.domain_events import ReleaseReason
from ticketing.inventory import Seats
from ticketing.models import Order, OrderStatus
from ticketing.payments import gateway, settlement
from ticketing.sales import SaleRefusal, SaleRefused

_LOGGER = logging.getLogger(__name__)
_LOOK_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutStarted:
    """Seats are held. `url` is where the fan goes next: Stripe's page, or None when there is nothing to pay."""

    order_token: str
    url: str | None


class Payment(StrEnum):
    """Where Stripe is with an order that is held: nobody has paid, money is coming, it has come; or no answer."""

    OPEN = "open"
    UNDER_WAY = "under_way"
    PAID = "paid"
    UNKNOWN = "unknown"


class Abandoned(StrEnum):
    """What came of a fan's turning back."""

    RELEASED = "released"
    PAYMENT_UNDER_WAY = "payment_under_way"
    UNAVAILABLE = "unavailable"
    ALREADY_PAID = "already_paid"


def begin(
    *, event_id: UUID, seats: tuple[Seats, ...], email: str, now: datetime
) -> CheckoutStarted | SaleRefused:
    """Hold the seats and open the payment page for them."""
    outcome = sales.place_hold(event_id=event_id, seats=seats, email=email, now=now)
    if isinstance(outcome, SaleRefused):
        return outcome
    order = outcome.order
    if order.total == 0:
        sales.fulfil(order_pk=order.pk, payment_intent_id=None, now=now)
        return CheckoutStarted(order_token=order.token, url=None)
    try:
        session = open_session(order.pk)
    except gateway.PaymentRefused:
        _LOGGER.exception("Stripe refused the session of order %s", order.pk)
        sales.release(order_pk=order.pk, reason=ReleaseReason.PAYMENT_UNAVAILABLE, now=now)
        return SaleRefused(code=SaleRefusal.PAYMENT_REFUSED)
    except gateway.PaymentUnavailable:
        # There may be a session: the hold stays, and the sweep finds out.
        _LOGGER.warning("Stripe did not answer for order %s", order.pk)
        return SaleRefused(code=SaleRefusal.PAYMENT_UNAVAILABLE)
    return CheckoutStarted(order_token=order.token, url=session.url)


def open_session(order_pk: UUID) -> gateway.Session:
    """Create (or, asked again, find) the order's session and keep its id and address."""
    order = Order.objects.select_related("event__venue", "purchaser").get(pk=order_pk)
    lines = list(order.lines.select_related("ticket_type"))
    session = gateway.create_session(order=order, event=order.event, lines=lines)
    Order.objects.filter(pk=order_pk).update(stripe_session_id=session.id, stripe_session_url=session.url)
    return session


def payment_of(*, order_token: str) -> Payment:
    """Ask Stripe where the payment of a held order is. It only looks: nothing changes here or there."""
    order = Order.objects.filter(token=order_token, status=OrderStatus.HELD).first()
    if order is None or not order.stripe_session_id:
        return Payment.UNKNOWN
    try:
        session = gateway.retrieve_session(order)
    except (gateway.PaymentUnavailable, gateway.PaymentRefused):
        return Payment.UNKNOWN
    if session.status != "complete":
        return Payment.OPEN
    return Payment.UNDER_WAY if _is_under_way(session) else Payment.PAID


def abandon(*, order_token: str, now: datetime) -> Abandoned:
    """The fan came back without paying: end the session, and with Stripe's word put the seats back on sale.

    `UNAVAILABLE` leaves the hold to the sweep; `PAYMENT_UNDER_WAY` to the payment, which nobody can withdraw.
    """
    order = Order.objects.filter(token=order_token, status=OrderStatus.HELD).first()
    try:
        if order is not None:
            _settle_hold(order, ReleaseReason.ABANDONED, now)
    except _UnderWay:
        assert order is not None
        _rest_while_paying(order, now)
        return Abandoned.PAYMENT_UNDER_WAY
    except gateway.PaymentUnavailable:
        return Abandoned.UNAVAILABLE
    except _NEEDS_A_PERSON:
        assert order is not None
        _LOGGER.exception("the hold of order %s needs a person", order.pk)
        _rest(order, now + _LOOK_AGAIN)
        return Abandoned.UNAVAILABLE
    after = Order.objects.filter(token=order_token).values_list("status", flat=True).first()
    if after == OrderStatus.HELD:
        return Abandoned.UNAVAILABLE
    return Abandoned.RELEASED if after in (None, OrderStatus.EXPIRED) else Abandoned.ALREADY_PAID


def sweep_holds(*, now: datetime, limit: int = 50) -> int:
    """End the holds whose time is up; how many were settled. Stripe's silence leaves a hold for the next sweep.

    Those that only time or a person can settle rest meanwhile: they must not stand in front of the others.
    """
    due = awake_holds(now=now).filter(hold_expires_at__lte=now)
    return sum(_sweep_hold(order, now) for order in due.order_by("hold_expires_at")[:limit])


def awake_holds(*, now: datetime) -> QuerySet[Order]:
    """The orders that are held and do not rest: about the others Stripe was asked in vain a moment ago, by whomever."""
    rested = Q(look_again_at=None) | Q(look_again_at__lte=now)
    return Order.objects.filter(rested, status=OrderStatus.HELD)


class _UnderWay(Exception):
    """The session is complete and not paid: a way of paying that takes days. It cannot be ended."""


_NEEDS_A_PERSON = (gateway.PaymentRefused, settlement.Mismatch)


def _sweep_hold(order: Order, now: datetime) -> bool:
    """Whether the hold is settled now. One that cannot be must not keep the others from it: it stays, and is told."""
    try:
        return _settle_hold(order, ReleaseReason.EXPIRED, now)
    except _UnderWay:
        _rest_while_paying(order, now)
    except gateway.PaymentUnavailable:
        pass
    except _NEEDS_A_PERSON:
        _LOGGER.exception("the hold of order %s needs a person", order.pk)
        _rest(order, now + _LOOK_AGAIN)
    return False


def _rest_while_paying(order: Order, now: datetime) -> None:
    """Stripe tells what comes of it by webhook; its session is asked for again in case that was lost."""
    Order.objects.filter(pk=order.pk).update(
        payment_under_way_at=Coalesce("payment_under_way_at", now),
        look_again_at=max(order.session_expires_at, now + _LOOK_AGAIN),
    )


def _rest(order: Order, until: datetime) -> None:
    """Kept with the order, so that no process asks again, however many sweep and however often they start anew."""
    Order.objects.filter(pk=order.pk).update(look_again_at=until)


def _settle_hold(order: Order, reason: ReleaseReason, now: datetime) -> bool:
    """End the order's session and bring the order to where it is then; True if that changed it."""
    session = _ended_session(order)
    if session is None or session.status == "expired":
        return sales.release(order_pk=order.pk, reason=reason, now=now)
    if _is_under_way(session):
        raise _UnderWay
    return session.status == "complete" and settlement.settle(
        session=session, account=settlement.account_of(order), now=now
    )


def _is_under_way(session: gateway.Session) -> bool:
    return session.status == "complete" and session.payment_status == "unpaid"


def _ended_session(order: Order) -> gateway.Session | None:
    """The order's session, ended if it was open; None when Stripe says that there never was one."""
    if order.total == 0:  # it never had one: its seller was cut off before it could give the tickets away
        return None
    if order.stripe_session_id:
        return gateway.expire_session(order)
    try:
        # The call that made the session may have been cut: the same idempotency key finds it. Where there is none,
        # Stripe makes one now, or refuses because its end is too near.
        open_session(order.pk)
        order.refresh_from_db()
        return gateway.expire_session(order)
    except gateway.PaymentRefused:
        return None
