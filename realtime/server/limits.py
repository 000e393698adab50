"""What a stranger may cost this process. One value, so that a test or an unusual place can turn a single knob."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from realtime.protocol import MAX_CLIENT_MESSAGE_BYTES


class BadLimit(ValueError):
    """There is no such limit, or its value is no number; the message says which."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds end in `_s`, sizes in `_bytes`; the others are counts."""

    connections_per_address: int = 6_000
    """A whole venue may share one address: its fans' pages, its office and its door. 0 is no limit."""
    header_s: float = 10.0
    """From the connection, or a request's first byte, to the end of its headers; however busily it trickles."""
    body_s: float = 30.0
    """From there to the end of its body."""
    keep_alive_s: float = 75.0
    """A connection that has had its answer and asks nothing more."""
    flush_s: float = 60.0
    """How long the rest of an answer may take to be read once its connection is to end."""
    body_bytes: int = 262_144
    """The biggest thing that anybody sends: a webhook, or a form. What is longer is refused as it comes."""
    frame_bytes: int = 2 * MAX_CLIENT_MESSAGE_BYTES
    """A websocket message, and each frame of it. Twice the protocol's own limit, whose refusal says more."""
    handshake_s: float = 30.0
    """A storm of reconnecting phones waits its turn for this long."""
    waiting_messages: int = 128
    """How many messages of one socket may wait for their turn: four times what a client should send unanswered."""
    waiting_bytes: int = 8 * MAX_CLIENT_MESSAGE_BYTES
    """How much of one socket may wait for its turn."""
    stranger_per_s: float = 20.0
    """What anybody's socket may go on sending: messages, and one more for each KiB of them."""
    stranger_burst: float = 200.0
    """What it may send at once before that."""
    device_per_s: float = 2_000.0
    """The same for a paired door phone: more than this server can judge, so that a drain is never cut."""
    device_burst: float = 4_000.0
    """A full journal in one go."""
    rotate_s: float = 6 * 3600.0
    """A socket's longest life; the shortest is two thirds of it. Then it is told to come back."""
    drain_s: float = 8.0
    """How long an ending process goes on answering what was asked before."""
    fans_spread_s: float = 10.0
    """Over how long the fans' sockets come back after an end; so nobody meets a herd."""
    devices_spread_s: float = 1.0
    """The same for door phones, which are few and in a hurry."""

    def with_changes(self, changes: Iterable[str]) -> Limits:
        """The limits with `name=number` changes made. Raises BadLimit."""
        changed = self
        for change in changes:
            changed = changed._with_one(change)
        return changed

    def _with_one(self, change: str) -> Limits:
        name, _, number = change.partition("=")
        if name not in {field.name for field in fields(self)}:
            raise BadLimit(f"there is no limit {name!r}; there are {', '.join(f.name for f in fields(self))}")
        try:
            value = type(getattr(self, name))(number)
        except ValueError:
            raise BadLimit(f"{number!r} is no number for the limit {name}") from None
        return replace(self, **{name: value})
