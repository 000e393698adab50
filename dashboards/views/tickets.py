"""A show's tickets in its venue's hands: prices, allocations, limits, on sale or not; and calling it off."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards import page_data, terms_reads, terms_request
from dashboards.reads import VenueShow
from dashboards.terms_request import Faults, Terms
from dashboards.views import office
from dashboards.views.public import SeeOther
from ticketing import cancellation, events, money
from ticketing.clock import utc_now
from ticketing.domain_events import EventStatus
from ticketing.events import TermsRefusal

_MOVES = {
    "resume": ((EventStatus.DRAFT, EventStatus.PAUSED), EventStatus.ON_SALE, "The show is on sale."),
    "pause": (
        (EventStatus.ON_SALE,),
        EventStatus.PAUSED,
        "Sales are paused. Tickets that are sold stay good.",
    ),
}


@login_required
@require_safe
def page(request: HttpRequest, slug: str, event_slug: str) -> HttpResponse:
    """What is sold, for how much, and how much of it."""
    return _page(request, office.show_of(request, slug, event_slug))


@login_required
@require_POST
def change(request: HttpRequest, slug: str, event_slug: str, type_id: UUID) -> HttpResponse:
    """Another price or allocation, from the next sale on."""
    found = office.show_of(request, slug, event_slug)
    terms = terms_request.read_terms(
        request.POST.dict(), ticket_type_id=type_id, currency=found.show.currency
    )
    if isinstance(terms, Faults):
        return _page(request, found, terms, status=422)
    outcome = events.change_terms(
        event_id=found.show.id,
        ticket_type_id=type_id,
        allocation=terms.allocation,
        price=terms.price,
        now=utc_now(),
    )
    if isinstance(outcome, TermsRefusal):
        return _page(request, found, _refused(found, outcome, terms, type_id), status=409)
    messages.success(request, f"{outcome.name}: changed. Whoever is paying already pays the former price.")
    return _to(found, "tickets")


@login_required
@require_POST
def fan_limit(request: HttpRequest, slug: str, event_slug: str) -> HttpResponse:
    """How many tickets one email may have."""
    found = office.show_of(request, slug, event_slug)
    limit = terms_request.read_fan_limit(request.POST.dict())
    if isinstance(limit, Faults):
        return _page(request, found, limit, status=422)
    events.set_fan_limit(event_id=found.show.id, limit=limit)
    messages.success(
        request, f"One email can have {limit} of this show." if limit else "No limit for one email."
    )
    return _to(found, "tickets")


@login_required
@require_POST
def status(request: HttpRequest, slug: str, event_slug: str) -> HttpResponse:
    """Pause the sales, or go on."""
    found = office.show_of(request, slug, event_slug)
    move = _MOVES.get(request.POST.get("do", ""))
    if move is None or found.show.status not in move[0]:
        messages.error(request, "The show has changed meanwhile. This is how it stands.")
    elif events.set_status(event_id=found.show.id, status=move[1], now=utc_now()):
        messages.success(request, move[2])
    return _to(found, "tickets")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, slug: str, event_slug: str) -> HttpResponse:
    """Call the show off, by its title; once that is done, how far everybody's refunds are."""
    found = office.show_of(request, slug, event_slug)
    if found.show.status == EventStatus.CANCELLED:
        return _progress_page(request, found)
    if not office.owns(request, found.venue_id):
        raise Http404("only owners call a show off")
    typed = request.POST.get("title", "")
    if request.method == "POST" and terms_request.confirms(typed, found.show.title):
        events.cancel(event_id=found.show.id, now=utc_now())
        return _to(found, "cancel-show")
    wrong = request.method == "POST"
    return _cancel_page(request, found, typed, wrong=wrong)


@login_required
@require_safe
def progress(request: HttpRequest, slug: str, event_slug: str) -> HttpResponse:
    """The same for the page's script, every second."""
    found = office.show_of(request, slug, event_slug)
    if found.show.status != EventStatus.CANCELLED:
        raise Http404("this show was not called off")
    return office.private(JsonResponse(page_data.progress_data(cancellation.progress(found.show.id))))


def _page(
    request: HttpRequest, found: VenueShow, faults: Faults | None = None, *, status: int = 200
) -> HttpResponse:
    terms = terms_reads.of_show(found.show.id)
    context = {
        "venue_slug": found.venue_slug,
        "show": found.show,
        "terms": terms,
        "faults": faults,
        "owner": office.owns(request, found.venue_id),
        "data": page_data.fee_data(terms.policy, found.show.currency),
    }
    return office.page(request, "tickets.html", context, status=status)


def _refused(found: VenueShow, refusal: TermsRefusal, terms: Terms, type_id: UUID) -> Faults:
    now = terms_reads.of_show(found.show.id)
    kind = {kind.id: kind for kind in now.types}.get(type_id)
    return terms_request.refused(
        refusal,
        terms,
        ticket_type_id=type_id,
        currency=found.show.currency,
        taken=kind.taken if kind else 0,
        room=kind.room if kind else 0,
        lowest=money.lowest_price(currency=found.show.currency, policy=now.policy),
    )


def _cancel_page(request: HttpRequest, found: VenueShow, typed: str, *, wrong: bool) -> HttpResponse:
    context = {
        "venue_slug": found.venue_slug,
        "show": found.show,
        "orders": cancellation.progress(found.show.id).orders,
        "typed": typed,
        "wrong": wrong,
    }
    return office.page(request, "cancel_show.html", context, status=422 if wrong else 200)


def _progress_page(request: HttpRequest, found: VenueShow) -> HttpResponse:
    context = {
        "venue_slug": found.venue_slug,
        "show": found.show,
        "progress": cancellation.progress(found.show.id),
        "problems": cancellation.problems(found.show.id),
    }
    return office.page(request, "cancel_progress.html", context)


def _to(found: VenueShow, name: str) -> HttpResponse:
    return SeeOther(reverse(f"dashboards:{name}", args=[found.venue_slug, found.show.slug]))
