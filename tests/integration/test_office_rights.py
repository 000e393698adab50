"""Whose the office's pages are: every one of them, asked for by everybody who has no business there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern

from dashboards import office_urls
from tests.factories import a_member, a_paid_order, a_show, a_user, a_venue, an_artist
from ticketing.domain_events import EventStatus
from ticketing.models import Event, Order, Refund, Role, User, Venue

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class House:
    """A venue with a show and an order."""

    venue: Venue
    event: Event
    order: Order

    def address(self, pattern: URLPattern) -> str:
        """The page's address, every part of it real but the ids of what this order does not have."""
        text = str(pattern.pattern)
        parts = {
            "<slug:slug>": self.venue.slug,
            "<slug:event_slug>": self.event.slug,
            "<str:number>": str(self.order),
            "<uuid:type_id>": str(self.event.ticket_types.get().pk),
            "<uuid:refund_id>": str(uuid4()),
            "<uuid:dispute_id>": str(uuid4()),
        }
        for part, value in parts.items():
            text = text.replace(part, value)
        assert "<" not in text, text
        return f"/{text}"


@pytest.fixture
def house() -> House:
    owner = a_user()
    venue = a_venue(owner=owner)
    artist = an_artist(member=a_user(email="owl@example.org"))
    event = a_show(venue=venue, artists=(artist,))
    Venue.objects.filter(pk=venue.pk).update(stripe_account_id=None)  # so that no page has to ask Stripe
    return House(venue=venue, event=event, order=a_paid_order(event))


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def other_owner(_house: House) -> User:
    owner = a_user()
    a_show(venue=a_venue(owner=owner))
    return owner


def the_fan(house: House) -> User:
    return house.order.purchaser


def the_artist(house: House) -> User:
    return User.objects.get(email="owl@example.org")


def door_person(house: House) -> User:
    return a_member(house.venue, Role.DOOR)


def manager(house: House) -> User:
    return a_member(house.venue, Role.MANAGER)


PAGES = {str(pattern.name): pattern for pattern in office_urls.urlpatterns}
POSTED = {
    "payments-connect",
    "payments-express",
    "payments-refunds",
    "refund",
    "allocate-refund",
    "make-good",
    "dispute-evidence",
    "change-terms",
    "fan-limit",
    "show-status",
}
OWNERS_ONLY = {"payments-connect", "payments-express", "payments-refunds", "cancel-show", "make-good"}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("who", [other_owner, the_fan, the_artist, door_person])
def test_to_who_has_no_business_there_the_page_does_not_exist(
    house: House, name: str, who: Callable[[House], User]
) -> None:
    client, address = signed_in(who(house)), house.address(PAGES[name])

    assert client.post(address).status_code in ((404,) if name in POSTED else (404, 405))
    if name not in POSTED:
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_who_is_not_signed_in_is_asked_to(house: House, name: str) -> None:
    response = Client().get(house.address(PAGES[name]))

    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("name", sorted(PAGES.keys() - POSTED - OWNERS_ONLY - {"cancel-progress"}))
def test_a_manager_sees_the_money_too(house: House, name: str) -> None:
    response = signed_in(manager(house)).get(house.address(PAGES[name]))

    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("name", sorted(OWNERS_ONLY))
def test_the_money_settings_and_calling_a_show_off_are_the_owners(house: House, name: str) -> None:
    response = signed_in(manager(house)).post(house.address(PAGES[name]), {"title": house.event.title})

    assert response.status_code == 404
    house.event.refresh_from_db()
    assert house.event.status == EventStatus.ON_SALE


@pytest.mark.parametrize("name", sorted(POSTED))
def test_what_changes_something_is_a_form_of_this_site(house: House, name: str) -> None:
    owner = house.venue.members.get()
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(owner)

    assert forged.post(house.address(PAGES[name])).status_code == 403
    assert signed_in(owner).get(house.address(PAGES[name])).status_code == 405


def test_another_shows_order_is_not_found_under_ones_own(house: House) -> None:
    other = a_paid_order(a_show(venue=a_venue()))
    under = f"/venue/{house.venue.slug}/e/{house.event.slug}/orders/{other}/"
    client = signed_in(house.venue.members.get())

    assert client.get(under).status_code == 404
    assert client.post(f"{under}refund/", {"ticket": str(other.tickets.get().pk)}).status_code == 404
    assert not Refund.objects.exists()


@pytest.mark.parametrize("number", ["nothing", "7Q4M2-XK9TD-4", "%00", "a" * 300])
def test_an_unknown_order_is_not_found(house: House, number: str) -> None:
    client = signed_in(house.venue.members.get())

    assert client.get(f"/venue/{house.venue.slug}/e/{house.event.slug}/orders/{number}/").status_code == 404


@pytest.mark.parametrize("path", ["refund/{id}/tickets/", "refund/{id}/made-good/", "dispute/{id}/evidence/"])
def test_another_orders_refunds_and_disputes_are_not_found(house: House, path: str) -> None:
    address = f"/venue/{house.venue.slug}/e/{house.event.slug}/orders/{house.order}/{path.format(id=uuid4())}"

    assert signed_in(house.venue.members.get()).post(address).status_code == 404
