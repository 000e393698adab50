"""`manage.py demo`: the demo's venue, artist, shows and people; prints who can log in where."""

from __future__ import annotations

import json
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ticketing import demo
from ticketing.clock import utc_now


class Command(BaseCommand):
    """Make or find the demo. Needs the Stripe simulator to be up."""

    help = "Make the demo's venue, artist, shows and people; say who can log in where."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--json: the same for programs."""
        parser.add_argument("--json", action="store_true", help="print one JSON object instead")

    def handle(self, **options: Any) -> None:
        """Make the demo, connect its venue, and say where to look."""
        try:
            made = demo.ensure(now=utc_now())
        except demo.NotADemo as problem:
            raise CommandError(str(problem)) from problem
        if demo.connect(venue=made.venue):
            _complete_onboarding(made.venue.stripe_account_id or "")
            demo.connect(venue=made.venue)
        told = _told(made)
        self.stdout.write(json.dumps(told) if options["json"] else _lines(told))


def _complete_onboarding(account_id: str) -> None:
    """Fill in the simulator's onboarding, as the owner would on Stripe's pages."""
    request = urllib.request.Request(  # noqa: S310  # the simulator's own address, from our environment
        f"{settings.ENV.stripe_api_base}/_sim/accounts/{account_id}",
        data=json.dumps({"action": "complete"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass


def _told(made: demo.Demo) -> dict[str, Any]:
    here = settings.ENV.public_url.rstrip("/")
    return {
        "event": {"id": str(made.event.pk), "slug": made.event.slug, "url": f"{here}/e/{made.event.slug}/"},
        "owner": {
            "email": made.owner.email,
            "password": demo.PASSWORD,
            "url": f"{here}/venue/{made.venue.slug}/e/{made.event.slug}/",
        },
        "artist": {
            "email": made.artist_member.email,
            "password": demo.PASSWORD,
            "url": f"{here}/artist/{made.artist.slug}/",
        },
        "fan": {"email": made.fan.email, "password": demo.PASSWORD, "url": f"{here}/wallet/"},
        "staff": {"email": made.staff.email, "password": demo.PASSWORD, "url": f"{here}/staff/"},
        "door": {"code": made.pairing_code, "url": f"{here}/door/#pair={made.pairing_code}"},
    }


def _lines(told: dict[str, Any]) -> str:
    rows = [f"  show    {told['event']['url']}"]
    for who in ("owner", "artist", "fan", "staff"):
        person = told[who]
        rows.append(f"  {who:<7} {person['url']}  sign in: {person['email']} / {person['password']}")
    rows.append(
        f"  door    {told['door']['url']}  (pairs one phone, for 10 minutes; more from the owner's page)"
    )
    return "\n".join(rows)
