"""A scan as the door phone tells it: a fact with its own id, not a request."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

_SAFE = 2**53 - 1  # the largest integer that every client's numbers hold exactly

ScanId = Annotated[
    str,
    msgspec.Meta(
        pattern="^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        max_length=36,  # Python's `$` also matches before a line's end
        description="UUIDv7 made by the device",
    ),
]
# A phone's wildest clock still has to fit a database's calendar: year 9999 is the end of it.
ScannedAt = Annotated[
    int,
    msgspec.Meta(
        ge=0, le=253_402_300_799_000, description="UTC milliseconds, corrected to the server's clock"
    ),
]


ClockOffset = Annotated[int, msgspec.Meta(ge=-_SAFE, le=_SAFE, description="server clock minus device clock")]
DeviceSeq = Annotated[int, msgspec.Meta(ge=1, le=_SAFE, description="the phone's own count, without holes")]


class Decision(StrEnum):
    """What the phone did: asked the server, or decided by itself. Weakest first: of several told under one id, the
    strongest is what happened.

    `unknown`: the phone was killed in mid-scan, and nobody knows what it showed. `admitted_manually`: somebody came in
    by an Order ID, without a code.
    """

    ASKED = "asked"
    UNKNOWN = "unknown"
    REFUSED_OFFLINE = "refused_offline"
    ADMITTED_OFFLINE = "admitted_offline"
    ADMITTED_MANUALLY = "admitted_manually"


class Outcome(StrEnum):
    """What became of a scan, once all facts of its order are taken together (`ticketing.outcome`)."""

    TURNED_AWAY = "turned_away"
    REDEMPTION = "redemption"
    SECOND = "second"
    UNDONE = "undone"
    TICKET_CLOSED = "ticket_closed"
    AFTER_REVOCATION = "after_revocation"
    BEYOND_ORDER = "beyond_order"
    ORDER_UNKNOWN = "order_unknown"
    CODE_UNKNOWN = "code_unknown"
    UNKNOWN = "unknown"


class ScanFact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scan as the phone keeps it in its journal: a fact, not a request."""

    scan_id: ScanId
    device_seq: DeviceSeq
    code: Annotated[
        str,
        msgspec.Meta(max_length=512, description="what the camera read, or the Order ID as typed; untouched"),
    ]
    scanned_at: ScannedAt
    clock_offset_ms: ClockOffset
    decision: Decision
    admits: Annotated[
        int, msgspec.Meta(ge=1, le=255, description="people let in by an Order ID; 1 for a code")
    ] = 1


class UndoFact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An admission taken back at the phone that made it: a fact with an id of its own, in the same count as scans."""

    undo_id: ScanId
    scan_id: ScanId
    device_seq: DeviceSeq
    undone_at: ScannedAt
    clock_offset_ms: ClockOffset


class UndoRefusal(StrEnum):
    """Why an admission stands although somebody took it back."""

    NOT_THIS_DEVICE = "not_this_device"
    NOT_AN_ADMISSION = "not_an_admission"
    ALREADY_UNDONE = "already_undone"
    TOO_LATE = "too_late"
