"""What a show came to, for its venue: as a page and as a table."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboards import csv_files, payment_reads
from dashboards.views import office
from ticketing import statements
from ticketing.models import ChargeMode


@login_required
@require_safe
def page(request: HttpRequest, slug: str, event_slug: str) -> HttpResponse:
    """Sold, refunded, disputed, kept, paid out."""
    found, venue = office.show_of(request, slug, event_slug), office.venue_of(request, slug)
    statement = statements.of_show(event_id=found.show.id, currency=found.show.currency)
    context = {
        "venue_slug": slug,
        "show": found.show,
        "statement": statement,
        "direct": venue.charge_mode == ChargeMode.DIRECT,
        "payouts": payment_reads.payouts(venue),
    }
    return office.page(request, "settlement.html", context)


@login_required
@require_safe
def as_csv(request: HttpRequest, slug: str, event_slug: str) -> HttpResponse:
    """The same for spreadsheets."""
    found = office.show_of(request, slug, event_slug)
    statement = statements.of_show(event_id=found.show.id, currency=found.show.currency)
    return office.private(csv_files.response(f"settlement-{event_slug}.csv", csv_files.settlement(statement)))
