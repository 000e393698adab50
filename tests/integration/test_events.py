"""Shows: made whole or not at all, published and paused, each change in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories import NOW, a_show, a_venue, an_artist
from tests.race import times
from ticketing import events, log
from ticketing.clock import millis
from ticketing.domain_events import EventStatus, EventStatusChanged
from ticketing.events import EventRefusal, NewTicketType
from ticketing.models import Event, LogEntry, LogHead, TicketType, Venue

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
GA = NewTicketType(name="General admission", price=2_000, allocation=100)


def create(**changes: Any) -> Event | EventRefusal:
    wish: dict[str, Any] = {
        "venue": a_venue(),
        "artists": (),
        "title": "Nocturne",
        "slug": "nocturne",
        "doors_at": NOW,
        "starts_at": NOW + timedelta(hours=1),
        "ends_at": NOW + timedelta(hours=5),
        "capacity": 100,
        "ticket_types": (GA,),
    }
    return events.create(**{**wish, **changes})


def without_a_fee() -> Venue:
    venue = a_venue()
    venue.fee_fixed = 0
    venue.save()
    return venue


def test_a_price_is_low_enough_to_be_refused_only_with_ngns_fee_on_it() -> None:
    with_a_fee = create(ticket_types=(replace(GA, price=1),))
    free = create(venue=without_a_fee(), slug="free", ticket_types=(replace(GA, price=0),))
    least = create(venue=without_a_fee(), slug="least", ticket_types=(replace(GA, price=50),))

    assert [type(made) for made in (with_a_fee, free, least)] == [Event, Event, Event]


def test_a_new_show_is_a_draft_with_its_types_in_order_and_an_empty_log() -> None:
    artist = an_artist()
    vip = NewTicketType(name="A box", price=9_000, allocation=4, per_order_limit=2)

    event = create(artists=(artist,), ticket_types=(GA, vip), capacity=104)

    assert isinstance(event, Event)
    assert (event.status, event.artists.get()) == (EventStatus.DRAFT, artist)
    kinds = event.ticket_types.order_by("position")
    assert [(k.name, k.price, k.allocation, k.per_order_limit) for k in kinds] == [
        ("General admission", 2_000, 100, 8),
        ("A box", 9_000, 4, 2),
    ]
    head = log.head(event.pk)
    assert head is not None
    assert head.seq == 0


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"ticket_types": ()}, EventRefusal.NO_TICKETS),
        ({"capacity": 99}, EventRefusal.BEYOND_CAPACITY),
        ({"doors_at": NOW + timedelta(hours=2)}, EventRefusal.TIMES_OUT_OF_ORDER),
        ({"ends_at": NOW + timedelta(hours=1)}, EventRefusal.TIMES_OUT_OF_ORDER),
        ({"ends_at": NOW + timedelta(hours=40)}, EventRefusal.DOOR_WINDOW_TOO_LONG),
        ({"venue": without_a_fee, "ticket_types": (replace(GA, price=49),)}, EventRefusal.PRICE_TOO_LOW),
    ],
    ids=lambda value: value.value if isinstance(value, EventRefusal) else "",
)
def test_a_show_that_cannot_be_is_refused_and_leaves_nothing(
    changes: dict[str, Any], refusal: EventRefusal
) -> None:
    made = {name: value() if callable(value) else value for name, value in changes.items()}

    assert create(**made) is refusal
    assert [model for model in (Event, TicketType, LogHead) if model.objects.exists()] == []


def test_the_longest_door_window_is_just_short_of_what_four_digits_count() -> None:
    event = create(ends_at=NOW + timedelta(hours=39, minutes=39))

    assert isinstance(event, Event)
    assert event.chain.steps <= 9_999


def test_a_door_window_runs_from_an_hour_before_doors_to_an_hour_after_the_end() -> None:
    event = create()

    assert isinstance(event, Event)
    assert event.window_starts_ms == millis(NOW - timedelta(hours=1))
    assert event.chain.steps == 7 * 3_600 // 15


def test_a_change_of_status_is_logged_once() -> None:
    event = a_show(on_sale=False)

    changes = [
        events.set_status(event_id=event.pk, status=status, now=NOW)
        for status in (EventStatus.ON_SALE, EventStatus.ON_SALE, EventStatus.PAUSED)
    ]

    assert changes == [True, False, True]
    told = [entry.happened for entry in log.read(event_id=event.pk, since=0, limit=9)]
    assert told == [
        EventStatusChanged(status=status, at=millis(NOW))
        for status in (EventStatus.ON_SALE, EventStatus.PAUSED)
    ]


def test_ten_people_who_publish_a_show_at_once_publish_it_once() -> None:
    event = a_show(on_sale=False)

    outcomes = times(10, lambda: events.set_status(event_id=event.pk, status=EventStatus.ON_SALE, now=NOW))

    assert sorted(outcomes) == [False] * 9 + [True]
    assert LogEntry.objects.filter(event=event).count() == 1


def test_a_chain_of_another_epoch_is_another_chain() -> None:
    event = a_show()
    before = event.chain

    event.door_epoch += 1

    assert event.chain.salt != before.salt
    assert event.chain.steps == before.steps


def test_moments_in_any_zone_give_the_same_window() -> None:
    elsewhere = datetime.fromisoformat("2026-11-22T12:00:00-08:00")

    event = create(doors_at=elsewhere)

    assert isinstance(event, Event)
    assert event.window_starts_ms == millis(NOW - timedelta(hours=1))
