from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Venue, artist and fan pages."""

    name = "dashboards"
