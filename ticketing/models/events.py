"""Events (the shows that people attend) and the kinds of ticket that they sell."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from ticketing import late_sale, live_code, money
from ticketing.domain_events import EventStatus, UnknownOrders
from ticketing.models.accounts import Artist, Venue

WINDOW_BEFORE_DOORS = timedelta(minutes=60)
WINDOW_AFTER_END = timedelta(hours=1)


class Event(models.Model):
    """A show: where, when, who, and how many tickets of it are NGN's to sell."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="events")
    artists = models.ManyToManyField(Artist, related_name="events")
    title = models.CharField(max_length=160)
    slug = models.SlugField(max_length=120, unique=True)
    doors_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveIntegerField()
    per_fan_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="tickets that one email may hold"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in EventStatus], default=EventStatus.DRAFT
    )
    door_epoch = models.PositiveIntegerField(default=0, help_text="a new one whenever the door window moves")
    late_sale_key = models.BinaryField(
        max_length=late_sale.KEY_BYTES, default=late_sale.new_key, help_text="signs late-sale certificates"
    )
    unknown_orders = models.CharField(
        max_length=10,
        choices=[(u.value, u.value) for u in UnknownOrders],
        default=UnknownOrders.REFUSE,
        help_text="what a door without network does with an Order ID that is not on its list",
    )
    supervisor_check = models.JSONField(null=True, blank=True, help_text="a domain_events.PinCheck")
    threshold_reached_at = models.DateTimeField(null=True, blank=True)
    sold_out_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "cdm_events"
        constraints = [
            models.CheckConstraint(
                condition=Q(doors_at__lte=F("starts_at")), name="event_doors_before_start"
            ),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="event_starts_before_end"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def window_starts_ms(self) -> int:
        """When the live codes begin, UTC milliseconds."""
        return int((self.doors_at - WINDOW_BEFORE_DOORS).timestamp()) * 1000

    @property
    def chain(self) -> live_code.Chain:
        """What this show's live codes have in common."""
        ends_ms = int((self.ends_at + WINDOW_AFTER_END).timestamp()) * 1000
        steps = live_code.step_at(window_starts_ms=self.window_starts_ms, at_ms=ends_ms)
        if steps > live_code.MAX_STEPS:
            raise ValueError("a door window is at most 41 hours: give a longer festival an event a day")
        return live_code.Chain(salt=live_code.salt_of(event_id=self.id, epoch=self.door_epoch), steps=steps)


class TicketType(models.Model):
    """One kind of ticket: its price, NGN's block of it, and what of the block is held and sold.

    `held` and `sold` change only by guarded UPDATEs in `ticketing.inventory`; the constraints are the net below.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="ticket_types")
    name = models.CharField(max_length=80)
    price = models.PositiveIntegerField(help_text="what the venue gets, in minor units")
    allocation = models.PositiveIntegerField()
    held = models.PositiveIntegerField(default=0)
    sold = models.PositiveIntegerField(default=0)
    sales_open_at = models.DateTimeField(null=True, blank=True)
    sales_close_at = models.DateTimeField(null=True, blank=True)
    per_order_limit = models.PositiveIntegerField(default=8)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "cdm_ticket_types"
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(held__gte=0), name="held_not_negative"),
            models.CheckConstraint(condition=Q(sold__gte=0), name="sold_not_negative"),
            models.CheckConstraint(
                condition=Q(allocation__gte=F("held") + F("sold")), name="never_beyond_allocation"
            ),
            models.UniqueConstraint(fields=["event", "name"], name="ticket_type_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def split(self, venue: Venue) -> money.Split:
        """What one ticket costs the fan, and who gets it."""
        return money.split_of(price=self.price, currency=venue.currency, policy=venue.fee_policy)
