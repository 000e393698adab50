"""What is on, as anyone sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import NOW, a_hold, a_paid_order, a_show, a_venue, an_artist
from ticketing import catalogue, events
from ticketing.domain_events import EventStatus
from ticketing.events import NewTicketType
from ticketing.models import Event

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def page_of(event: Event) -> catalogue.EventPage:
    page = catalogue.event_page(event.slug)
    assert page is not None
    return page


def test_a_page_tells_the_price_the_fee_and_the_total_of_one_ticket() -> None:
    [kind] = page_of(a_show()).types

    assert (kind.split.base, kind.split.fee, kind.split.total) == (2_000, 200, 2_200)


def test_a_limit_for_one_fan_is_the_most_of_each_order_too() -> None:
    event = a_show(types=(NewTicketType(name="GA", price=2_000, allocation=10, per_order_limit=8),))
    unlimited = page_of(event)

    events.set_fan_limit(event_id=event.pk, limit=3)
    limited = page_of(event)
    events.set_fan_limit(event_id=event.pk, limit=20)
    wide = page_of(event)

    told = [(page.per_fan_limit, page.types[0].per_order_limit) for page in (unlimited, limited, wide)]
    assert told == [(None, 8), (3, 3), (20, 8)]


def test_a_page_counts_what_can_be_bought_now() -> None:
    event = a_show(types=(NewTicketType(name="GA", price=1, allocation=10),))
    a_hold(event, quantity=2)
    a_paid_order(event, quantity=3)

    page = page_of(event)

    assert (page.left, page.types[0].left, page.sold_out) == (5, 5, False)


def test_a_show_is_sold_out_when_all_is_paid_and_not_before() -> None:
    event = a_show(types=(NewTicketType(name="GA", price=1, allocation=3),))
    a_paid_order(event, quantity=2)
    a_hold(event, quantity=1)
    held = page_of(event)
    sold = a_show(types=(NewTicketType(name="GA", price=1, allocation=2),))
    a_paid_order(sold, quantity=2)

    assert (held.left, held.sold_out) == (0, False)
    assert (page_of(sold).left, page_of(sold).sold_out) == (0, True)


def test_a_page_names_its_artists_its_venue_and_its_time_zone() -> None:
    venue, artist = a_venue(), an_artist()

    page = page_of(a_show(venue=venue, artists=(artist,)))

    assert (page.artists, page.venue, page.time_zone.key) == (
        (artist.name,),
        venue.name,
        "America/Los_Angeles",
    )


@pytest.mark.parametrize("slug", ["", "nowhere", "x" * 300, "\ud7ff"])
def test_an_unknown_address_has_no_page(slug: str) -> None:
    a_show()

    assert catalogue.event_page(slug) is None


def test_a_draft_has_no_page() -> None:
    assert catalogue.event_page(a_show(on_sale=False).slug) is None


@pytest.mark.parametrize("status", [EventStatus.PAUSED, EventStatus.ENDED, EventStatus.CANCELLED])
def test_a_published_show_keeps_its_page_whatever_becomes_of_it(status: EventStatus) -> None:
    event = a_show()
    events.set_status(event_id=event.pk, status=status, now=NOW)

    assert page_of(event).status is status


def test_the_shows_on_sale_come_soonest_first_and_without_those_that_are_over() -> None:
    later, sooner = a_show(doors_at=NOW + timedelta(days=2)), a_show(doors_at=NOW + timedelta(days=1))
    a_show(doors_at=NOW - timedelta(days=1))
    a_show(on_sale=False)
    paused = a_show()
    events.set_status(event_id=paused.pk, status=EventStatus.PAUSED, now=NOW)

    listed = catalogue.shows_on_sale(now=NOW)

    assert [page.slug for page in listed] == [sooner.slug, later.slug]
    assert len(catalogue.shows_on_sale(now=NOW, limit=1)) == 1


def test_a_venue_that_cannot_be_paid_is_told_on_the_page() -> None:
    assert not page_of(a_show(venue=a_venue(ready=False))).venue_ready
