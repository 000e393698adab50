"""The gateway's figures for Prometheus: what it counts, handed over once a second.

With several processes behind one address, the library keeps their figures in files (PROMETHEUS_MULTIPROC_DIR, which
`config.serve` sets), so that whichever process is asked tells the sum of all.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import fields

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from realtime.telemetry import Telemetry, telemetry

EVERY_S = 1.0
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_GAUGES = {
    name: Gauge(f"ngn_gateway_{name}", about, multiprocess_mode="livesum")
    for name, about in (
        ("sockets", "open sockets"),
        ("shows", "shows followed, summed over the processes"),
        ("readers", "topics followed, summed over the sockets"),
        ("lag_entries", "entries by which the hubs were behind the logs at their last look"),
    )
}
_COUNTERS = {
    name: Counter(f"ngn_gateway_{name}", about)
    for name, about in (
        ("frames", "frames made"),
        ("deliveries", "frames handed to a socket"),
        ("states_skipped", "states replaced by a newer one before a slow socket took them"),
        ("slow_closes", "readers of facts closed because they could not keep up"),
        ("snapshots", "joins given a snapshot"),
        ("resumes", "joins given what they had missed"),
        ("resyncs", "returning readers that had to begin anew"),
        ("entries", "log entries accepted"),
        ("entries_repaired", "log entries read because their announcement was lost or late"),
        ("messages_refused", "client messages refused"),
        ("too_fast", "sockets closed for sending too fast"),
        ("sockets_rotated", "sockets told to come back because of their age"),
        ("connections_refused", "connections refused because their address had too many"),
        ("requests_late", "HTTP requests that did not come whole in time"),
        ("requests_too_large", "HTTP requests with too long a body"),
        ("log_reads", "reads of log entries from the database"),
        ("layer_failures", "times that the channel layer failed or did not answer"),
    )
}
_VERDICTS = Histogram(
    "ngn_gateway_verdict_seconds",
    "from a scan's message to its verdict",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)
_SLOWEST = Gauge(
    "ngn_gateway_loop_stall_seconds",
    "the event loop's longest stall of the last second",
    multiprocess_mode="livemax",
)


class Reporter:
    """Hands one process's counts to Prometheus."""

    def __init__(self, counted: Telemetry) -> None:
        self._counted = counted
        self._told = dict.fromkeys(_COUNTERS, 0)

    def report(self) -> None:
        """Tell what has come since the last time."""
        for name, gauge in _GAUGES.items():
            gauge.set(getattr(self._counted, name))
        for name, counter in _COUNTERS.items():
            total = getattr(self._counted, name)
            counter.inc(total - self._told[name])
            self._told[name] = total
        answered, self._counted.verdict_s = self._counted.verdict_s, []
        for seconds in answered:
            _VERDICTS.observe(seconds)

    async def keep_reporting(self) -> None:
        """Until cancelled. What this task itself comes too late is the loop's stall."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_S
            await asyncio.sleep(EVERY_S)
            _SLOWEST.set(max(0.0, loop.time() - due))
            self.report()


reporter = Reporter(telemetry)


def text() -> bytes:
    """All figures of all of this machine's processes, in Prometheus' text format."""
    if FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def unreported() -> set[str]:
    """What is counted and told by nothing here; the tests want it empty."""
    return {field.name for field in fields(Telemetry)} - {*_GAUGES, *_COUNTERS, "verdict_s"}
