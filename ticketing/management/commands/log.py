"""`manage.py log`: the shows' logs looked at, archived, brought back, and begun anew."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from ticketing import retention
from ticketing.clock import utc_now
from ticketing.models import LogHead

KEPT_DAYS = 540
"""Longer than a bank may take to ask for a payment back: until then the scans in the log are evidence."""


class Command(BaseCommand):
    """One word says what: verify, archive, restore or new-epoch."""

    help = "Look at the shows' logs, archive those of old shows, bring archives back, begin a new epoch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The four words and what each wants to know."""
        words = parser.add_subparsers(dest="word", required=True)
        words.add_parser("verify", help="look at every show's log; exit 1 when one has a hole")
        archive = words.add_parser(
            "archive", help="write the logs of shows long over to files, and take them out"
        )
        archive.add_argument("folder", type=Path)
        archive.add_argument(
            "--kept-days", type=int, default=KEPT_DAYS, help=f"days after a show's end (default {KEPT_DAYS})"
        )
        restore = words.add_parser("restore", help="put archived entries back")
        restore.add_argument("files", nargs="+", type=Path)
        epoch = words.add_parser("new-epoch", help="make every reader start again: history was rewritten")
        epoch.add_argument("event", type=UUID, nargs="?", help="one show; without it, all of them")

    def handle(self, **options: Any) -> None:
        """Do what the word says, a line for each show."""
        match options["word"]:
            case "verify":
                self._verify()
            case "archive":
                self._archive(options["folder"], options["kept_days"])
            case "restore":
                self._restore(options["files"])
            case _:
                self._begin_new_epoch(options["event"])

    def _verify(self) -> None:
        standings = retention.standings()
        faults = [standing for standing in standings if standing.fault]
        for standing in faults:
            self.stdout.write(f"{standing.event_id}  {standing.title}: {standing.fault}")
        self.stdout.write(f"{len(standings)} logs, {len(faults)} with holes")
        if faults:
            sys.exit(1)

    def _archive(self, folder: Path, kept_days: int) -> None:
        if kept_days < 0:
            raise CommandError("--kept-days is not a number of days")
        due = retention.over_since(utc_now() - timedelta(days=kept_days))
        if not due:
            self.stdout.write(f"no show that has been over for {kept_days} days has entries here")
        for event_id in due:
            try:
                span = retention.archive(event_id=event_id, folder=folder)
            except (OSError, retention.BadArchive) as error:
                raise CommandError(f"{event_id} stays in the database: {error}") from error
            if span is not None:
                self.stdout.write(f"{event_id}: entries {span.first} to {span.last} are in {span.file}")

    def _restore(self, files: list[Path]) -> None:
        for file in files:
            try:
                span = retention.bring_back(file)
            except retention.BadArchive as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"{span.event_id}: entries {span.first} to {span.last} are here (again)")

    def _begin_new_epoch(self, event_id: UUID | None) -> None:
        number = retention.begin_new_epoch(event_id=event_id)
        if event_id is not None and not LogHead.objects.filter(event_id=event_id).exists():
            raise CommandError(f"there is no show {event_id}")
        self.stdout.write(f"new epochs: {number}; every reader starts again from a snapshot")
