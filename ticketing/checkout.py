"""From the fan's click to Stripe's payment page and back: the verbs that talk to Stripe between two transactions.

A hold goes back on sale only when Stripe says that the session is expired, or that there never was one: so a late
payment cannot meet a resold seat (facts/stripe.md 1.5).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ticketing import sales
from ticketing.domain_events import ReleaseReason
from ticketing.inventory import Seats
from ticketing.models import Order, OrderStatus
from ticketing.payments import gateway, settlement
from ticketing.sales import SaleRefusal, SaleRefused

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutStarted:
    """Seats are held. `url` is where the fan goes next: Stripe's page, or None when there is nothing to pay."""

    order_token: str
    url: str | None


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


def abandon(*, order_token: str, now: datetime) -> None:
    """The fan came back without paying: end the session, and with Stripe's word put the seats back on sale."""
    order = Order.objects.filter(token=order_token, status=OrderStatus.HELD).first()
    if order is not None:
        _settle_hold(order, ReleaseReason.ABANDONED, now)


def sweep_holds(*, now: datetime, limit: int = 50) -> int:
    """End the holds whose time is up; how many were settled. Stripe's silence leaves a hold for the next sweep."""
    due = Order.objects.filter(status=OrderStatus.HELD, hold_expires_at__lte=now).order_by("hold_expires_at")
    return sum(_settle_hold(order, ReleaseReason.EXPIRED, now) for order in due[:limit])


def _settle_hold(order: Order, reason: ReleaseReason, now: datetime) -> bool:
    try:
        session = _ended_session(order)
    except gateway.PaymentUnavailable:
        return False
    if session is None or session.status == "expired":
        return sales.release(order_pk=order.pk, reason=reason, now=now)
    if session.status == "complete":
        settlement.settle(session=session, account="", now=now)
        return True
    return False


def _ended_session(order: Order) -> gateway.Session | None:
    """The order's session, ended if it was open; None when Stripe says that there never was one."""
    if order.stripe_session_id:
        return gateway.expire_session(order.stripe_session_id)
    try:
        # The call that made the session may have been cut: the same idempotency key finds it. Where there is none,
        # Stripe makes one now, or refuses because its end is too near.
        return gateway.expire_session(open_session(order.pk).id)
    except gateway.PaymentRefused:
        return None
