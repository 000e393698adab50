from django.apps import AppConfig


class TicketingConfig(AppConfig):
    """The domain: what is sold, for how much, to whom, and who got in."""

    name = "ticketing"
