"""Tickets: each a right to enter, once."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from ticketing.admission import TicketStatus
from ticketing.domain_events import ClosedBy
from ticketing.models.accounts import User
from ticketing.models.events import Event, TicketType
from ticketing.models.orders import Order


class Ticket(models.Model):
    """A right to enter. `qr_hash` is the near end of its live code's chain (`ticketing.live_code`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="tickets")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tickets")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="tickets")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="tickets")
    number = models.PositiveIntegerField(help_text="1, 2, 3 within the order")
    transfer_no = models.PositiveIntegerField(default=0)
    qr_hash = models.CharField(max_length=64, unique=True)
    anchor = models.BinaryField(
        max_length=16, help_text="the first 16 bytes of qr_hash, as doors know the ticket"
    )
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in TicketStatus], default=TicketStatus.ACTIVE
    )
    closed_by = models.CharField(max_length=10, choices=[(c.value, c.value) for c in ClosedBy], blank=True)
    redeemed_at = models.DateTimeField(null=True, blank=True)
    redeemed_door = models.CharField(max_length=40, blank=True)
    redeemed_scan = models.UUIDField(null=True, blank=True, help_text="the scan that let it in")

    class Meta:
        db_table = "cdm_tickets"
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="ticket_number_once"),
            models.UniqueConstraint(fields=["event", "anchor"], name="anchor_once_per_event"),
            models.CheckConstraint(
                condition=~Q(status="redeemed") | Q(redeemed_at__isnull=False), name="redeemed_has_its_moment"
            ),
        ]

    def __str__(self) -> str:
        return f"ticket {self.id}"
