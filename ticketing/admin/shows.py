"""Shows, their tickets' kinds, and their logs. A show changes through `ticketing.events`, which also tells its log."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from ticketing import events
from ticketing.admin.rows import Facts, FactsInline, amount
from ticketing.clock import utc_now
from ticketing.domain_events import EventStatus
from ticketing.models import Event, LogEntry, TicketType


class KindsOfTicket(FactsInline):
    """What the show sells, and how much of it is held and sold."""

    model = TicketType
    fields = (
        "name",
        "price_shown",
        "allocation",
        "held",
        "sold",
        "sales_open_at",
        "sales_close_at",
        "per_order_limit",
    )
    readonly_fields = ("price_shown",)

    @admin.display(description="price")
    def price_shown(self, kind: TicketType) -> str:
        """The venue's part."""
        return amount(kind.price, kind.event.venue.currency)


@admin.register(Event)
class Shows(Facts):
    """Shows. The actions put them on sale and pause them."""

    list_display = ("title", "venue", "doors_at", "status", "sold_out_at")
    list_filter = ("status", "venue", "doors_at")
    search_fields = ("title", "slug", "venue__name", "artists__name")
    date_hierarchy = "doors_at"
    ordering = ("-doors_at",)
    inlines = (KindsOfTicket,)
    actions = ("put_on_sale", "pause")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """With the names that the list shows."""
        return Event.objects.select_related("venue")

    @admin.action(description="Put on sale", permissions=["steer"])
    def put_on_sale(self, request: HttpRequest, chosen: QuerySet[Event]) -> None:
        """Drafts and paused shows."""
        self._set(
            request, chosen.filter(status__in=(EventStatus.DRAFT, EventStatus.PAUSED)), EventStatus.ON_SALE
        )

    @admin.action(description="Pause the sale", permissions=["steer"])
    def pause(self, request: HttpRequest, chosen: QuerySet[Event]) -> None:
        """Shows that are on sale."""
        self._set(request, chosen.filter(status=EventStatus.ON_SALE), EventStatus.PAUSED)

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Whoever has Django's right to change shows; the form stays shut to them too."""
        return bool(request.user.has_perm("ticketing.change_event"))

    def _set(self, request: HttpRequest, chosen: QuerySet[Event], status: EventStatus) -> None:
        changed = [
            event for event in chosen if events.set_status(event_id=event.pk, status=status, now=utc_now())
        ]
        for event in changed:
            self.log_change(request, event, f"status: {status}")
        self.message_user(
            request, f"{len(changed)} changed.", messages.SUCCESS if changed else messages.WARNING
        )


@admin.register(LogEntry)
class Log(Facts):
    """What happened to each show, in order."""

    list_display = ("event", "seq", "kind", "appended_at")
    list_filter = ("kind", "appended_at")
    search_fields = ("event__title", "event__slug", "body")
    ordering = ("-appended_at", "-seq")
    list_select_related = ("event",)
    fields = ("event", "seq", "kind", "appended_at", "body")
