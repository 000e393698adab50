from django.apps import AppConfig


class BouncerClientConfig(AppConfig):
    """Bouncer Mode: the door tool on phones."""

    name = "bouncer_client"
