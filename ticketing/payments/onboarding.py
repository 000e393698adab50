"""A venue's account with Stripe: connect it, resume, and follow whether it may be paid. It can turn false again."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from ticketing.models import ChargeMode, Venue
from ticketing.payments import gateway


class AlreadyConnected(Exception):
    """The venue's account decides how it is charged; another way needs another account, after disconnecting."""


def begin(*, venue: Venue, email: str, charge_mode: ChargeMode | None = None) -> str:
    """Connect a venue, or resume: make its account if it has none, and return a single-use link to Stripe's pages.

    Express with destination charges unless told otherwise; a Standard account charges by itself. Raises
    AlreadyConnected, gateway.PaymentUnavailable, gateway.PaymentRefused.
    """
    if charge_mode is not None and charge_mode != venue.charge_mode:
        if venue.stripe_account_id is not None and venue.deauthorised_at is None:
            raise AlreadyConnected(AlreadyConnected.__doc__)
        venue.charge_mode = charge_mode
        venue.save(update_fields=["charge_mode"])
    if venue.stripe_account_id is None or venue.deauthorised_at is not None:
        venue.stripe_account_id = gateway.create_account(venue, email=email)
        venue.deauthorised_at, venue.onboarding_complete = None, False
        venue.save(update_fields=["stripe_account_id", "deauthorised_at", "onboarding_complete"])
        refresh(venue=venue)  # what the new account lacks, without waiting for the first news of it
    assert venue.stripe_account_id is not None
    address = f"{settings.ENV.public_url.rstrip('/')}/venue/{venue.slug}/payments/"
    return gateway.create_onboarding_link(
        venue.stripe_account_id, return_url=f"{address}?returned=1", refresh_url=f"{address}?again=1"
    )


def refresh(*, venue: Venue) -> bool:
    """Ask Stripe whether the venue may be paid, and keep the answer."""
    if venue.stripe_account_id is None or venue.deauthorised_at is not None:
        return False
    apply(gateway.retrieve_account(venue.stripe_account_id))
    venue.refresh_from_db()
    return venue.onboarding_complete


@transaction.atomic
def apply(account: gateway.Account) -> None:
    """Keep what Stripe says of an account. A venue that disconnected us stays so, whatever comes late."""
    Venue.objects.filter(stripe_account_id=account.id, deauthorised_at=None).update(
        onboarding_complete=account.complete,
        requirements_due=list(account.due),
        disabled_reason=account.disabled_reason[:80],
    )


@transaction.atomic
def disconnect(*, account_id: str, now: datetime) -> None:
    """The venue took its leave at Stripe: nothing more is sold for it. Tickets that are sold stay good."""
    Venue.objects.filter(stripe_account_id=account_id, deauthorised_at=None).update(
        onboarding_complete=False, deauthorised_at=now, disabled_reason="disconnected"
    )
