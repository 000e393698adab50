"""Disputes: a fan's bank asks for the money back."""

from __future__ import annotations

import uuid

from django.db import models

from ticketing.models.orders import Order

REFUNDABLE = (
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "won",
    "prevented",
    "charge_refunded",
)
"""Stripe's words for a dispute that leaves the money ours to give back: it never took it, or has returned it."""


class Dispute(models.Model):
    """One dispute of Stripe's, and what we did about it. `status` is Stripe's own word."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="disputes")
    stripe_id = models.CharField(max_length=255, unique=True)
    stripe_charge_id = models.CharField(max_length=255)
    status = models.CharField(max_length=30)
    amount = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=60)
    charge_refundable = models.BooleanField(
        default=True, help_text="Stripe's own word on whether the payment can be refunded"
    )
    due_by = models.DateTimeField(null=True, blank=True, help_text="until when Stripe takes evidence")
    reversal_id = models.CharField(max_length=255, blank=True, help_text="the venue's share, taken back")
    repayment_id = models.CharField(max_length=255, blank=True, help_text="the venue's share, given again")
    evidence_sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "cdm_disputes"
