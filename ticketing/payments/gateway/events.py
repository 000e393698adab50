"""Stripe's events that did not reach us."""

from __future__ import annotations

from stripe import RequestOptions
from stripe.params import EventListParams

from ticketing.payments.gateway import speaking


def undelivered_events(*, since: int, account: str = "") -> list[str]:
    """The raw bodies of events that Stripe could not deliver since a moment (UTC seconds), oldest first."""
    params: EventListParams = {"delivery_success": False, "created": {"gte": since}, "limit": 100}
    options: RequestOptions = {"stripe_account": account} if account else {}
    found = speaking.ask(lambda v1: list(v1.events.list(params, options).auto_paging_iter()))
    return [str(event) for event in reversed(found)]
