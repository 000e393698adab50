"""What the gateway counts of itself: plain integers, since they are counted in its hottest loops.

One per process. `realtime.metrics` hands them to Prometheus once a second; nothing else reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Telemetry:
    """Counters only grow; what is marked (now) goes both ways."""

    sockets: int = 0
    """Open sockets (now)."""
    shows: int = 0
    """Shows that this process follows (now)."""
    readers: int = 0
    """Topics followed, summed over the sockets (now)."""
    frames: int = 0
    """Frames made: one per entry or state, audience and protocol version."""
    deliveries: int = 0
    """Frames handed to a socket."""
    states_skipped: int = 0
    """States that a newer one replaced before a slow socket could take them."""
    slow_closes: int = 0
    """Readers of facts that were closed because they could not keep up."""
    snapshots: int = 0
    """Joins that were given a snapshot."""
    resumes: int = 0
    """Joins that were given what they had missed."""
    resyncs: int = 0
    """Returning readers that had to begin anew: too far behind, or another epoch."""
    entries: int = 0
    """Log entries accepted."""
    entries_repaired: int = 0
    """Of these, entries read from the log because their announcement was lost or late."""
    lag_entries: int = 0
    """How far the hub was behind the logs' ends at its last look, summed over the shows (now)."""
    messages_refused: int = 0
    """Client messages that were refused."""
    too_fast: int = 0
    """Sockets closed because they sent faster than allowed."""
    sockets_rotated: int = 0
    """Sockets told to come back because they had been open for hours."""
    connections_refused: int = 0
    """Connections refused because their address had too many already."""
    requests_late: int = 0
    """HTTP requests that did not come whole in time."""
    requests_too_large: int = 0
    """HTTP requests with a longer body than anybody's is."""
    log_reads: int = 0
    """Reads of entries from the database: a hole, or somebody who was away for long."""
    layer_failures: int = 0
    """Times that the channel layer failed or did not answer."""
    verdict_s: list[float] = field(default_factory=list)
    """How long each answered scan took, from its message to its verdict, since these were last handed over."""

    def answered_scan(self, seconds: float) -> None:
        """A scan was answered over a socket, in so many seconds."""
        self.verdict_s.append(seconds)


telemetry = Telemetry()
