"""A venue's own rules."""

from __future__ import annotations

from uuid import UUID

from ticketing.models import Venue


def set_refund_policy(*, venue_id: UUID, returns_fee: bool) -> None:
    """Whether a refund that the venue makes gives the fan NGN's fee back too, from the next refund on."""
    Venue.objects.filter(pk=venue_id).update(refunds_return_fee=returns_fee)
