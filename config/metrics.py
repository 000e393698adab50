"""`/metrics` for Prometheus: the gateway's figures, and what waits in the database."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from ipaddress import ip_address

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from django_tasks_db.models import DBTaskResult
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from realtime import metrics as gateway
from ticketing.models import InboxState, StripeEvent

TEXT = "text/plain; version=0.0.4; charset=utf-8"


class _Waiting(Collector):
    """Counted when asked: background tasks and webhooks by their state."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        tasks = GaugeMetricFamily("ngn_tasks", "background tasks by state", labels=["state"])
        for state, number in DBTaskResult.objects.values_list("status").annotate(Count("pk")):
            tasks.add_metric([state.lower()], number)
        yield tasks
        inbox = GaugeMetricFamily("ngn_webhooks", "Stripe's webhooks in the inbox by state", labels=["state"])
        counted = dict(StripeEvent.objects.values_list("state").annotate(Count("pk")))
        for state in InboxState.values:
            inbox.add_metric([state], counted.get(state, 0))
        yield inbox


_waiting = CollectorRegistry()
_waiting.register(_Waiting())


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Every figure as text. For who has METRICS_TOKEN; without one set, for this machine itself. Else 404."""
    if not _may_ask(request):
        raise Http404
    return HttpResponse(gateway.text() + generate_latest(_waiting), content_type=TEXT)


def _may_ask(request: HttpRequest) -> bool:
    if wanted := settings.ENV.metrics_token:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return scheme == "Bearer" and hmac.compare_digest(token.encode(), wanted.encode())
    return settings.ENV.on_ones_own_machine and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
