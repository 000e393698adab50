"""What the worker asks Stripe without anybody waiting: events that never came, and the objects behind each sale."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from ticketing.models import InboxState, LedgerKind, Order, Venue
from ticketing.payments import gateway, ledger, webhooks

_LOGGER = logging.getLogger(__name__)
LOOK_BACK = timedelta(days=3)
EVENTS_EVERY = timedelta(minutes=3)
_SETTLES_AFTER = timedelta(seconds=2)
_GIVE_UP_AFTER = timedelta(days=7)


def fetch_missed_events(*, now: datetime) -> int:
    """Ask Stripe for events that it could not deliver, and process those that the inbox has not; how many were new."""
    since = int((now - LOOK_BACK).timestamp())
    connected = Venue.objects.filter(deauthorised_at=None).exclude(stripe_account_id=None)
    accounts = ["", *connected.values_list("stripe_account_id", flat=True)]
    return sum(_fetch(account or "", since, now) for account in accounts)


def complete_orders(*, now: datetime, limit: int = 50) -> int:
    """Attach charge, transfer and fee to paid orders, and book what Stripe kept; how many were completed."""
    unknown = Order.objects.filter(
        Q(stripe_charge_id=None) & ~Q(stripe_payment_intent_id=None),
        created_at__gte=now - _GIVE_UP_AFTER,
        created_at__lte=now - _SETTLES_AFTER,
    )
    done = 0
    # The newest first: one whose charge takes days to settle, or is not to be had, keeps no other from being told.
    for order in unknown.order_by("-created_at")[:limit]:
        try:
            told = gateway.retrieve_charge(order)
        except gateway.PaymentUnavailable:
            break  # it would not answer for the others either
        except gateway.PaymentRefused:
            _LOGGER.exception("the charge of order %s is not to be had", order.pk)
            continue
        if told and told.stripe_fee is not None and told.balance_transaction_id is not None:
            _keep(order, told, told.stripe_fee, told.balance_transaction_id, now)
            done += 1
    return done


def _fetch(account: str, since: int, now: datetime) -> int:
    """One account that does not let us in any more must not keep the others' events from us."""
    try:
        bodies = gateway.undelivered_events(since=since, account=account)
    except (gateway.PaymentUnavailable, gateway.PaymentRefused) as problem:
        _LOGGER.warning(
            "the missed events of %s are not to be had: %s", account or "our own account", problem
        )
        return 0
    return sum(_take_in(body, account, now) for body in bodies)


@transaction.atomic
def _keep(order: Order, told: gateway.ChargeTold, fee: int, moved_id: str, now: datetime) -> None:
    Order.objects.filter(pk=order.pk).update(
        stripe_charge_id=told.charge_id,
        stripe_transfer_id=told.transfer_id,
        stripe_application_fee_id=told.application_fee_id,
    )
    movement = ledger.processed(order, fee)
    ledger.book(order=order, kind=LedgerKind.STRIPE_FEE, stripe_id=moved_id, movement=movement, at=now)


def _take_in(body: str, account: str, now: datetime) -> bool:
    stored = webhooks.take_in(body=body.encode(), account=account, now=now)
    if stored is None or not stored.first:
        return False
    state = webhooks.process(event_id=stored.event_id, now=now)
    _LOGGER.info("event %s of %s was never delivered; now %s", stored.event_id, account or "ours", state)
    return state == InboxState.PROCESSED
