"""The security headers that every answer carries."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_SOCKETS = " ".join(origin.replace("http", "ws", 1) for origin in settings.ENV.origins)
_STRIPES_PAGES = "https://checkout.stripe.com https://connect.stripe.com"
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        f"connect-src 'self' {_SOCKETS}",
        # Forms are answered by a redirect to Stripe's pages (or to the simulator's): a sale's to the payment page, an
        # owner's to onboarding and to the Express dashboard.
        f"form-action 'self' {_STRIPES_PAGES} {settings.ENV.stripe_api_base}".rstrip(),
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    )
)


class SecurityHeaders:
    """Middleware: content security policy everywhere; the camera only where the door is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers added."""
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", _POLICY)
        camera = "camera=(self)" if request.path.startswith("/door/") else "camera=()"
        response.setdefault("Permissions-Policy", f"{camera}, microphone=(), geolocation=()")
        return response
