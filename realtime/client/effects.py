"""What goes in and out of a client's session, besides the protocol's own messages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from realtime import protocol as p
from realtime.client.backoff import Pause


class Status(StrEnum):
    """How the connection is. `connecting` turns `offline` when it takes long."""

    CONNECTING = "connecting"
    LIVE = "live"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """How a device is: scans that no server has acknowledged yet, battery from 0 to 1, whether its camera runs."""

    unsent: int
    battery: float | None = None
    scanning: bool | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """`wall` is UTC milliseconds by this machine's clock, `monotonic` milliseconds that never jump."""

    wall: float
    monotonic: float


@dataclass(frozen=True, slots=True)
class Send:
    """Send this message."""

    message: p.ClientMessage


@dataclass(frozen=True, slots=True)
class Tell:
    """Hand this on to the reader of its topic."""

    message: p.TopicSnapshot | p.TopicFact | p.TopicState | p.TopicPresence


@dataclass(frozen=True, slots=True)
class TellResumed:
    """After a drop: all that was missed has been told by now; it was so many entries."""

    topic: str
    missed: int


@dataclass(frozen=True, slots=True)
class CloseTopic:
    """Nothing more will come of this topic, for this reason."""

    topic: str
    code: p.ErrorCode


@dataclass(frozen=True, slots=True)
class Reconnect:
    """This socket is of no more use: leave it and open another at a random moment of the pause."""

    pause: Pause


@dataclass(frozen=True, slots=True)
class End:
    """Leave the socket and open no other, for this reason."""

    code: p.ErrorCode


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a scan, an undo or a drain."""

    message: p.VerdictGiven | p.UndoAnswered | p.Drained


@dataclass(frozen=True, slots=True)
class Unanswered:
    """There will be no answer: the connection is gone, or (`code`) the server refused."""

    ref: int
    code: p.ErrorCode | None = None


Effect = Send | Tell | TellResumed | CloseTopic | Reconnect | End | Answered | Unanswered
