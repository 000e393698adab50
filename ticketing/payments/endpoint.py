"""Where Stripe's webhooks land: verify and store, answer, and what follows is the inbox's business."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ticketing.clock import utc_now
from ticketing.payments import webhooks
from ticketing.payments.webhooks import Endpoint, WebhookRefusal

MAX_BODY = 262_144


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    """Store one delivery and act on it. 2xx only once it is stored; an unsigned or oversized body leaves no trace."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        return JsonResponse({"code": "body_too_large"}, status=413)
    now = utc_now()
    signature = request.headers.get("Stripe-Signature", "")
    stored = webhooks.receive(endpoint=endpoint, body=request.body, signature=signature, now=now)
    if isinstance(stored, WebhookRefusal):
        return JsonResponse({"code": stored.value}, status=400)
    state = webhooks.process(event_id=stored.event_id, now=now, told=stored.told)
    return JsonResponse({"code": state.value})
