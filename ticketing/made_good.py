"""A refund that the fan's bank sent back, and the fan paid another way: an owner's word, kept beside the refund.

It is no movement of the ledger. The ledger mirrors what Stripe moved, to the cent, and this moved outside of Stripe:
the money that came back still rests where it came back to, which the row of its return says.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from ticketing.models import Refund, RefundStatus, User

LONGEST_NOTE = 300


def record(*, refund_pk: UUID, note: str, by: User, now: datetime) -> bool:
    """Keep that the fan was paid another way, and how, once; False when nothing is owed (any more)."""
    marked = owed().filter(pk=refund_pk)
    return marked.update(made_good_at=now, made_good_by=by, made_good_note=note[:LONGEST_NOTE]) == 1


def owed() -> QuerySet[Refund]:
    """What fans' banks sent back and nobody has paid another way yet."""
    return Refund.objects.filter(status=RefundStatus.FAILED, made_good_at=None)


def made_good() -> QuerySet[Refund]:
    """What was paid another way."""
    return Refund.objects.filter(status=RefundStatus.FAILED, made_good_at__isnull=False)
