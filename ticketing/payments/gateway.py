"""Every call to Stripe, through the real SDK: `client.v1` services, no `payment_method_types`, explicit time-outs.

Nothing here touches the database, and no caller may hold a row lock. Facts: `shared/facts/stripe.md` 1.2, 1.5, 1.6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import stripe
from django.conf import settings
from stripe import RequestOptions
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItem

from ticketing.models import Event, Order, OrderLine, Venue
from ticketing.order_id import display

Answer = TypeVar("Answer")
_CONNECT_S, _READ_S, _RETRIES = 3, 12, 2


class PaymentUnavailable(Exception):
    """Stripe could not be reached, or failed: what was asked may or may not have happened. Ask again."""


class PaymentRefused(Exception):
    """Stripe understood and said no: what was asked has not happened and will not."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A connected account: may it be paid, by all that Stripe asks?"""

    id: str
    complete: bool


@cache
def client() -> stripe.StripeClient:
    """The one client. Retries and time-outs are ours: the SDK's defaults are none and 80 s."""
    api = settings.ENV.stripe_api_base
    return stripe.StripeClient(
        settings.ENV.stripe_api_key,
        base_addresses={"api": api, "connect": api} if api else {},
        max_network_retries=_RETRIES,
        http_client=stripe.RequestsClient(timeout=(_CONNECT_S, _READ_S)),
    )


def create_session(*, order: Order, event: Event, lines: list[OrderLine]) -> Session:
    """Open the hosted payment page for an order: a destination charge that splits at the moment of sale.

    Idempotent by the order: asked again, Stripe answers with the same session.
    """
    venue = event.venue
    metadata = {"order": str(order.pk), "event": str(event.pk), "venue": str(venue.pk)}
    address = f"{settings.ENV.public_url.rstrip('/')}/o/{order.token}/"
    params: SessionCreateParams = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "success_url": address,
        "cancel_url": f"{address}cancel/",
        "client_reference_id": str(order.pk),
        "customer_email": order.purchaser.email,
        "expires_at": int(order.session_expires_at.timestamp()),
        "line_items": [item for line in lines for item in _line_items(line, event, order.currency)],
        "payment_intent_data": {
            "application_fee_amount": order.fee,
            "transfer_data": {"destination": venue.stripe_account_id or ""},
            "description": f"{event.title} at {venue.name}, order {display(order.order_id)}",
            "metadata": metadata,
        },
        "metadata": metadata,
        # The price was shown in one currency, with its fee: nothing may change the total behind it.
        "adaptive_pricing": {"enabled": False},
        "allowed_payment_method_types": ["card", "link"],
    }
    key: RequestOptions = {"idempotency_key": f"session:{order.pk}"}
    answer = _call(lambda: client().v1.checkout.sessions.create(params, key))
    return _session(answer)


def retrieve_session(session_id: str) -> Session:
    """Ask Stripe what became of a session."""
    return _session(_call(lambda: client().v1.checkout.sessions.retrieve(session_id)))


def expire_session(session_id: str) -> Session:
    """End a session, if it is open still; either way, what Stripe says that it is now."""
    try:
        return _session(_call(lambda: client().v1.checkout.sessions.expire(session_id)))
    except PaymentRefused:
        return retrieve_session(session_id)


def create_account(venue: Venue, *, email: str) -> str:
    """Open a connected account (Express, by `controller`) for a venue, once; its id."""
    account = _call(
        lambda: client().v1.accounts.create(
            {
                "controller": {
                    "stripe_dashboard": {"type": "express"},
                    "fees": {"payer": "application"},
                    "losses": {"payments": "application"},
                },
                "country": venue.country,
                "email": email,
                "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": True}},
                "metadata": {"venue": str(venue.pk)},
            },
            options={"idempotency_key": f"account:{venue.pk}"},
        )
    )
    return account.id


def create_onboarding_link(account_id: str, *, return_url: str, refresh_url: str) -> str:
    """A single-use link to Stripe's onboarding pages, good for minutes. Never mail or log it."""
    link = _call(
        lambda: client().v1.account_links.create(
            {
                "account": account_id,
                "type": "account_onboarding",
                "return_url": return_url,
                "refresh_url": refresh_url,
                "collection_options": {"fields": "eventually_due"},
            }
        )
    )
    return link.url


def retrieve_account(account_id: str) -> Account:
    """Ask Stripe whether an account may be paid."""
    return account_of(_call(lambda: client().v1.accounts.retrieve(account_id)))


def account_of(account: stripe.Account) -> Account:
    """Our rule over Stripe's account: details, charges, payouts, transfers, and nothing that disables it."""
    capabilities = account.capabilities
    requirements = account.requirements
    return Account(
        id=account.id,
        complete=bool(
            account.details_submitted
            and account.charges_enabled
            and account.payouts_enabled
            and capabilities is not None
            and capabilities.transfers == "active"
            and (requirements is None or requirements.disabled_reason is None)
        ),
    )


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


def _call(ask: Callable[[], Answer]) -> Answer:
    """Turn the SDK's exceptions into the two that matter: may have happened, and has not happened."""
    try:
        return ask()
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise PaymentUnavailable(type(error).__name__) from error
    except stripe.StripeError as error:
        if error.http_status is None or error.http_status >= 500:
            raise PaymentUnavailable(type(error).__name__) from error
        raise PaymentRefused(f"{type(error).__name__}: {error.user_message or error}") from error
