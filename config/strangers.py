"""What browsers and crawlers ask every site for, unasked."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# What belongs to one person or one team. A wish, no lock: each of them asks for its token or a sign-in.
_PRIVATE = ("/o/", "/wallet/", "/door/", "/staff/", "/venue/", "/artist/")
_ROBOTS = "\n".join(("User-agent: *", *(f"Disallow: {path}" for path in _PRIVATE), ""))


@require_safe
@cache_control(max_age=86_400, public=True)
def robots(_request: HttpRequest) -> HttpResponse:
    """Where crawlers are asked not to go."""
    return HttpResponse(_ROBOTS, content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(max_age=86_400, public=True)
def favicon(_request: HttpRequest) -> HttpResponse:
    """To the icon, for browsers that look for it at its oldest address."""
    return HttpResponseRedirect(static("bouncer_client/icon-192.png"))
