"""How every call to Stripe is made: one client with explicit time-outs, and two exceptions that matter."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import stripe
from django.conf import settings
from stripe import RequestOptions, V1Services

from ticketing.models import ChargeMode, Order

Answer = TypeVar("Answer")
_CONNECT_S, _READ_S, _RETRIES = 3, 12, 2


class PaymentUnavailable(Exception):
    """Stripe could not be reached, or failed: what was asked may or may not have happened. Ask again."""


class PaymentRefused(Exception):
    """Stripe understood and said no: what was asked has not happened and will not."""


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


def left_of(moved: stripe.Transfer | stripe.ApplicationFee | str | None, taken_back: str) -> int:
    """What of a transfer or a fee has not been taken back."""
    return 0 if moved is None or isinstance(moved, str) else int(moved["amount"]) - int(moved[taken_back])


def on_account(order: Order, *, idempotency_key: str = "") -> RequestOptions:
    """Direct charges live on the venue's account, so everything about them is asked there."""
    options: RequestOptions = {"idempotency_key": idempotency_key} if idempotency_key else {}
    if order.charge_mode == ChargeMode.DIRECT:
        options["stripe_account"] = order.stripe_account_id
    return options


def id_of(expandable: object) -> str | None:
    """The id of a field that holds an object or only its id."""
    return expandable if isinstance(expandable, str) or expandable is None else str(expandable["id"])  # type: ignore[index]


def ask(question: Callable[[V1Services], Answer]) -> Answer:
    """Ask Stripe, and turn the SDK's exceptions into the two that matter: may have happened, and has not happened.

    Only a judgement on the request itself says that nothing has happened. A key that is not let in, or an idempotency
    key used before with other words, says nothing of what an earlier call has done.
    """
    try:
        return question(client().v1)
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        raise PaymentRefused(f"{type(error).__name__}: {error.user_message or error}") from error
    except stripe.StripeError as error:
        raise PaymentUnavailable(type(error).__name__) from error
