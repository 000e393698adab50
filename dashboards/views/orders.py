"""An order's own pages: waiting for the payment, the wallet, giving up. Whoever has the link has the tickets."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from dashboards import page_data
from ticketing import checkout, wallet
from ticketing.clock import millis, utc_now
from ticketing.models import OrderStatus, User
from ticketing.wallet import OrderPage

OrderView = Callable[[HttpRequest, OrderPage], HttpResponse]
_WITH_TICKETS = (OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED)


def _private(view: OrderView) -> Callable[[HttpRequest, str], HttpResponse]:
    """Find the order by its token, and keep what is answered out of caches and indexes."""

    @require_safe
    @wraps(view)
    def by_token(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, _order(token))
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    return by_token


@_private
def order(request: HttpRequest, page: OrderPage) -> HttpResponse:
    """The wallet, or what the order is waiting for. It only looks: being here never makes an order paid."""
    if page.status in _WITH_TICKETS:
        return render(request, "dashboards/wallet.html", {"order": page, "data": page_data.wallet_data(page)})
    hold_left = max(0, int((page.hold_expires_at - utc_now()).total_seconds()))
    return render(request, "dashboards/order.html", {"order": page, "hold_left": hold_left})


@_private
def state(_request: HttpRequest, page: OrderPage) -> HttpResponse:
    """What has become of the order and its tickets."""
    return JsonResponse(page_data.order_state(page, utc_now()))


@_private
def clock(_request: HttpRequest, _page: OrderPage) -> HttpResponse:
    """The server's time, for the wallet's clock."""
    return JsonResponse({"server_time": millis(utc_now())})


@_private
def cancel(request: HttpRequest, page: OrderPage) -> HttpResponse:
    """The fan came back from the payment page without paying."""
    checkout.abandon(order_token=page.token, now=utc_now())
    after = _order(page.token)
    if after.status in _WITH_TICKETS:
        return redirect("dashboards:order", token=page.token)
    return render(request, "dashboards/cancelled.html", {"order": after})


@login_required
@require_safe
def my_tickets(request: HttpRequest) -> HttpResponse:
    """All orders of the signed-in fan."""
    assert isinstance(request.user, User)
    return render(request, "dashboards/my_tickets.html", {"orders": wallet.orders_of(request.user.pk)})


def _order(token: str) -> OrderPage:
    page = wallet.order_page(token)
    if page is None:
        raise Http404("no such order")
    return page
