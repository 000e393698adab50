from django.contrib.auth.views import LogoutView
from django.urls import path, register_converter

from dashboards.views import accounts, members, orders, public


class OrderTokenConverter:
    """An order's token as `ticketing.models.orders.new_token` makes it; anything else is no address of ours."""

    regex = "[A-Za-z0-9_-]{43}"

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    def to_url(self, value: str) -> str:
        """As it is."""
        return value


register_converter(OrderTokenConverter, "token")

app_name = "dashboards"
urlpatterns = [
    path("", public.home, name="home"),
    path("offline/", public.offline, name="offline"),
    path("e/<slug:slug>/", public.event, name="event"),
    path("e/<slug:slug>/buy/", public.buy, name="buy"),
    path("o/<token:token>/", orders.order, name="order"),
    path("o/<token:token>/cancel/", orders.cancel, name="cancel"),
    path("o/<token:token>/state.json", orders.state, name="order-state"),
    path("o/<token:token>/clock.json", orders.clock, name="clock"),
    path("wallet/", orders.my_tickets, name="wallet"),
    path("login/", accounts.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("venue/<slug:slug>/", members.venue, name="venue"),
    path("venue/<slug:slug>/e/<slug:event_slug>/", members.sales, name="sales"),
    path("venue/<slug:slug>/e/<slug:event_slug>/pair/", members.pair, name="pair"),
    path(
        "venue/<slug:slug>/e/<slug:event_slug>/pair/<uuid:device_id>/revoke/", members.revoke, name="revoke"
    ),
    path("artist/<slug:slug>/", members.artist, name="artist"),
]
