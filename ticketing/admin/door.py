"""The door's records. Tokens and codes are kept as hashes, and not even those are shown; nor what a camera read."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from ticketing import pairing
from ticketing.admin.rows import Facts
from ticketing.clock import utc_now
from ticketing.models import Device, PairingCode, Scan, Undo


@admin.register(Device)
class Devices(Facts):
    """Door phones. The action shuts them out."""

    list_display = ("name", "event", "created_at", "last_seen_at", "revoked_at")
    list_filter = ("revoked_at", "created_at", "event__venue")
    search_fields = ("name", "event__title", "paired_by__email")
    list_select_related = ("event",)
    exclude = ("token_hash",)
    ordering = ("-created_at",)
    actions = ("shut_out",)

    @admin.action(description="Shut out", permissions=["steer"])
    def shut_out(self, request: HttpRequest, chosen: QuerySet[Device]) -> None:
        """At once, whatever they are doing."""
        shut = [d for d in chosen if pairing.revoke(device_id=d.pk, event_id=d.event_id, now=utc_now())]
        for device in shut:
            self.log_change(request, device, "shut out")
        self.message_user(request, f"{len(shut)} shut out.", messages.SUCCESS if shut else messages.WARNING)

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Whoever has Django's right to change devices."""
        return bool(request.user.has_perm("ticketing.change_device"))


@admin.register(PairingCode)
class PairingCodes(Facts):
    """Codes that paired a phone, or still may."""

    list_display = ("event", "made_by", "expires_at", "used_at")
    list_filter = ("expires_at",)
    list_select_related = ("event", "made_by")
    exclude = ("code_hash",)
    ordering = ("-expires_at",)


@admin.register(Scan)
class Scans(Facts):
    """Every attempt at a door."""

    list_display = ("scanned_at", "event", "device", "decision", "verdict", "received_at")
    list_filter = ("decision", "scanned_at", "event__venue")
    search_fields = ("scan_id", "event__title", "device__name", "ticket__order__order_id")
    date_hierarchy = "scanned_at"
    ordering = ("-scanned_at",)
    list_select_related = ("event", "device")
    exclude = ("code",)


@admin.register(Undo)
class Undos(Facts):
    """Admissions that were taken back, or should have been."""

    list_display = ("undone_at", "device", "scan", "refusal", "received_at")
    list_filter = ("refusal", "undone_at")
    search_fields = ("undo_id", "scan__scan_id", "device__name")
    date_hierarchy = "undone_at"
    ordering = ("-undone_at",)
    list_select_related = ("device",)
