from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    """The gateway: it reads the log and keeps everybody on the same truth."""

    name = "realtime"

    def ready(self) -> None:
        """Ring the doorbell for every entry that the log commits."""
        from realtime import doorbell
        from ticketing import log

        log.announce_with(doorbell.ring)
