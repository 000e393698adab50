"""Moments, both ways. Verbs take `now` as a datetime in UTC; the wire and the log speak UTC milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """The present, for the edges to pass in. Nothing below an edge asks a clock."""
    return datetime.now(UTC)


def millis(moment: datetime) -> int:
    """A datetime as UTC milliseconds."""
    # In whole numbers: a float cannot hold the microseconds of a far year, and would round one second up.
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def millis_or_none(moment: datetime | None) -> int | None:
    """The same of a datetime that may not have come yet."""
    return None if moment is None else millis(moment)


def moment(ms: int) -> datetime:
    """UTC milliseconds as a datetime."""
    return datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
