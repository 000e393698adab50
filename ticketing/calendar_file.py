"""The calendar file (RFC 5545) that puts a show into a fan's own calendar. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from icalendar import STATUS, Calendar, vText
from icalendar import Event as Entry

MEDIA_TYPE = "text/calendar"
METHOD = "PUBLISH"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarShow:
    """One show for one calendar. `uid` stays the same for ever: a later file replaces the entry of an earlier one."""

    uid: str
    title: str
    location: str
    description: str
    url: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool


class _Text(vText):
    """Text on one line, as it is: icalendar 7 takes a backslash and an N within it for an escaped line break."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        return escaped.encode()


def write(show: CalendarShow, *, now: datetime) -> bytes:
    """The file, in UTF-8 with CRLF. Times are UTC: every calendar shows them in its owner's time zone."""
    entry = Entry.new(
        uid=show.uid,
        stamp=now.astimezone(UTC),
        start=show.starts_at.astimezone(UTC),
        end=show.ends_at.astimezone(UTC),
        summary=_Text(_printable(show.title)),
        location=_Text(_printable(show.location)),
        description=show.description,
        url=show.url,
        status=STATUS.CANCELLED if show.cancelled else STATUS.CONFIRMED,
    )
    calendar = Calendar.new(
        prodid="-//NGN//Ticketing//EN", method=METHOD, uid=show.uid, subcomponents=[entry]
    )
    return bytes(calendar.to_ical())


def _printable(text: str) -> str:
    """On one line, without the control characters that the format has no way to write."""
    return " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split())
