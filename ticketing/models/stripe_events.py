"""The inbox of Stripe's webhooks: stored before anything else happens, processed once."""

from __future__ import annotations

from django.db import models


class InboxState(models.TextChoices):
    """What became of a webhook. `failed` is tried again; `quarantined` waits for a person."""

    RECEIVED = "received"
    PROCESSED = "processed"
    IGNORED = "ignored"
    FAILED = "failed"
    QUARANTINED = "quarantined"


class StripeEvent(models.Model):
    """One webhook, raw. The id is Stripe's, so a second delivery finds the first."""

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(max_length=80)
    account = models.CharField(
        max_length=64, blank=True, help_text="the connected account, for Connect events"
    )
    livemode = models.BooleanField()
    created_at = models.DateTimeField(help_text="Stripe's time")
    received_at = models.DateTimeField()
    body = models.TextField()
    state = models.CharField(max_length=12, choices=InboxState.choices, default=InboxState.RECEIVED)
    problem = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "cdm_stripe_events"
        indexes = [models.Index(fields=["state", "received_at"], name="inbox_to_process")]
