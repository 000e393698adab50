"""Money that moved, and what Stripe told. All of it is facts; a stored webhook may be processed again."""

from __future__ import annotations

import json
import re

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ticketing.admin.rows import Facts, FactsInline, amount
from ticketing.clock import utc_now
from ticketing.models import Dispute, InboxState, LedgerEntry, Refund, RefundTicket, StripeEvent
from ticketing.payments import webhooks

_CLIENT_SECRET = re.compile(r'("client_secret": )"[^"]*"')


class TicketsOfRefund(FactsInline):
    """The tickets that the refund ended."""

    model = RefundTicket
    fields = ("ticket", "status_before")


@admin.register(Refund)
class Refunds(Facts):
    """Money on its way back."""

    list_display = (
        "order",
        "total_shown",
        "reason",
        "status",
        "attempts",
        "created_at",
        "settled_at",
        "made_good_at",
    )
    list_filter = ("status", "reason", "created_at", "order__event__venue")
    search_fields = ("order__order_id", "order__purchaser__email", "stripe_refund_id")
    ordering = ("-created_at",)
    list_select_related = ("order",)
    inlines = (TicketsOfRefund,)

    @admin.display(description="total", ordering="total")
    def total_shown(self, refund: Refund) -> str:
        """What the fan gets."""
        return amount(refund.total, refund.currency)


@admin.register(LedgerEntry)
class Ledger(Facts):
    """Movements; each row sums to zero."""

    list_display = ("at", "kind", "order", "stripe_id", "fan_", "venue_", "platform_", "stripe_")
    list_filter = ("kind", "currency", "at", "order__event__venue")
    search_fields = ("stripe_id", "order__order_id")
    date_hierarchy = "at"
    ordering = ("-at",)
    list_select_related = ("order",)

    @admin.display(description="fan", ordering="fan")
    def fan_(self, entry: LedgerEntry) -> str:
        """What the fan received."""
        return amount(entry.fan, entry.currency)

    @admin.display(description="venue", ordering="venue")
    def venue_(self, entry: LedgerEntry) -> str:
        """What the venue received."""
        return amount(entry.venue, entry.currency)

    @admin.display(description="NGN", ordering="platform")
    def platform_(self, entry: LedgerEntry) -> str:
        """What NGN received."""
        return amount(entry.platform, entry.currency)

    @admin.display(description="Stripe", ordering="stripe")
    def stripe_(self, entry: LedgerEntry) -> str:
        """What Stripe received."""
        return amount(entry.stripe, entry.currency)


@admin.register(Dispute)
class Disputes(Facts):
    """Banks that ask for money back."""

    list_display = ("order", "amount_shown", "reason", "status", "due_by", "evidence_sent_at", "closed_at")
    list_filter = ("status", "reason", "created_at")
    search_fields = ("order__order_id", "order__purchaser__email", "stripe_id", "stripe_charge_id")
    ordering = ("-created_at",)
    list_select_related = ("order",)

    @admin.display(description="amount", ordering="amount")
    def amount_shown(self, dispute: Dispute) -> str:
        """What is disputed."""
        return amount(dispute.amount, dispute.currency)


@admin.register(StripeEvent)
class Inbox(Facts):
    """Stripe's webhooks as they came. The action processes those again that failed or wait for a person."""

    list_display = ("id", "type", "account", "state", "attempts", "problem", "received_at", "processed_at")
    list_filter = ("state", "livemode", "type", "received_at")
    search_fields = ("id", "type", "account", "body")
    ordering = ("-received_at",)
    exclude = ("body",)
    readonly_fields = ("told",)
    actions = ("process_again",)

    @admin.display(description="body")
    def told(self, stored: StripeEvent) -> SafeString:
        """The body, without the secrets with which a browser could act on a payment."""
        text = json.dumps(json.loads(stored.body), indent=2)
        return format_html("<pre>{}</pre>", _CLIENT_SECRET.sub(r'\1"(not shown)"', text))

    @admin.action(description="Process again", permissions=["steer"])
    def process_again(self, request: HttpRequest, chosen: QuerySet[StripeEvent]) -> None:
        """What is done already stays done, however often it is processed."""
        stuck = chosen.filter(state__in=(InboxState.FAILED, InboxState.QUARANTINED))
        states = [webhooks.retry(event_id=stored.pk, now=utc_now()) for stored in stuck]
        done = sum(state in (InboxState.PROCESSED, InboxState.IGNORED) for state in states)
        good = messages.SUCCESS if done == len(states) else messages.WARNING
        self.message_user(request, f"{done} of {len(states)} are done now.", good)

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Whoever has Django's right to change them."""
        return bool(request.user.has_perm("ticketing.change_stripeevent"))
