"""The door's own records: paired devices, the codes that pair them, and every scan they made."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from ticketing.models.accounts import User
from ticketing.models.events import Event
from ticketing.models.orders import Order
from ticketing.models.tickets import Ticket
from ticketing.scans import Outcome, UndoRefusal


class Device(models.Model):
    """A phone at a door, for one event. Its token is kept only as a hash; revoking it works at once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="devices")
    name = models.CharField(max_length=40)
    token_hash = models.BinaryField(max_length=32, unique=True)
    paired_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "cdm_devices"
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name


class PairingCode(models.Model):
    """A one-time code that turns a phone into a device: minutes long, single use, kept only as a hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    code_hash = models.BinaryField(max_length=32, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "cdm_pairing_codes"


class Scan(models.Model):
    """An attempt at the door, as the phone told it.

    Append-only, but that an offline decision overwrites the question that it followed.
    """

    scan_id = models.UUIDField(primary_key=True, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="scans")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="scans")
    device_seq = models.PositiveBigIntegerField()
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="scans", null=True, blank=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="scans", null=True, blank=True)
    code = models.CharField(max_length=512, help_text="what the camera read, walked again by the server")
    decision = models.CharField(max_length=20)
    scanned_at = models.DateTimeField()
    clock_offset_ms = models.BigIntegerField()
    received_at = models.DateTimeField()
    verdict = models.JSONField()
    redeems = models.BooleanField(default=False, help_text="whether the ticket is in by this very scan")
    admits = models.PositiveSmallIntegerField(default=1, help_text="people let in by an Order ID; else 1")
    admitted_at = models.DateTimeField(
        null=True, blank=True, help_text="when the server itself answered the question with green"
    )
    entered_at = models.DateTimeField(
        null=True, blank=True, help_text="when somebody came in by it, as far as that can be believed"
    )
    clock_wrong = models.BooleanField(default=False, help_text="the phone's own time could not be believed")
    outcome = models.CharField(
        max_length=20, choices=[(o.value, o.value) for o in Outcome], default=Outcome.TURNED_AWAY
    )
    alerted_at = models.DateTimeField(
        null=True, blank=True, help_text="when doors and office were told that it is one too many"
    )

    class Meta:
        db_table = "cdm_scans"
        indexes = [models.Index(fields=["event", "scanned_at"], name="scans_of_event_in_time")]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(redeems=True), name="one_redemption_a_ticket"
            ),
        ]


class Undo(models.Model):
    """An admission taken back, as the phone told it. Append-only; one with a `refusal` changed nothing."""

    undo_id = models.UUIDField(primary_key=True, editable=False)
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="undos")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="undos")
    device_seq = models.PositiveBigIntegerField()
    undone_at = models.DateTimeField()
    clock_offset_ms = models.BigIntegerField()
    received_at = models.DateTimeField()
    refusal = models.CharField(max_length=20, choices=[(r.value, r.value) for r in UndoRefusal], blank=True)

    class Meta:
        db_table = "cdm_undos"
        constraints = [
            models.UniqueConstraint(fields=["scan"], condition=Q(refusal=""), name="a_scan_is_undone_once"),
        ]
