"""The ledger: what every movement of money did to each party, in minor units, keyed by Stripe's object ids."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from ticketing.models.orders import Order


class LedgerKind(models.TextChoices):
    """What moved the money."""

    CHARGE = "charge"
    STRIPE_FEE = "stripe_fee"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    DISPUTE = "dispute"
    DISPUTE_FEE = "dispute_fee"
    DISPUTE_REVERSAL = "dispute_reversal"
    DISPUTE_WON = "dispute_won"
    DISPUTE_REPAID = "dispute_repaid"


DISPUTE_KINDS = (
    LedgerKind.DISPUTE,
    LedgerKind.DISPUTE_REVERSAL,
    LedgerKind.DISPUTE_WON,
    LedgerKind.DISPUTE_REPAID,
)
"""What a dispute moves besides Stripe's fee."""


class LedgerEntry(models.Model):
    """One movement, double entry in one row: a column a party, positive is received, and the row sums to zero.

    The database itself refuses a row that does not balance, and a second row for the same movement.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="ledger_entries")
    kind = models.CharField(max_length=20, choices=LedgerKind.choices)
    stripe_id = models.CharField(
        max_length=255, help_text="the object that moved it: ch_, re_, dp_, txn_ ..."
    )
    currency = models.CharField(max_length=3)
    fan = models.BigIntegerField(default=0)
    venue = models.BigIntegerField(default=0)
    platform = models.BigIntegerField(default=0)
    stripe = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        db_table = "cdm_ledger_entries"
        verbose_name_plural = "ledger entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(fan=-(F("venue") + F("platform") + F("stripe"))), name="ledger_entry_sums_to_zero"
            ),
            models.UniqueConstraint(fields=["kind", "stripe_id"], name="ledger_movement_once"),
        ]
