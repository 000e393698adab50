"""`manage.py reprocess_webhooks`: try stored webhooks again, also those that were given up or quarantined."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ticketing.clock import utc_now
from ticketing.models import InboxState, StripeEvent
from ticketing.payments import webhooks


class Command(BaseCommand):
    """Process stored webhooks again; what was processed stays as it is."""

    help = "Try stored webhooks again: all that failed, or those named; --quarantined takes these in too."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Event ids, or nothing for all that failed."""
        parser.add_argument("event_ids", nargs="*", metavar="evt_...")
        parser.add_argument("--quarantined", action="store_true", help="also what was quarantined")

    def handle(self, **options: Any) -> None:
        """Try each once, and say what became of it."""
        states = [InboxState.RECEIVED, InboxState.FAILED]
        if options["quarantined"] or options["event_ids"]:
            states.append(InboxState.QUARANTINED)
        wanted = StripeEvent.objects.filter(state__in=states).order_by("received_at")
        if options["event_ids"]:
            wanted = wanted.filter(pk__in=options["event_ids"])
        for event_id in wanted.values_list("pk", flat=True):
            state = webhooks.retry(event_id=event_id, now=utc_now())
            self.stdout.write(f"{event_id}: {state}")
