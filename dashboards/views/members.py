"""Pages for people who act for a venue or an artist. To everybody else these pages do not exist."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards import page_data, pairing_code, reads
from dashboards.reads import VenueShow
from dashboards.views.public import SeeOther
from realtime import snapshots
from ticketing import door_policy as policies
from ticketing import pairing, review, rights
from ticketing.clock import utc_now
from ticketing.domain_events import UnknownOrders
from ticketing.door_policy import PolicyRefusal
from ticketing.models import User
from ticketing.pairing import CodeSeen, NewPairingCode

_POLICY_REFUSED = {
    PolicyRefusal.PIN_NEEDED: "Choose a PIN for the supervisor first.",
    PolicyRefusal.PIN_MALFORMED: "A PIN is 4 to 12 digits.",
}


@login_required
@require_safe
def venue(request: HttpRequest, slug: str) -> HttpResponse:
    """A venue's shows; money only for those who may see it."""
    home = reads.venue_home(slug)
    if home is None or not rights.may_run_door(user_id=_me(request).pk, venue_id=home.id):
        raise Http404("no such venue")
    sees_sales = rights.may_see_venue(user_id=_me(request).pk, venue_id=home.id)
    owns = rights.may_manage_team(user_id=_me(request).pk, venue_id=home.id)
    return render(request, "dashboards/venue.html", {"venue": home, "sees_sales": sees_sales, "owns": owns})


@login_required
@require_safe
def sales(request: HttpRequest, slug: str, event_slug: str) -> HttpResponse:
    """The cha-ching page of one show."""
    found = _show(slug, event_slug)
    if not rights.may_see_venue(user_id=_me(request).pk, venue_id=found.venue_id):
        raise Http404("no such show")
    snapshot = snapshots.sales(found.show.id)
    context = {
        "venue_slug": slug,
        "show": found.show,
        "snapshot": snapshot.value,
        "direct": found.direct,
        "to_review": review.to_review(found.show.id),
        "data": page_data.sales_data(found.show, snapshot),
    }
    return _private(render(request, "dashboards/sales.html", context))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pair(request: HttpRequest, slug: str, event_slug: str) -> HttpResponse:
    """The show's door phones; a POST makes a code for one more, and `?code=` tells what became of one."""
    found = _door(request, slug, event_slug)
    if request.method != "POST":
        return _pair_page(request, found, None)
    code = pairing.new_code(event_id=found.show.id, by=_me(request), now=utc_now())
    return _pair_page(request, found, code)


@login_required
@require_safe
def pair_state(request: HttpRequest, slug: str, event_slug: str, code_id: UUID) -> HttpResponse:
    """What became of a code, for the page that shows it."""
    found = _door(request, slug, event_slug)
    seen = pairing.look_up(code_id=code_id, event_id=found.show.id, now=utc_now())
    if seen is None:
        raise Http404("no such code")
    return _private(JsonResponse({"state": seen.state}))


@login_required
@require_POST
def revoke(request: HttpRequest, slug: str, event_slug: str, device_id: UUID) -> HttpResponse:
    """Shut a phone out."""
    found = _door(request, slug, event_slug)
    if not pairing.revoke(device_id=device_id, event_id=found.show.id, now=utc_now()):
        raise Http404("no such device")
    return redirect("dashboards:pair", slug=slug, event_slug=event_slug)


@login_required
@require_POST
def door_policy(request: HttpRequest, slug: str, event_slug: str) -> HttpResponse:
    """What door phones without network do with an Order ID that is not on their list: an owner's word."""
    found = _door(request, slug, event_slug)
    if not rights.may_manage_money(user_id=_me(request).pk, venue_id=found.venue_id):
        raise Http404("only owners set the door's policy")
    chosen = next((each for each in UnknownOrders if each == request.POST.get("unknown_orders")), None)
    if chosen is None:
        return _pair_page(request, found, None, refusal="Choose one of the three.")
    refusal = policies.change(
        event_id=found.show.id,
        unknown_orders=chosen,
        pin=request.POST.get("pin", "").strip(),
        now=utc_now(),
    )
    if refusal is not None:
        return _pair_page(request, found, None, refusal=_POLICY_REFUSED[refusal])
    messages.success(request, "Saved. Every phone that is online knows it already.")
    return SeeOther(reverse("dashboards:pair", args=[slug, event_slug]))


@login_required
@require_safe
def artist(request: HttpRequest, slug: str) -> HttpResponse:
    """The artist's sold-out bars."""
    home = reads.artist_home(slug)
    if home is None or not rights.may_see_artist(user_id=_me(request).pk, artist_id=home.id):
        raise Http404("no such artist")
    return render(request, "dashboards/artist.html", {"artist": home})


def _pair_page(
    request: HttpRequest, found: VenueShow, code: NewPairingCode | None, *, refusal: str = ""
) -> HttpResponse:
    link = pairing_code.pairing_link(code.code) if code else ""
    context = {
        "venue_slug": found.venue_slug,
        "show": found.show,
        "devices": pairing.devices(event_id=found.show.id),
        "code": code,
        "seen": None if code else _seen(request, found),
        "link": link,
        "picture": pairing_code.svg_of(link) if link else "",
        "expires_in": int((code.expires_at - utc_now()).total_seconds()) if code else 0,
        "owner": rights.may_manage_money(user_id=_me(request).pk, venue_id=found.venue_id),
        "policy": policies.of(found.show.id),
        "refusal": refusal,
    }
    status = 422 if refusal else 200
    return _private(render(request, "dashboards/pair.html", context, status=status))


def _seen(request: HttpRequest, found: VenueShow) -> CodeSeen | None:
    """What became of the code that the address names, if it names one of this show's."""
    try:
        code_id = UUID(request.GET.get("code", ""))
    except ValueError:
        return None
    return pairing.look_up(code_id=code_id, event_id=found.show.id, now=utc_now())


def _door(request: HttpRequest, slug: str, event_slug: str) -> VenueShow:
    found = _show(slug, event_slug)
    if not rights.may_run_door(user_id=_me(request).pk, venue_id=found.venue_id):
        raise Http404("no such show")
    return found


def _show(slug: str, event_slug: str) -> VenueShow:
    found = reads.venue_show(slug, event_slug)
    if found is None:
        raise Http404("no such show")
    return found


def _me(request: HttpRequest) -> User:
    """The signed-in person; `login_required` has seen to it."""
    assert isinstance(request.user, User)
    return request.user


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response
