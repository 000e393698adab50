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


class Decision(StrEnum):
    """What the phone did with a scan: asked the server, or decided by its own manifest."""

    ASKED = "asked"
    ADMITTED_OFFLINE = "admitted_offline"
    REFUSED_OFFLINE = "refused_offline"


class ScanFact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scan as the phone keeps it in its journal: a fact, not a request."""

    scan_id: ScanId
    device_seq: Annotated[
        int, msgspec.Meta(ge=1, le=_SAFE, description="the phone's own count, without holes")
    ]
    code: Annotated[str, msgspec.Meta(max_length=512, description="what the camera read, untouched")]
    scanned_at: ScannedAt
    clock_offset_ms: Annotated[
        int, msgspec.Meta(ge=-_SAFE, le=_SAFE, description="server clock minus device clock")
    ]
    decision: Decision
