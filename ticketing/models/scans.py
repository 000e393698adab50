"""The door's own records: paired devices, the codes that pair them, and every scan they made."""

from __future__ import annotations

import uuid

from django.db import models

from ticketing.models.accounts import User
from ticketing.models.events import Event
from ticketing.models.tickets import Ticket


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
    code = models.CharField(max_length=512, help_text="what the camera read, walked again by the server")
    decision = models.CharField(max_length=20)
    scanned_at = models.DateTimeField()
    clock_offset_ms = models.BigIntegerField()
    received_at = models.DateTimeField()
    verdict = models.JSONField()

    class Meta:
        db_table = "cdm_scans"
        indexes = [models.Index(fields=["event", "scanned_at"], name="scans_of_event_in_time")]
