"""Moments, both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import example, given
from hypothesis import strategies as st

from ticketing import clock

LAST_MS = 253_402_300_799_000  # the end of year 9999


def test_the_present_is_in_utc() -> None:
    assert clock.utc_now().utcoffset() == timedelta(0)


@given(st.integers(0, LAST_MS))
def test_milliseconds_become_a_moment_and_the_same_milliseconds_again(ms: int) -> None:
    assert clock.millis(clock.moment(ms)) == ms


@example(datetime(3059, 1, 1, 0, 0, 0, 999_997, tzinfo=UTC))
@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001  # Hypothesis adds the zone
def test_a_moment_loses_less_than_a_millisecond_and_never_moves_forward(moment: datetime) -> None:
    kept = clock.moment(clock.millis(moment))

    assert timedelta(0) <= moment - kept < timedelta(milliseconds=1)


def test_a_moment_elsewhere_is_the_same_moment() -> None:
    elsewhere = datetime(2026, 11, 22, 12, 0, 0, 1_999, tzinfo=timezone(timedelta(hours=-8)))

    assert clock.moment(clock.millis(elsewhere)) == datetime(2026, 11, 22, 20, 0, 0, 1_000, tzinfo=UTC)


def test_what_has_not_come_yet_has_no_milliseconds() -> None:
    assert clock.millis_or_none(None) is None
    assert clock.millis_or_none(clock.moment(5)) == 5
