"""An order's own pages: waiting for the payment, the wallet, giving up. Whoever has the link has the tickets."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from dashboards import my_tickets as ticket_list
from dashboards import page_data
from dashboards.views.public import SeeOther
from ticketing import calendar_file, checkout, confirmation, wallet
from ticketing.checkout import Abandoned
from ticketing.clock import millis, utc_now
from ticketing.models import OrderStatus, User
from ticketing.wallet import OrderPage

OrderView = Callable[[HttpRequest, OrderPage], HttpResponse]
_WITH_TICKETS = (OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED)
_LOOKS = 3
"""How often a page without script looks again before it asks Stripe, every 3 s; src/entries/order.ts waits 8 s."""
_ASK_AGAIN_S = 5


def _private(view: OrderView) -> Callable[[HttpRequest, str], HttpResponse]:
    """Find the order by its token, and keep what is answered out of caches and indexes."""

    @wraps(view)
    def by_token(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, _order(token))
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    return by_token


@require_safe
@_private
def order(request: HttpRequest, page: OrderPage) -> HttpResponse:
    """The wallet, or what the order is waiting for. It only looks: being here never makes an order paid."""
    if page.status in _WITH_TICKETS and page.tickets:
        return render(request, "dashboards/wallet.html", {"order": page, "data": page_data.wallet_data(page)})
    if page.status == OrderStatus.REFUNDED:  # without tickets: the payment came too late for them
        return render(request, "dashboards/money_back.html", {"order": page})
    if page.status == OrderStatus.EXPIRED:
        return render(
            request, "dashboards/released.html", {"order": page, "reason": wallet.why_released(page.token)}
        )
    looks, hold_left = _looks(request), max(0, int((page.hold_expires_at - utc_now()).total_seconds()))
    context = {
        "order": page,
        "hold_left": hold_left,
        "payment": _payment_of(page) if looks >= _LOOKS or not hold_left else "waiting",
        "next_look": looks + 1,
    }
    return render(request, "dashboards/order.html", context)


@require_safe
@_private
def state(_request: HttpRequest, page: OrderPage) -> HttpResponse:
    """What has become of the order and its tickets."""
    return JsonResponse(page_data.order_state(page, utc_now()))


@require_safe
@_private
def clock(_request: HttpRequest, _page: OrderPage) -> HttpResponse:
    """The server's time, for the wallet's clock."""
    return JsonResponse({"server_time": millis(utc_now())})


@require_safe
@_private
def calendar(_request: HttpRequest, page: OrderPage) -> HttpResponse:
    """The show for the fan's own calendar: the file that the confirmation mail carries too."""
    file = confirmation.calendar_by_token(page.token, now=utc_now()) if page.status in _WITH_TICKETS else None
    if file is None:
        raise Http404("no tickets yet")
    response = HttpResponse(file.content, content_type=f"{calendar_file.MEDIA_TYPE}; charset=utf-8")
    # Not as an attachment: phones offer to add an entry that they may open, and only store what they may not.
    response["Content-Disposition"] = f'inline; filename="{file.name}"'
    return response


@require_safe
@_private
def payment(_request: HttpRequest, page: OrderPage) -> HttpResponse:
    """Where Stripe is with the payment, for a waiting page that has waited a while. It changes nothing."""
    return JsonResponse({"payment": _payment_of(page)})


@require_http_methods(["GET", "HEAD", "POST"])
@_private
def cancel(request: HttpRequest, page: OrderPage) -> HttpResponse:
    """Back from the payment page without paying. Looking here gives nothing up: the button does."""
    if page.status != OrderStatus.HELD:
        return redirect("dashboards:order", token=page.token)
    if request.method != "POST":
        return render(request, "dashboards/cancel.html", {"order": page})
    outcome = checkout.abandon(order_token=page.token, now=utc_now())
    if outcome is Abandoned.UNAVAILABLE:
        return render(request, "dashboards/cancel.html", {"order": page, "unavailable": True}, status=503)
    address = reverse("dashboards:order", kwargs={"token": page.token})
    if outcome is Abandoned.PAYMENT_UNDER_WAY:
        cache.delete(_payment_key(page))
        return SeeOther(f"{address}?looks={_LOOKS}")
    return SeeOther(address)


@login_required
@require_safe
def my_tickets(request: HttpRequest) -> HttpResponse:
    """All orders of the signed-in fan."""
    assert isinstance(request.user, User)
    mine = ticket_list.by_show(wallet.orders_of(request.user.pk), now_ms=millis(utc_now()))
    return render(request, "dashboards/my_tickets.html", {"shows": mine})


def _order(token: str) -> OrderPage:
    page = wallet.order_page(token)
    if page is None:
        raise Http404("no such order")
    return page


def _looks(request: HttpRequest) -> int:
    """How often this page has been looked at in vain."""
    told = request.GET.get("looks", "")
    return min(int(told), _LOOKS) if told.isascii() and told.isdecimal() and len(told) <= 3 else 0


def _payment_of(page: OrderPage) -> str:
    """Stripe's word, at most every few seconds: whoever has the link may ask as often as they like."""
    known: str | None = cache.get(_payment_key(page))
    if known is None:
        known = checkout.payment_of(order_token=page.token).value
        cache.set(_payment_key(page), known, _ASK_AGAIN_S)
    return known


def _payment_key(page: OrderPage) -> str:
    return f"payment:{page.order_id}"
