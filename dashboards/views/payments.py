"""A venue's money settings: connected with Stripe or not, what NGN adds, what a refund gives back."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from dashboards import csv_files, payment_reads
from dashboards.views import office
from dashboards.views.public import SeeOther
from ticketing import rights, venues
from ticketing.models import ChargeMode, Venue
from ticketing.payments import gateway, onboarding

_LOGGER = logging.getLogger(__name__)
_MODES = {"express": ChargeMode.DESTINATION, "standard": ChargeMode.DIRECT}
_SILENT = "Stripe does not answer right now. Nothing was changed; please try again in a minute."


@login_required
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """How the venue stands. Stripe sends its owner back here, done (`returned`) or with a link that is used up."""
    venue = office.venue_of(request, slug)
    owner = office.owns(request, venue.pk)
    if owner and "again" in request.GET:
        return _to_stripe(request, venue, None)
    if "returned" in request.GET:
        return _returned(request, venue)
    context = {
        "venue": venue,
        "owner": owner,
        "payments": payment_reads.payments(venue),
        "terms": payment_reads.fee_terms(venue),
        "payouts": payment_reads.payouts(venue),
    }
    return office.page(request, "payments.html", context)


@login_required
@require_POST
def connect(request: HttpRequest, slug: str) -> HttpResponse:
    """To Stripe's sign-up, for the first time or again. `mode` says whose account it is: express, or standard."""
    venue = office.venue_of(request, slug, right=rights.may_manage_money)
    return _to_stripe(request, venue, _MODES.get(request.POST.get("mode", "")))


@login_required
@require_POST
def express(request: HttpRequest, slug: str) -> HttpResponse:
    """To the venue's own pages at Stripe, by a link that works once."""
    venue = office.venue_of(request, slug, right=rights.may_manage_money)
    try:
        return SeeOther(gateway.create_login_link(venue.stripe_account_id or "none"))
    except gateway.PaymentUnavailable:
        return _back(request, slug, _SILENT)
    except gateway.PaymentRefused:
        _LOGGER.exception("no login link for venue %s", venue.pk)
        return _back(
            request, slug, "Stripe has no pages to show for this account yet. Finish the sign-up first."
        )


@login_required
@require_POST
def refund_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether refunds give NGN's fee back."""
    venue = office.venue_of(request, slug, right=rights.may_manage_money)
    wanted = request.POST.get("fee", "")
    if wanted not in ("returned", "kept"):
        return _back(request, slug, "Choose what a refund does with NGN's fee.")
    venues.set_refund_policy(venue_id=venue.pk, returns_fee=wanted == "returned")
    said = (
        "From now on a refund gives NGN's fee back too."
        if wanted == "returned"
        else "From now on a refund keeps NGN's fee."
    )
    messages.success(request, said)
    return SeeOther(_address(slug))


@login_required
@require_safe
def payouts_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """What Stripe paid out to the venue's bank, as a table."""
    venue = office.venue_of(request, slug)
    found = payment_reads.payouts(venue)
    if found is None:
        messages.error(
            request, "Stripe does not answer right now, so there is no list of payouts. Please try again."
        )
        return redirect(_address(slug))
    return office.private(csv_files.response(f"payouts-{slug}.csv", csv_files.payouts(found)))


def _to_stripe(request: HttpRequest, venue: Venue, mode: ChargeMode | None) -> HttpResponse:
    try:
        return SeeOther(onboarding.begin(venue=venue, email=office.me(request).email, charge_mode=mode))
    except onboarding.AlreadyConnected:
        return _back(
            request,
            venue.slug,
            "This venue has begun with the other kind of account. Write to NGN to change it.",
        )
    except gateway.PaymentUnavailable:
        return _back(request, venue.slug, _SILENT)
    except gateway.PaymentRefused:
        _LOGGER.exception("Stripe refused to onboard venue %s", venue.pk)
        return _back(
            request, venue.slug, "Stripe refused to begin. Nothing was changed; please write to NGN."
        )


def _returned(request: HttpRequest, venue: Venue) -> HttpResponse:
    """Coming back from Stripe says nothing by itself: Stripe is asked."""
    try:
        ready = onboarding.refresh(venue=venue)
    except (gateway.PaymentUnavailable, gateway.PaymentRefused):
        return _back(
            request,
            venue.slug,
            "Welcome back. Stripe does not answer right now; this page follows by itself later.",
        )
    if ready:
        messages.success(request, "Stripe says yes: you are paid at the moment of every sale.")
    return SeeOther(_address(venue.slug))


def _back(request: HttpRequest, slug: str, problem: str) -> HttpResponse:
    messages.error(request, problem)
    return SeeOther(_address(slug))


def _address(slug: str) -> str:
    return f"/venue/{slug}/payments/"
