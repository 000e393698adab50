"""`manage.py gateway_status`: how the gateway does, in a screenful for people."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from prometheus_client.parser import text_string_to_metric_families

PATIENCE_S = 10
_PREFIX = "ngn_"
Figures = dict[str, float]


class Command(BaseCommand):
    """Ask a running web process for its figures and print them."""

    help = (
        "Print what the running gateway counts: sockets, frames, lag, slow closes, verdict times, what waits."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--url: which process, when it is not the one at PUBLIC_URL."""
        parser.add_argument(
            "--url", default=settings.ENV.origin, help="scheme, host and port (default PUBLIC_URL)"
        )

    def handle(self, **options: Any) -> None:
        """Print a line a figure. An error says what to do when nothing can be asked."""
        if urlsplit(options["url"]).scheme not in ("http", "https"):
            raise CommandError("--url is like https://tickets.example.org")
        for line in _lines(_figures(_answer_of(options["url"]))):
            self.stdout.write(line)


def _answer_of(url: str) -> str:
    token = settings.ENV.metrics_token
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urlopen(Request(f"{url.rstrip('/')}/metrics", headers=headers), timeout=PATIENCE_S) as answer:  # noqa: S310  # the operator's own address
            return str(answer.read().decode())
    except HTTPError as refusal:
        raise CommandError(
            f"{url} answers {refusal.code}: away from the machine itself, /metrics wants METRICS_TOKEN"
        ) from refusal
    except (OSError, ValueError) as silence:
        raise CommandError(f"nobody answers at {url}: {silence}") from silence


def _figures(text: str) -> Figures:
    """Our own figures by name; a label stands behind its name in brackets."""
    try:
        samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    except ValueError as error:
        raise CommandError(f"that is no gateway: {error}") from error
    return {
        one.name.removeprefix(_PREFIX) + "".join(f"[{value}]" for value in one.labels.values()): one.value
        for one in samples
        if one.name.startswith(_PREFIX) and not one.name.endswith("_created")
    }


def _lines(figures: Figures) -> Iterator[str]:
    verdicts = {name: value for name, value in figures.items() if "verdict_seconds" in name}
    for name, value in figures.items():
        if name not in verdicts:
            yield f"{name.removeprefix('gateway_'):28} {_number(value):>14}"
    answered = int(verdicts.get("gateway_verdict_seconds_count", 0))
    yield f"{'scans answered':28} {answered:>14,}"
    if answered:
        mean = verdicts["gateway_verdict_seconds_sum"] / answered
        yield f"{'verdict, mean':28} {mean * 1_000:>11.1f} ms"
        yield f"{'verdict, 99 of 100 within':28} {_bound_of(verdicts, 0.99 * answered):>14}"


def _number(value: float) -> str:
    """Counts as they are; what was measured, to a thousandth."""
    return f"{value:,.0f}" if value.is_integer() else f"{value:,.3f}"


def _bound_of(verdicts: Figures, share: float) -> str:
    """The smallest of the histogram's bounds that so many answers keep."""
    bounds = [
        (float(name.rpartition("[")[2].rstrip("]")), value)
        for name, value in verdicts.items()
        if "_bucket" in name
    ]
    bound = min(bound for bound, value in bounds if value >= share)
    return f"{bound * 1_000:,.4g} ms"
