"""The whole wiring on one page: HTTP to Django, one websocket endpoint to the gateway."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http = get_asgi_application()

from django.conf import settings  # noqa: E402  # the apps must be ready before anything of theirs is imported

from config.tracing import Traced  # noqa: E402
from realtime.auth import signed_in  # noqa: E402
from realtime.consumer import GatewayConsumer  # noqa: E402
from realtime.wire import outermost  # noqa: E402

_routes = ProtocolTypeRouter(
    {
        "http": http,
        # Full origins, scheme and port included: AllowedHostsOriginValidator looks at the host alone.
        "websocket": OriginValidator(
            signed_in(URLRouter([path("ws", GatewayConsumer.as_asgi())])), settings.ENV.origins
        ),
    }
)
application = outermost(Traced(_routes))
