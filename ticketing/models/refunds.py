"""Refunds: asked for by a person or a cancelled show, made by Stripe, each by ticket."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from ticketing.admission import TicketStatus
from ticketing.models.accounts import User
from ticketing.models.orders import Order
from ticketing.models.tickets import Ticket


class RefundStatus(models.TextChoices):
    """A refund's life. `requested` waits for Stripe's answer; `unallocated` was made elsewhere and names no tickets."""

    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    FAILED = "failed"
    UNALLOCATED = "unallocated"


MONEY_IS_BACK = (RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.UNALLOCATED)
"""The states in which Stripe has taken the money back from us."""


class RefundReason(models.TextChoices):
    """Why money goes back."""

    ASKED = "asked"
    EVENT_CANCELLED = "event_cancelled"
    LATE_PAYMENT = "late_payment"
    STRIPE_DASHBOARD = "stripe_dashboard"


class Refund(models.Model):
    """Money on its way back to the fan. The row is the intent, written before Stripe is asked: its id is the key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    reason = models.CharField(max_length=20, choices=RefundReason.choices)
    status = models.CharField(max_length=12, choices=RefundStatus.choices, default=RefundStatus.REQUESTED)
    base = models.PositiveIntegerField(help_text="what the venue gives back")
    fee = models.PositiveIntegerField(help_text="what NGN gives back; 0 when the fee is kept")
    total = models.PositiveIntegerField(help_text="what the fan gets")
    currency = models.CharField(max_length=3)
    stripe_refund_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True, help_text="empty: as soon as may be")
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    made_good_at = models.DateTimeField(
        null=True, blank=True, help_text="when the fan was paid another way, after the bank had sent it back"
    )
    made_good_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    made_good_note = models.CharField(max_length=300, blank=True, help_text="how, in the owner's words")

    class Meta:
        db_table = "cdm_refunds"
        constraints = [
            models.CheckConstraint(condition=Q(total=F("base") + F("fee")), name="refund_adds_up"),
            models.CheckConstraint(
                condition=Q(made_good_at=None) | Q(status="failed"), name="only_failed_refunds_made_good"
            ),
        ]
        indexes = [models.Index(fields=["status", "created_at"], name="refunds_to_send")]


class RefundTicket(models.Model):
    """A ticket that a refund ends, and what it was before: a refused refund gives it back."""

    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="tickets")
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="refunds")
    status_before = models.CharField(max_length=10, choices=[(s.value, s.value) for s in TicketStatus])

    class Meta:
        db_table = "cdm_refund_tickets"
        constraints = [models.UniqueConstraint(fields=["refund", "ticket"], name="refund_ticket_once")]
