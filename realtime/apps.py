from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    """The gateway: it reads the log and keeps everybody on the same truth."""

    name = "realtime"

    def ready(self) -> None:
        """Ring the doorbell for every entry that the log commits, and tell of every right that ends."""
        from realtime import doorbell, revocation
        from ticketing import log, standing

        log.announce_with(doorbell.ring)
        standing.ended_with(revocation.tell)
