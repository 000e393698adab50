"""Calendar files read back by a calendar library."""

from icalendar import Calendar, Event


def only_entry(content: bytes) -> Event:
    """The one entry of a calendar file."""
    [entry] = Calendar.from_ical(content).walk("VEVENT")
    assert isinstance(entry, Event)
    return entry
