"""Checkout Sessions: the hosted payment page of an order. No `payment_method_types`."""

from __future__ import annotations

from dataclasses import dataclass

import stripe
from django.conf import settings
from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsLineItem,
    SessionCreateParamsPaymentIntentData,
)

from ticketing.models import ChargeMode, Event, Order, OrderLine
from ticketing.order_id import display
from ticketing.payments.gateway import speaking
from ticketing.payments.gateway.speaking import PaymentRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A Checkout Session as we need it. `status` is open, complete or expired; amounts are minor units."""

    id: str
    url: str
    status: str
    payment_status: str
    payment_intent_id: str | None
    amount_total: int
    currency: str
    order: str
    livemode: bool


def create_session(*, order: Order, event: Event, lines: list[OrderLine]) -> Session:
    """Open the hosted payment page for an order: a charge that splits at the moment of sale.

    A destination charge, or for a venue of its own with Stripe (Standard) a direct charge on the venue's account.
    Idempotent by the order: asked again, Stripe answers with the same session.
    """
    metadata = {"order": str(order.pk), "event": str(event.pk), "venue": str(event.venue_id)}
    address = f"{settings.ENV.public_url.rstrip('/')}/o/{order.token}/"
    intent: SessionCreateParamsPaymentIntentData = {
        "application_fee_amount": order.fee,
        "description": f"{event.title} at {event.venue.name}, order {display(order.order_id)}",
        "metadata": metadata,
    }
    if order.charge_mode == ChargeMode.DESTINATION:
        intent["transfer_data"] = {"destination": order.stripe_account_id}
    params: SessionCreateParams = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "success_url": address,
        "cancel_url": f"{address}cancel/",
        "client_reference_id": str(order.pk),
        "customer_email": order.purchaser.email,
        "expires_at": int(order.session_expires_at.timestamp()),
        "line_items": [item for line in lines for item in _line_items(line, event, order.currency)],
        "payment_intent_data": intent,
        "metadata": metadata,
        # The price was shown in one currency, with its fee: nothing may change the total behind it.
        "adaptive_pricing": {"enabled": False},
        "allowed_payment_method_types": ["card", "link"],
    }
    options = speaking.on_account(order, idempotency_key=f"session:{order.pk}")
    return _session(speaking.ask(lambda v1: v1.checkout.sessions.create(params, options)))


def retrieve_session(order: Order) -> Session:
    """Ask Stripe what became of an order's session."""
    session_id, options = order.stripe_session_id or "", speaking.on_account(order)
    return _session(speaking.ask(lambda v1: v1.checkout.sessions.retrieve(session_id, {}, options)))


def expire_session(order: Order) -> Session:
    """End an order's session, if it is open still; either way, what Stripe says that it is now."""
    session_id, options = order.stripe_session_id or "", speaking.on_account(order)
    try:
        return _session(speaking.ask(lambda v1: v1.checkout.sessions.expire(session_id, {}, options)))
    except PaymentRefused:
        return retrieve_session(order)


def _line_items(line: OrderLine, event: Event, currency: str) -> list[SessionCreateParamsLineItem]:
    """The tickets, and NGN's fee as an item of its own: the fan sees both on the payment page too."""
    items = [(line.unit_base, f"{event.title} – {line.ticket_type.name}"), (line.unit_fee, "Service fee")]
    return [
        {
            "quantity": line.quantity,
            "price_data": {
                "currency": currency.lower(),
                "unit_amount": amount,
                "product_data": {"name": name},
            },
        }
        for amount, name in items
        if amount
    ]


def _session(session: stripe.checkout.Session) -> Session:
    intent, metadata = session.payment_intent, session.metadata
    return Session(
        id=session.id,
        url=session.url or "",
        status=session.status or "",
        payment_status=session.payment_status,
        payment_intent_id=intent if isinstance(intent, str) or intent is None else intent.id,
        amount_total=session.amount_total or 0,
        currency=(session.currency or "").upper(),
        order=metadata["order"] if metadata and "order" in metadata else "",
        livemode=session.livemode,
    )
