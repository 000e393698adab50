from django.urls import include, path, register_converter

from dashboards.views import members, orders, public, team


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
    path("o/<token:token>/payment.json", orders.payment, name="payment"),
    path("o/<token:token>/state.json", orders.state, name="order-state"),
    path("o/<token:token>/clock.json", orders.clock, name="clock"),
    path("o/<token:token>/calendar.ics", orders.calendar, name="calendar"),
    path("wallet/", orders.my_tickets, name="wallet"),
    path("venue/<slug:slug>/", members.venue, name="venue"),
    path("venue/<slug:slug>/team/", team.page, name="team"),
    path("venue/<slug:slug>/team/invite/", team.invite, name="team-invite"),
    path("venue/<slug:slug>/team/<uuid:user_id>/role/", team.change_role, name="team-role"),
    path("venue/<slug:slug>/team/<uuid:user_id>/remove/", team.remove, name="team-remove"),
    path("venue/<slug:slug>/e/<slug:event_slug>/", members.sales, name="sales"),
    path("venue/<slug:slug>/e/<slug:event_slug>/pair/", members.pair, name="pair"),
    path(
        "venue/<slug:slug>/e/<slug:event_slug>/pair/<uuid:code_id>/state.json",
        members.pair_state,
        name="pair-state",
    ),
    path(
        "venue/<slug:slug>/e/<slug:event_slug>/pair/<uuid:device_id>/revoke/", members.revoke, name="revoke"
    ),
    path("venue/<slug:slug>/e/<slug:event_slug>/pair/policy/", members.door_policy, name="door-policy"),
    path("", include("dashboards.office_urls")),
    path("artist/<slug:slug>/", members.artist, name="artist"),
]
