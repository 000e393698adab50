"""What the pages of a venue's office have in common: whose they are, and how they answer."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from dashboards import reads
from dashboards.reads import VenueShow
from ticketing import rights
from ticketing.models import User, Venue

Right = Callable[..., bool]


def me(request: HttpRequest) -> User:
    """The signed-in person; `login_required` has seen to it."""
    assert isinstance(request.user, User)
    return request.user


def show_of(
    request: HttpRequest, slug: str, event_slug: str, *, right: Right = rights.may_see_venue
) -> VenueShow:
    """A show of a venue for which the person has a right. Raises Http404: to others it does not exist."""
    found = reads.venue_show(slug, event_slug)
    if found is None or not right(user_id=me(request).pk, venue_id=found.venue_id):
        raise Http404("no such show")
    return found


def venue_of(request: HttpRequest, slug: str, *, right: Right = rights.may_see_venue) -> Venue:
    """A venue for which the person has a right. Raises Http404: to others it does not exist."""
    venue = Venue.objects.filter(slug=slug).first()
    if venue is None or not right(user_id=me(request).pk, venue_id=venue.pk):
        raise Http404("no such venue")
    return venue


def owns(request: HttpRequest, venue_id: UUID) -> bool:
    """Whether the person may change the venue's money settings."""
    return rights.may_manage_money(user_id=me(request).pk, venue_id=venue_id)


def page(
    request: HttpRequest, template: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """A page for this person's eyes: in no cache and no index."""
    return private(render(request, f"dashboards/{template}", context, status=status))


def private(response: HttpResponse) -> HttpResponse:
    """Kept out of caches and indexes."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
