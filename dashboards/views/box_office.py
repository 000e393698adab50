"""A show's orders: found, looked at, refunded, answered for."""

from __future__ import annotations

import logging
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboards import money_words, order_reads, refund_request
from dashboards.order_reads import Filter, OrderDetail
from dashboards.reads import VenueShow
from dashboards.refund_request import Preview, RefundAsked
from dashboards.views import office
from dashboards.views.public import SeeOther
from ticketing import disputes, foreign_refunds, made_good, money, order_id, refunds, rights
from ticketing.clock import utc_now
from ticketing.domain_events import EventStatus
from ticketing.models import Refund, RefundReason, RefundStatus, Venue
from ticketing.payments import gateway
from ticketing.refunds import RefundBegun, RefundRefusal

_LOGGER = logging.getLogger(__name__)
_LONGEST_SEARCH = 254


@login_required
@require_safe
def orders(request: HttpRequest, slug: str, event_slug: str) -> HttpResponse:
    """The orders, by filter or as searched for."""
    found = office.show_of(request, slug, event_slug)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:_LONGEST_SEARCH]
    shown = _filter(request.GET.get("show", ""))
    listed = order_reads.orders(
        event_id=found.show.id, asked=asked, shown=shown, page=request.GET.get("page", "1")
    )
    context = {"venue_slug": slug, "show": found.show, "listed": listed, "asked": asked, "shown": shown.value}
    context["filters"] = money_words.FILTERS
    return office.page(request, "orders.html", context)


@login_required
@require_safe
def order(request: HttpRequest, slug: str, event_slug: str, number: str) -> HttpResponse:
    """One order with all that happened to it."""
    found = office.show_of(request, slug, event_slug)
    return _page(request, found, _order(found, number))


@login_required
@require_POST
def refund(request: HttpRequest, slug: str, event_slug: str, number: str) -> HttpResponse:
    """Send the money of tickets back: first shown what moves, then, with that amount confirmed, done."""
    found = office.show_of(request, slug, event_slug, right=rights.may_refund)
    shown = _order(found, number)
    asked = refund_request.read(request.POST.getlist("ticket"), request.POST.get("total", ""))
    return_fee = _returns_fee(found)
    seen = _preview(shown, asked, return_fee=return_fee)
    if seen.quantity < len(asked.tickets) or not asked.tickets:
        refusal = RefundRefusal.ALREADY_CLOSED if asked.tickets else RefundRefusal.NOTHING_CHOSEN
        return _page(request, found, shown, asked=asked, problem=money_words.refused(refusal))
    if asked.total != seen.total:
        return _page(request, found, shown, asked=asked, preview=seen)
    begun = refunds.request(
        order_pk=shown.id,
        ticket_ids=asked.tickets,
        return_fee=return_fee,
        reason=RefundReason.ASKED,
        by=office.me(request),
        now=utc_now(),
    )
    if isinstance(begun, RefundRefusal):
        return _page(request, found, _order(found, number), asked=asked, problem=money_words.refused(begun))
    refunds.send(refund_pk=begun.refund.pk, now=utc_now())
    _tell_refund(request, begun.refund)
    return _to(found, shown)


@login_required
@require_POST
def allocate(request: HttpRequest, slug: str, event_slug: str, number: str, refund_id: UUID) -> HttpResponse:
    """Say which tickets a refund that was made at Stripe was for."""
    found = office.show_of(request, slug, event_slug, right=rights.may_refund)
    shown = _order(found, number)
    if not any(refund.id == refund_id for refund in shown.refunds):
        raise Http404("no such refund of this order")
    asked = refund_request.read(request.POST.getlist("ticket"), "")
    outcome = foreign_refunds.allocate(refund_pk=refund_id, ticket_ids=asked.tickets, now=utc_now())
    match outcome:
        case RefundRefusal():
            problem = money_words.refused(outcome)
            return _page(
                request, found, _order(found, number), allocating=refund_id, asked=asked, problem=problem
            )
        case RefundBegun():
            messages.success(
                request, "Those tickets are closed at every door, and their seats are on sale again."
            )
            return _to(found, shown)


@login_required
@require_POST
def make_good(request: HttpRequest, slug: str, event_slug: str, number: str, refund_id: UUID) -> HttpResponse:
    """Say that a fan whose bank sent a refund back was paid another way, and how."""
    found = office.show_of(request, slug, event_slug, right=rights.may_manage_money)
    shown = _order(found, number)
    if not any(refund.id == refund_id for refund in shown.refunds):
        raise Http404("no such refund of this order")
    note = refund_request.read_note(request.POST.get("note", ""))
    if note is None:
        return _page(request, found, shown, unsaid=refund_id)
    if made_good.record(refund_pk=refund_id, note=note, by=office.me(request), now=utc_now()):
        messages.success(request, "Noted: the fan has the money. It is on the fan's page too.")
    else:
        messages.info(request, "This refund has been dealt with already.")
    return _to(found, shown)


@login_required
@require_POST
def evidence(request: HttpRequest, slug: str, event_slug: str, number: str, dispute_id: UUID) -> HttpResponse:
    """Answer a fan's bank with what the door saw."""
    found = office.show_of(request, slug, event_slug, right=rights.may_refund)
    shown = _order(found, number)
    dispute = order_reads.dispute_of(shown.id, dispute_id)
    if dispute is None:
        raise Http404("no such dispute of this order")
    try:
        if disputes.submit_evidence(dispute=dispute, now=utc_now()):
            messages.success(request, "The scan log is with the bank. Its verdict shows up here.")
        else:
            messages.info(request, "The scan log was sent before; a bank takes one answer.")
    except gateway.PaymentUnavailable:
        messages.error(
            request, "Stripe does not answer right now. Nothing was sent; please try again in a minute."
        )
    except gateway.PaymentRefused:
        _LOGGER.exception("no evidence for dispute %s", dispute.pk)
        messages.error(request, "Stripe does not take an answer to this dispute any more.")
    return _to(found, shown)


def _filter(name: str) -> Filter:
    return Filter(name) if name in list(Filter) else Filter.BOUGHT


def _order(found: VenueShow, number: str) -> OrderDetail:
    shown = order_reads.order(event_id=found.show.id, number=number, now=utc_now())
    if shown is None:
        raise Http404("no such order")
    return shown


def _returns_fee(found: VenueShow) -> bool:
    """By the venue's rule; a show that was called off gives everything back, whatever the rule."""
    by_rule = Venue.objects.values_list("refunds_return_fee", flat=True).get(pk=found.venue_id)
    return by_rule or found.show.status == EventStatus.CANCELLED


def _preview(shown: OrderDetail, asked: RefundAsked, *, return_fee: bool) -> Preview:
    """Of the tickets that can be refunded: what the service will refuse is not worth a preview."""
    chosen = (ticket.split for ticket in shown.tickets if ticket.id in asked.tickets and ticket.open)
    return refund_request.preview(chosen, return_fee=return_fee, currency=shown.split.currency)


def _page(
    request: HttpRequest,
    found: VenueShow,
    shown: OrderDetail,
    *,
    asked: RefundAsked | None = None,
    preview: Preview | None = None,
    problem: str = "",
    allocating: UUID | None = None,
    unsaid: UUID | None = None,
) -> HttpResponse:
    context = {
        "venue_slug": found.venue_slug,
        "show": found.show,
        "order": shown,
        "number": order_id.display(shown.order_id),
        "return_fee": _returns_fee(found),
        "chosen": asked.tickets if asked else frozenset(),
        "preview": preview,
        "problem": problem,
        "allocating": allocating,
        "unsaid": unsaid,
        "owner": office.owns(request, found.venue_id),
    }
    status = 409 if problem else 422 if unsaid else 200
    return office.page(request, "sold_order.html", context, status=status)


def _tell_refund(request: HttpRequest, begun: Refund) -> None:
    refund = Refund.objects.get(pk=begun.pk)
    amount = money.display(refund.total, refund.currency)
    match refund.status:
        case RefundStatus.REFUSED:
            messages.error(
                request,
                f"Stripe refused the refund: {refund.problem} No money moved; the tickets are open again.",
            )
        case RefundStatus.REQUESTED:
            messages.warning(
                request,
                f"The tickets are closed. Stripe has not answered yet: we go on until {amount} is on its way.",
            )
        case _:
            messages.success(
                request, f"{amount} is on its way back to the fan. The tickets are closed at every door."
            )


def _to(found: VenueShow, shown: OrderDetail) -> HttpResponse:
    number = order_id.display(shown.order_id)
    return SeeOther(reverse("dashboards:sold-order", args=[found.venue_slug, found.show.slug, number]))
