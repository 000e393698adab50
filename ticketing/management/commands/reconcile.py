"""`manage.py reconcile`: compare the ledger with Stripe's own books; exit 1 when anything drifts."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ticketing.clock import utc_now
from ticketing.payments import gateway, reconciliation
from ticketing.payments.reconciliation import Returned


class Command(BaseCommand):
    """Print every drift between our ledger and Stripe's books."""

    help = "Compare the ledger with Stripe's charges, refunds, transfers and fees; print every drift."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--days: how far back."""
        parser.add_argument("--days", type=int, default=30, help="orders of so many days (default 30)")

    def handle(self, **options: Any) -> None:
        """Compare, tell, and let the exit code say whether all agreed."""
        try:
            result = reconciliation.reconcile(since=utc_now() - timedelta(days=options["days"]))
        except gateway.PaymentUnavailable as silence:
            raise CommandError(
                f"Stripe does not answer ({silence}); nothing was compared to the end"
            ) from silence
        for drift in result.drifts:
            self.stdout.write(
                f"drift: order {drift.order}: {drift.what}: ours {drift.ours}, Stripe's {drift.stripes}"
            )
        for refund in result.returned:
            self.stdout.write(_told(refund))
        self.stdout.write(f"{result.orders} orders compared, {len(result.drifts)} drifts")
        if result.drifts:
            sys.exit(1)


def _told(refund: Returned) -> str:
    """A refund that came back: both books agree, and a person has seen to it or must."""
    came_back = f"order {refund.order}: a refund of {refund.total} came back from the bank"
    if refund.made_good_at is None:
        return f"owed: {came_back}, and nobody has paid the fan another way"
    return f"made good: {came_back}; {refund.made_good_by} paid the fan another way, {refund.made_good_at:%Y-%m-%d}"
