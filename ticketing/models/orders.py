"""Orders: a fan's purchase, from the hold to the tickets."""

from __future__ import annotations

import secrets
import uuid

from django.db import models
from django.db.models import F, Q

from ticketing import order_id
from ticketing.models.accounts import ChargeMode, User
from ticketing.models.events import Event, TicketType


def new_token() -> str:
    """256 random bits for the order's own address: who has the link has the tickets, signed in or not."""
    return secrets.token_urlsafe(32)


class OrderStatus(models.TextChoices):
    """An order's life: held until Stripe says paid or expired."""

    HELD = "held"
    PAID = "paid"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"


class Order(models.Model):
    """A purchase. The split is fixed when the hold is placed; a later change of price never alters it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order_id = models.CharField(max_length=11, unique=True, default=order_id.new)
    token = models.CharField(max_length=43, unique=True, default=new_token)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="orders")
    purchaser = models.ForeignKey(User, on_delete=models.PROTECT, related_name="orders")
    status = models.CharField(max_length=20, choices=OrderStatus.choices, default=OrderStatus.HELD)
    base = models.PositiveIntegerField()
    fee = models.PositiveIntegerField()
    total = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    hold_expires_at = models.DateTimeField()
    session_expires_at = models.DateTimeField(help_text="when Stripe ends the Checkout Session by itself")
    stripe_session_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    stripe_session_url = models.TextField(blank=True)
    stripe_payment_intent_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    stripe_charge_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    stripe_transfer_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    stripe_application_fee_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    charge_mode = models.CharField(max_length=12, choices=ChargeMode.choices, default=ChargeMode.DESTINATION)
    stripe_account_id = models.CharField(
        max_length=64, blank=True, help_text="the venue's account at the time: whom the sale pays"
    )
    created_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    confirmation_sent_at = models.DateTimeField(null=True, blank=True)
    payment_under_way_at = models.DateTimeField(
        null=True, blank=True, help_text="since when Stripe waits for a payment that takes its time"
    )
    look_again_at = models.DateTimeField(
        null=True, blank=True, help_text="until then nobody asks Stripe about the hold by themselves"
    )

    class Meta:
        db_table = "cdm_orders"
        constraints = [
            models.CheckConstraint(condition=Q(total=F("base") + F("fee")), name="order_split_adds_up"),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(paid_at__isnull=False), name="paid_order_has_its_moment"
            ),
        ]
        indexes = [models.Index(fields=["status", "hold_expires_at"], name="order_holds_to_sweep")]

    def __str__(self) -> str:
        return order_id.display(self.order_id)


class OrderLine(models.Model):
    """So many tickets of one type, at the split of the moment."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="order_lines")
    quantity = models.PositiveIntegerField()
    unit_base = models.PositiveIntegerField()
    unit_fee = models.PositiveIntegerField()

    class Meta:
        db_table = "cdm_order_lines"
        constraints = [
            models.UniqueConstraint(fields=["order", "ticket_type"], name="order_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_not_empty"),
        ]
