"""What the templates of a venue's office say: states of orders, refunds and disputes, and amounts with their sign."""

from __future__ import annotations

from uuid import UUID

from django import template

from dashboards import money_words, review_words
from dashboards.money_words import Said
from dashboards.order_reads import Filter, RefundShown
from dashboards.terms_request import Faults
from ticketing import money as amounts
from ticketing.domain_events import DisputePhase
from ticketing.models import OrderStatus, RefundReason, RefundStatus

register = template.Library()
register.filter("movement", money_words.movement)
register.filter("review_said", review_words.said)
register.filter("stripe_says", money_words.stripe_says)
register.filter("dispute_reason", money_words.dispute_reason)


@register.filter
def order_said(status: str) -> Said:
    """`{% include "dashboards/_said.html" with said=order.status|order_said %}`."""
    return money_words.ORDER[OrderStatus(status)]


@register.filter
def refund_said(refund: RefundShown) -> Said:
    """The same of a refund."""
    return money_words.MADE_GOOD if refund.made_good else money_words.REFUND[RefundStatus(refund.status)]


@register.filter
def refund_reason(reason: str) -> str:
    """Why money went back."""
    return money_words.REASON[RefundReason(reason)]


@register.filter
def dispute_said(phase: DisputePhase) -> Said:
    """Where a dispute stands."""
    return money_words.DISPUTE[phase]


@register.filter
def signed(amount: int, currency: str) -> str:
    """`+$20.00`, `-$20.00`."""
    return f"{'+' if amount > 0 else ''}{amounts.display(amount, currency)}"


@register.filter
def plain(amount: int, currency: str) -> str:
    """`20.00`, for a field."""
    return amounts.plain(amount, currency)


@register.filter
def minus(whole: int, part: int) -> int:
    """`{{ kind.allocation|minus:kind.taken }}`."""
    return whole - part


@register.filter
def count_of(counts: dict[Filter, int], name: str) -> int:
    """How many orders a filter has."""
    return counts[Filter(name)]


@register.filter
def faults_of(faults: Faults | None, form: UUID | str) -> Faults | None:
    """The faults, if they are of this form."""
    return faults if faults is not None and faults.form == str(form) else None
