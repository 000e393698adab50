"""`manage.py tasks`: what the background still has to do, what failed and why; and failed ones once more."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from ticketing import background
from ticketing.clock import utc_now


class Command(BaseCommand):
    """List unfinished tasks, or have failed ones tried again."""

    help = (
        "List the background tasks that are not done, with their last error; --again ID... or all: once more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--again: which of the failed."""
        parser.add_argument("--again", nargs="+", metavar="ID", help="failed tasks by id, or the word all")

    def handle(self, **options: Any) -> None:
        """Print one line a task."""
        if options["again"]:
            number = background.try_again(ids=_ids(options["again"]), now=utc_now())
            self.stdout.write(f"{number} will be tried again")
            return
        for row in background.unfinished().iterator():
            self.stdout.write(_line(row))


def _ids(words: list[str]) -> list[UUID] | None:
    if words == ["all"]:
        return None
    try:
        return [UUID(word) for word in words]
    except ValueError as error:
        raise CommandError("--again wants the ids that this command prints, or the word all") from error


def _line(row: background.Row) -> str:
    arguments = ", ".join(map(str, row.args_kwargs["args"]))
    last_words = row.traceback.strip().splitlines()[-1:] or [""]
    return (
        f"{row.pk}  {row.status.lower():8} {len(row.worker_ids):2} attempts  {row.enqueued_at:%Y-%m-%d %H:%M}Z  "
        f"{row.task_path}({arguments})  {last_words[0]}".rstrip()
    )
