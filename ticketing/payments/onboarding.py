"""A venue's account with Stripe: connect it, and follow whether it may be paid."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from ticketing.models import Venue
from ticketing.payments import gateway


def begin(*, venue: Venue, email: str) -> str:
    """Connect a venue: make its account if it has none, and return a single-use link to Stripe's pages."""
    if venue.stripe_account_id is None:
        venue.stripe_account_id = gateway.create_account(venue, email=email)
        venue.save(update_fields=["stripe_account_id"])
    address = f"{settings.ENV.public_url.rstrip('/')}/venue/{venue.slug}/"
    return gateway.create_onboarding_link(venue.stripe_account_id, return_url=address, refresh_url=address)


def refresh(*, venue: Venue) -> bool:
    """Ask Stripe whether the venue may be paid, and keep the answer."""
    if venue.stripe_account_id is None:
        return False
    apply(gateway.retrieve_account(venue.stripe_account_id))
    venue.refresh_from_db(fields=["onboarding_complete"])
    return venue.onboarding_complete


@transaction.atomic
def apply(account: gateway.Account) -> None:
    """Keep what Stripe says of an account; it can turn false again, and then nothing more is sold."""
    Venue.objects.filter(stripe_account_id=account.id).update(onboarding_complete=account.complete)
