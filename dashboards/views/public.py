"""What everybody sees: what is on, one show, and buying it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from dashboards import buy_request, page_data
from dashboards.buy_request import FormProblem
from ticketing import catalogue, checkout, sales
from ticketing.catalogue import EventPage
from ticketing.clock import utc_now
from ticketing.domain_events import EventStatus
from ticketing.sales import SaleRefusal, SaleRefused

_NOTHING_TYPED: Mapping[str, str] = {}


class SeeOther(HttpResponseRedirect):
    """303: the POST is done, go there with a GET."""

    status_code = 303


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is on sale."""
    return render(request, "dashboards/home.html", {"shows": catalogue.shows_on_sale(now=utc_now())})


@require_safe
def event(request: HttpRequest, slug: str) -> HttpResponse:
    """One show, and its tickets."""
    return _event_page(request, slug)


@require_http_methods(["GET", "HEAD", "POST"])
def buy(request: HttpRequest, slug: str) -> HttpResponse:
    """Hold the seats and go to the payment page; or the show's page again with what is wrong."""
    page = _known(slug)
    if request.method != "POST":
        return redirect("dashboards:event", slug=slug)
    typed = request.POST.dict()
    asked = buy_request.read(typed)
    if isinstance(asked, FormProblem):
        return _event_page(request, slug, typed, asked)
    outcome = checkout.begin(event_id=page.id, seats=asked.seats, email=asked.email, now=utc_now())
    if isinstance(outcome, SaleRefused):
        return _event_page(request, slug, typed, outcome.code)
    return SeeOther(outcome.url or f"/o/{outcome.order_token}/")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What a phone shows when it has no network and does not hold the page."""
    return render(request, "dashboards/offline.html")


def availability(page: EventPage, now: datetime) -> str:
    """What the page can say about buying; src/event/availability.ts says the same of later states."""
    if page.ends_at <= now and page.status == EventStatus.ON_SALE:
        return EventStatus.ENDED.value
    if page.status != EventStatus.ON_SALE:
        return page.status.value
    if page.sold_out:
        return "sold_out"
    return "on_sale" if page.left > 0 else "all_held"


def _known(slug: str) -> EventPage:
    page = catalogue.event_page(slug)
    if page is None:
        raise Http404("no such show")
    return page


def _event_page(
    request: HttpRequest,
    slug: str,
    typed: Mapping[str, str] = _NOTHING_TYPED,
    refusal: SaleRefusal | FormProblem | None = None,
) -> HttpResponse:
    # Read anew, also after a refusal: what is left has changed, and that may be the very reason.
    page = _known(slug)
    problem = buy_request.problem_of(refusal) if refusal else None
    context = {
        "page": page,
        "data": page_data.event_data(page),
        "availability": availability(page, utc_now()),
        "quantities": _quantities(page, typed),
        "email": typed.get("email", _email_of(request)),
        "problem": problem,
        "hold_minutes": sales.HOLD // timedelta(minutes=1),
    }
    return render(request, "dashboards/event.html", context, status=problem.status if problem else 200)


def _quantities(page: EventPage, typed: Mapping[str, str]) -> dict[str, str]:
    """What stands in each quantity field: what was typed, else one ticket of the first kind that is left."""
    if typed:
        return {str(kind.id): typed.get(f"{buy_request.FIELD}{kind.id}", "0") for kind in page.types}
    first = next((kind.id for kind in page.types if kind.left > 0), None)
    return {str(kind.id): "1" if kind.id == first else "0" for kind in page.types}


def _email_of(request: HttpRequest) -> str:
    return request.user.email if request.user.is_authenticated else ""
