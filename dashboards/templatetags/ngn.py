"""What our templates say in our words: money, Order IDs, posters, and whose page this is."""

from __future__ import annotations

from uuid import UUID

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from dashboards import posters, reads
from ticketing import money as amounts
from ticketing import order_id
from ticketing.catalogue import TypeOnSale

register = template.Library()
_THEMES = ("dark", "light")


@register.filter
def money(amount: int, currency: str) -> str:
    """`{{ split.total|money:split.currency }}`: `$22.00`."""
    return amounts.display(amount, currency)


@register.filter
def order_number(stored: str) -> str:
    """`7Q4M2-XK9TD-3`."""
    return order_id.display(stored)


@register.filter
def times(amount: int, quantity: int) -> int:
    """`{{ line.split.base|times:line.quantity }}`."""
    return amount * quantity


@register.filter
def less(amount: int, taken: int) -> int:
    """`{{ snapshot.base|less:snapshot.refunded.base|money:snapshot.currency }}`."""
    return amount - taken


@register.filter
def of(part: int, whole: int) -> str:
    """A share of 100 with two decimals, for the width of a bar's drawing."""
    return f"{part * 100 / whole:.2f}" if whole else "0"


@register.filter
def names(values: tuple[str, ...]) -> str:
    """`A`, `A & B`, `A, B & C`."""
    return " & ".join(filter(None, (", ".join(values[:-1]), values[-1] if values else "")))


@register.simple_tag
def poster(seed: str) -> SafeString:
    """A show's drawing."""
    return mark_safe(posters.poster_of(seed))  # noqa: S308 - numbers and our own class names only


@register.simple_tag(takes_context=True)
def chosen_theme(context: Context) -> str:
    """The theme that this person picked; empty for the machine's own."""
    request: HttpRequest | None = context.get("request")
    theme = request.COOKIES.get("ngn-theme", "") if request else ""
    return theme if theme in _THEMES else ""


@register.simple_tag(takes_context=True)
def places(context: Context) -> tuple[reads.Place, ...]:
    """The venues and artists that the signed-in person acts for."""
    user = context.get("user")
    return reads.places_of(user.pk) if user and user.is_authenticated else ()


@register.filter
def entry_of(values: dict[str, str], key: UUID) -> str:
    """`{{ quantities|entry_of:kind.id }}`: a template cannot index by a variable."""
    return values.get(str(key), "")


@register.filter
def most(kind: TypeOnSale) -> int:
    """How many of one kind an order can have now (src/event/basket.ts says the same of later states)."""
    return max(0, min(kind.left, kind.per_order_limit))
