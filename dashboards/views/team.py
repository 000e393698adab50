"""The venue's team, for its owners. To everybody else this page does not exist."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboards import reads
from dashboards.reads import VenueHome
from ticketing import rights, team
from ticketing.models import Role, User
from ticketing.team import Member, TeamRefusal

_WORDS = {
    TeamRefusal.EMAIL_INVALID: "That does not look like an email address.",
    TeamRefusal.ALREADY_MEMBER: "This person is in the team already. Change the role in the list.",
    TeamRefusal.NOT_MEMBER: "This person is not in the team any more.",
    TeamRefusal.LAST_OWNER: "A venue needs an owner. Make somebody else one first.",
    TeamRefusal.TEAM_FULL: "The team is full. Remove somebody first.",
}
_GONE = "is not in the team any more"
_ROLES = (
    (Role.OWNER, "Owner", "everything: the money, the team"),
    (Role.MANAGER, "Manager", "shows, sales and the door"),
    (Role.DOOR, "Door", "door phones only, no money"),
)


@login_required
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The team, and a form for one more."""
    venue = _owned(request, slug)
    context = {"venue": venue, "members": team.members(venue_id=venue.id), "roles": _ROLES}
    response = render(request, "dashboards/team.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Make somebody a member, and tell them by mail."""
    venue = _owned(request, slug)
    outcome = team.invite(venue_id=venue.id, email=request.POST.get("email", ""), role=_role(request))
    return _back(request, slug, outcome, "is in the team now, and is told by mail")


@login_required
@require_POST
def change_role(request: HttpRequest, slug: str, user_id: UUID) -> HttpResponse:
    """Give a member another role."""
    venue = _owned(request, slug)
    outcome = team.change_role(venue_id=venue.id, user_id=user_id, role=_role(request))
    return _back(request, slug, outcome, "has the new role now")


@login_required
@require_POST
def remove(request: HttpRequest, slug: str, user_id: UUID) -> HttpResponse:
    """End a membership."""
    venue = _owned(request, slug)
    outcome = team.remove(venue_id=venue.id, user_id=user_id)
    return _back(request, slug, outcome, _GONE)


def _owned(request: HttpRequest, slug: str) -> VenueHome:
    venue = reads.venue_home(slug)
    assert isinstance(request.user, User)
    if venue is None or not rights.may_manage_team(user_id=request.user.pk, venue_id=venue.id):
        raise Http404("no such venue")
    return venue


def _role(request: HttpRequest) -> Role:
    asked = request.POST.get("role", "")
    if asked not in Role.values:
        raise Http404("no such role")
    return Role(asked)


def _back(request: HttpRequest, slug: str, outcome: Member | TeamRefusal, done: str) -> HttpResponse:
    """To the team's page with what came of it; home, for an owner who has just become none."""
    if isinstance(outcome, TeamRefusal):
        messages.error(request, _WORDS[outcome])
    elif outcome.user_id == request.user.pk and (outcome.role != Role.OWNER or done == _GONE):
        return redirect("dashboards:home")
    else:
        messages.success(request, f"{outcome.email} {done}.")
    return redirect("dashboards:team", slug=slug)
