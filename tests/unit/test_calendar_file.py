"""The calendar file, read back by a calendar library and looked at byte by byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Event

from tests.calendars import only_entry
from ticketing import calendar_file
from ticketing.calendar_file import CalendarShow

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
SHOW = CalendarShow(
    uid="order.1@example.org",
    title="The Midnight Owls",
    location="The Crocodile, Seattle",
    description="Order ID 7Q4M2-XK9TD-3.",
    url="https://example.org/e/owls/?a=b,c;d",
    starts_at=NOW,
    ends_at=NOW + timedelta(hours=4),
    cancelled=False,
)


def read_back(show: CalendarShow) -> Event:
    return only_entry(calendar_file.write(show, now=NOW))


def test_a_calendar_reads_what_was_written() -> None:
    entry = read_back(SHOW)

    assert entry["SUMMARY"] == SHOW.title
    assert entry["LOCATION"] == SHOW.location
    assert entry["DESCRIPTION"] == SHOW.description
    assert entry["URL"] == SHOW.url
    assert entry["UID"] == SHOW.uid
    assert (entry.start, entry.end, entry.DTSTAMP) == (NOW, SHOW.ends_at, NOW)
    assert entry["STATUS"] == "CONFIRMED"


def test_times_are_written_in_utc_whatever_zone_they_come_in() -> None:
    seattle = ZoneInfo("America/Los_Angeles")
    show = replace(SHOW, starts_at=NOW.astimezone(seattle), ends_at=SHOW.ends_at.astimezone(seattle))

    lines = calendar_file.write(show, now=NOW.astimezone(seattle)).decode().split("\r\n")

    assert {"DTSTART:20261122T200000Z", "DTEND:20261123T000000Z", "DTSTAMP:20261122T200000Z"} <= set(lines)


def test_a_cancelled_show_says_so() -> None:
    assert read_back(replace(SHOW, cancelled=True))["STATUS"] == "CANCELLED"


def test_it_is_a_calendar_of_its_own_that_names_its_maker() -> None:
    text = calendar_file.write(SHOW, now=NOW).decode()

    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//NGN//Ticketing//EN\r\n")
    assert "\r\nMETHOD:PUBLISH\r\n" in text
    assert text.endswith("END:VCALENDAR\r\n")


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Owls\r\nEND:VEVENT", "Owls END:VEVENT"),
        ("Owls\x00 \x07at\x1b night", "Owls at night"),
        (" Owls  \t at\u2028night ", "Owls at night"),
    ],
)
def test_a_title_stays_on_its_line(title: str, shown: str) -> None:
    assert read_back(replace(SHOW, title=title))["SUMMARY"] == shown


@example("Owls\\Night")
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200))
def test_any_title_comes_back_whole_from_lines_of_75_bytes(title: str) -> None:
    show = replace(SHOW, title=title, location=title)

    lines = calendar_file.write(show, now=NOW).split(b"\r\n")

    entry = read_back(show)
    assert entry["SUMMARY"] == entry["LOCATION"] == " ".join(title.split())
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert [line.decode() for line in lines]  # no character is cut in two
