"""NGN's own site at /staff/. To who is not NGN it does not exist; to who is, it opens with a second factor."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from dashboards import sign_in
from ticketing.models import User

GOOD_FOR_SECONDS = 12 * 3600
"""How long a session may work here on one showing of the second factor: a shift."""
_LOGGER = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Suggestions(AutocompleteJsonView):
    """People by their addresses: a person's own `str` keeps them out of logs."""

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        """One line of the list."""
        line = super().serialize_result(obj, to_field_name)
        return {**line, "text": obj.email} if isinstance(obj, User) else line


class StaffSite(AdminSite):
    """The staff site. Every look at a page of it is logged, without what was searched for."""

    site_title = site_header = "NGN staff"
    index_title = "Everything"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """NGN's people, in a session that has shown their second factor today."""
        shown = sign_in.used_second_factor(request, within_seconds=GOOD_FOR_SECONDS)
        # A factor that was taken off opens nothing, also in the session that had shown it.
        return super().has_permission(request) and shown and _has_second_factor(request)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Django's own guard, ours around it, and out of every index."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def ours(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not super(StaffSite, self).has_permission(request):
                raise Http404("not for this person")
            response = guarded(request, *args, **kwargs)
            response["X-Robots-Tag"] = "noindex"
            _LOGGER.info(
                "staff %s: %s %s %s", request.user.pk, request.method, request.path, response.status_code
            )
            return response

        return cast("View", ours)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Where somebody goes who may not see a page (yet): to what is still missing."""
        asked = request.GET.get("next", "")
        then = asked if sign_in.is_ours(asked) else reverse("admin:index", current_app=self.name)
        return HttpResponseRedirect(self._next_step(request, then))

    def logout(  # type: ignore[override]  # Django's shows a page of its own; nobody but its URL calls this
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Out, and to the first page."""
        sign_in.Accounts(request).logout(request)
        return HttpResponseRedirect(reverse("dashboards:home"))

    def autocomplete_view(  # type: ignore[override]  # as the view that it makes, which Django types wider
        self, request: HttpRequest
    ) -> HttpResponseBase:
        """What fits the letters typed so far."""
        return Suggestions.as_view(admin_site=self)(request)

    def _next_step(self, request: HttpRequest, then: str) -> str:
        if not isinstance(request.user, User):
            return sign_in.url_with_next("account_login", then)
        if not super().has_permission(request):
            raise Http404("not for this person")
        if not _has_second_factor(request):
            return sign_in.url_with_next("mfa_activate_totp", then)
        if not self.has_permission(request):
            return sign_in.url_with_next("mfa_reauthenticate", then)
        return then


def _has_second_factor(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and is_mfa_enabled(request.user, [Authenticator.Type.TOTP])
