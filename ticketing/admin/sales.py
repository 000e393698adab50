"""Orders and tickets. Neither the order's own address nor anything that makes a code is shown: both open the door."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ticketing import order_id
from ticketing.admin.rows import Facts, FactsInline, amount
from ticketing.models import Order, OrderLine, Ticket


class LinesOfOrder(FactsInline):
    """What was bought, at the split of the moment."""

    model = OrderLine
    fields = ("ticket_type", "quantity", "each")
    readonly_fields = ("each",)

    @admin.display(description="each: base + fee")
    def each(self, line: OrderLine) -> str:
        """One ticket's split."""
        currency = line.order.currency
        return f"{amount(line.unit_base, currency)} + {amount(line.unit_fee, currency)}"


class TicketsOfOrder(FactsInline):
    """The order's tickets."""

    model = Ticket
    fields = ("number", "ticket_type", "status", "redeemed_at", "redeemed_door")


@admin.register(Order)
class Orders(Facts):
    """Purchases: found by the Order ID as people read it out, by email, or by any of Stripe's ids."""

    list_display = ("__str__", "event", "purchaser_email", "status", "total_shown", "created_at", "paid_at")
    list_filter = ("status", "currency", "created_at", "event__venue")
    search_fields = (
        "order_id",
        "purchaser__email",
        "stripe_session_id",
        "stripe_payment_intent_id",
        "stripe_charge_id",
        "stripe_transfer_id",
    )
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    list_select_related = ("event", "purchaser")
    inlines = (LinesOfOrder, TicketsOfOrder)
    exclude = ("token", "stripe_session_url", "base", "fee", "total")
    readonly_fields = ("split",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """`7q4m2-xk9td-3`, with or without dashes, in either case; anything else as it is."""
        return super().get_search_results(request, queryset, order_id.parse(search_term) or search_term)

    @admin.display(description="purchaser", ordering="purchaser__email")
    def purchaser_email(self, order: Order) -> str:
        """Who bought."""
        return order.purchaser.email

    @admin.display(description="total", ordering="total")
    def total_shown(self, order: Order) -> str:
        """What the fan pays."""
        return amount(order.total, order.currency)

    @admin.display(description="base + fee = total")
    def split(self, order: Order) -> str:
        """Who gets what."""
        base, fee, total = (amount(part, order.currency) for part in (order.base, order.fee, order.total))
        return f"{base} + {fee} = {total}"


@admin.register(Ticket)
class Tickets(Facts):
    """Rights to enter."""

    list_display = ("id", "event", "ticket_type", "holder", "status", "redeemed_at", "redeemed_door")
    list_filter = ("status", "redeemed_at", "event__venue")
    search_fields = ("id", "user__email", "order__order_id", "event__title")
    ordering = ("event", "order", "number")
    list_select_related = ("event", "ticket_type", "user")
    exclude = ("qr_hash", "anchor")

    @admin.display(description="holder", ordering="user__email")
    def holder(self, ticket: Ticket) -> str:
        """Whose it is."""
        return ticket.user.email
