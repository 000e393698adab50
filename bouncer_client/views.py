"""The door's three files that are not built assets. None of them knows who asks: a phone keeps them for months."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from realtime import front_end

_COLOUR = "#0b0a0d"


@require_safe
@cache_control(no_cache=True)
def shell(request: HttpRequest) -> HttpResponse:
    """The page around the app: no user, no CSRF token, the same for everybody."""
    return render(request, "bouncer_client/shell.html")


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """The built service worker, under the scope that it serves. Never cached: it is how new versions are found."""
    script = front_end.built_file("door-sw.js").read_bytes()
    # A shell that changes is a new version of the app, even if no built file does.
    response = HttpResponse(f'self.NGN_SHELL="{_shell_version(request)}";\n'.encode() + script)
    response["Content-Type"] = "text/javascript"
    response["Service-Worker-Allowed"] = reverse("bouncer_client:shell")
    return response


def _shell_version(request: HttpRequest) -> str:
    beside = json.dumps(_app_manifest(), sort_keys=True)
    return hashlib.sha256(shell(request).content + beside.encode()).hexdigest()[:16]


@require_safe
@cache_control(no_cache=True)
def app_manifest(_request: HttpRequest) -> HttpResponse:
    """What makes the page an app on a home screen."""
    return JsonResponse(_app_manifest(), content_type="application/manifest+json")


def _app_manifest() -> dict[str, Any]:
    home = reverse("bouncer_client:shell")
    return {
        "id": home,
        "name": "NGN Bouncer Mode",
        "short_name": "Bouncer",
        "description": "Scan tickets at the door, with or without a network.",
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": _COLOUR,
        "theme_color": _COLOUR,
        "icons": [
            {"src": static("bouncer_client/icon.svg"), "type": "image/svg+xml", "sizes": "any"},
            *(_png(side, purpose) for side in (192, 512) for purpose in ("any", "maskable")),
        ],
    }


def _png(side: int, purpose: str) -> dict[str, str]:
    src = static(f"bouncer_client/icon-{side}.png")
    return {"src": src, "type": "image/png", "sizes": f"{side}x{side}", "purpose": purpose}
