"""The pages on which a venue sets its tickets, pauses its sales, and calls a show off."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import a_hold, a_member, a_paid_order, a_show, a_user, a_venue
from tests.money import Money, money_at
from tests.stripe_simulator import StripeSimulator
from ticketing import cancellation, events, refunds, venues
from ticketing.domain_events import EventStatus
from ticketing.events import NewTicketType
from ticketing.models import (
    Event,
    Order,
    OrderStatus,
    Refund,
    RefundStatus,
    Role,
    TicketType,
    Venue,
    VenueMembership,
)

TYPES = (
    NewTicketType(name="General admission", price=2_000, allocation=100),
    NewTicketType(name="Balcony", price=3_500, allocation=50),
)


@pytest.fixture
def event() -> Event:
    return a_show(venue=a_venue(owner=a_user()), types=TYPES)


def office(event: Event) -> Client:
    client = Client()
    client.force_login(event.venue.members.get(venue_memberships__role=Role.OWNER))
    return client


def address(event: Event, path: str = "tickets/") -> str:
    return f"/venue/{event.venue.slug}/e/{event.slug}/{path}"


def general(event: Event) -> TicketType:
    return event.ticket_types.get(name="General admission")


def save(event: Event, price: str, allocation: str) -> Any:
    return office(event).post(
        address(event, f"tickets/{general(event).pk}/"), {"price": price, "allocation": allocation}
    )


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", str(response.content.decode()).replace("&#x27;", "'"))


@pytest.mark.django_db
class TestTerms:
    def test_the_page_tells_price_fee_and_what_is_taken(self, event: Event) -> None:
        a_paid_order(event, quantity=3)
        a_hold(event, quantity=2)

        page = text_of(office(event).get(address(event)))

        assert "The fan pays $22.00: your $20.00 + $2.00 fee." in page
        assert "<strong>3</strong> sold, <strong>2</strong> being paid for, <strong>95</strong> left" in page
        assert 'min="5"' in page

    def test_price_and_allocation_change_live(self, event: Event) -> None:
        assert save(event, "$25.50", "120").status_code == 303

        assert (general(event).price, general(event).allocation) == (2_550, 120)

    @pytest.mark.parametrize(
        "price", ["", "x", "-1", "20,00", "20.005", "1e3", "1000000.00", "٢٠", "20.", "\x00"]
    )
    def test_what_is_no_amount_is_named_beside_its_field_and_kept(self, event: Event, price: str) -> None:
        response = save(event, price, "90")

        assert response.status_code == 422
        assert "Write an amount like 20.00" in text_of(response)
        assert 'value="90"' in text_of(response)
        assert general(event).allocation == 100

    @pytest.mark.parametrize("allocation", ["", "x", "-1", "1.5", "1000001", "9" * 30, "٣"])
    def test_what_is_no_count_is_named_beside_its_field_and_kept(self, event: Event, allocation: str) -> None:
        response = save(event, "21.00", allocation)

        assert response.status_code == 422
        assert "Write a whole number of tickets" in text_of(response)
        assert 'value="21.00"' in text_of(response)
        assert general(event).price == 2_000

    def test_fewer_than_are_taken_is_refused_with_the_number(self, event: Event) -> None:
        a_paid_order(event, quantity=3)
        a_hold(event, quantity=2)

        response = save(event, "20.00", "4")

        assert response.status_code == 409
        assert "5 are sold or being paid for: it cannot be fewer." in text_of(response)

    def test_more_than_the_house_holds_is_refused_with_the_room(self, event: Event) -> None:
        response = save(event, "20.00", "9951")

        assert response.status_code == 409
        assert "9950 at most for this kind" in text_of(response)

    def test_what_stripe_does_not_charge_is_refused_with_the_lowest_price(self, event: Event) -> None:
        Venue.objects.filter(pk=event.venue_id).update(fee_fixed=0, fee_basis_points=1_000)

        too_low, lowest = save(event, "0.44", "90"), save(event, "0.45", "90")

        page = text_of(too_low)
        assert (too_low.status_code, lowest.status_code) == (409, 303)
        assert "Too little for Stripe to charge: 0.45 at least, or 0 for a free ticket." in page
        assert 'value="0.44"' in page
        assert general(event).price == 45

    def test_saving_what_it_is_already_says_so(self, event: Event) -> None:
        assert "That is what it is already" in text_of(save(event, "20.00", "100"))

    def test_another_shows_kind_is_not_changed_here(self, event: Event) -> None:
        other = general(a_show(types=TYPES))

        response = office(event).post(
            address(event, f"tickets/{other.pk}/"), {"price": "1.00", "allocation": "1"}
        )

        assert response.status_code == 409
        other.refresh_from_db()
        assert (other.price, other.allocation) == (2_000, 100)

    def test_a_manager_may_too(self, event: Event) -> None:
        client = Client()
        client.force_login(a_member(event.venue, Role.MANAGER))

        response = client.post(
            address(event, f"tickets/{general(event).pk}/"), {"price": "0", "allocation": "100"}
        )

        assert response.status_code == 303
        assert general(event).price == 0


@pytest.mark.django_db
class TestOneFan:
    @pytest.mark.parametrize(("typed", "limit"), [("4", 4), (" 10 ", 10), ("", None)])
    def test_the_limit_is_set_and_lifted(self, event: Event, typed: str, limit: int | None) -> None:
        assert office(event).post(address(event, "tickets/limit/"), {"limit": typed}).status_code == 303

        event.refresh_from_db()
        assert event.per_fan_limit == limit

    @pytest.mark.parametrize("typed", ["0", "-1", "x", "1001", "1.5", "9" * 30])
    def test_what_is_no_limit_is_named_and_kept(self, event: Event, typed: str) -> None:
        response = office(event).post(address(event, "tickets/limit/"), {"limit": typed})

        assert response.status_code == 422
        assert f'value="{typed}"' in text_of(response)
        event.refresh_from_db()
        assert event.per_fan_limit is None


@pytest.mark.django_db
class TestSelling:
    def test_sales_are_paused_and_go_on(self, event: Event) -> None:
        for do, status in (("pause", EventStatus.PAUSED), ("resume", EventStatus.ON_SALE)):
            assert office(event).post(address(event, "tickets/status/"), {"do": do}).status_code == 303
            event.refresh_from_db()
            assert event.status == status

    def test_a_draft_is_put_on_sale_from_here(self) -> None:
        draft = a_show(venue=a_venue(owner=a_user()), on_sale=False)

        office(draft).post(address(draft, "tickets/status/"), {"do": "resume"})

        draft.refresh_from_db()
        assert draft.status == EventStatus.ON_SALE

    @pytest.mark.parametrize("do", ["", "resume", "end", "cancel"])
    def test_a_button_that_does_not_fit_the_shows_state_does_nothing(self, event: Event, do: str) -> None:
        response = office(event).post(address(event, "tickets/status/"), {"do": do}, follow=True)

        assert "The show has changed meanwhile" in text_of(response)
        event.refresh_from_db()
        assert event.status == EventStatus.ON_SALE


@pytest.mark.django_db
class TestCallingOff:
    @pytest.mark.parametrize("typed", ["", "Midnight Owls", "The Midnight Owl", "\x00"])
    def test_without_the_title_nothing_is_cancelled(self, event: Event, typed: str) -> None:
        response = office(event).post(address(event, "cancel/"), {"title": typed})

        assert response.status_code == 422
        assert "That is not the title" in text_of(response)
        event.refresh_from_db()
        assert event.status == EventStatus.ON_SALE

    def test_looking_cancels_nothing(self, event: Event) -> None:
        assert office(event).get(address(event, "cancel/?title=The+Midnight+Owls")).status_code == 200

        event.refresh_from_db()
        assert event.status == EventStatus.ON_SALE

    def test_with_the_title_it_is_and_the_page_tells_how_far_it_is(self, event: Event) -> None:
        a_paid_order(event)

        response = office(event).post(
            address(event, "cancel/"), {"title": " the midnight  OWLS "}, follow=True
        )

        event.refresh_from_db()
        assert event.status == EventStatus.CANCELLED
        assert "<strong data-refunded-count>0</strong> of 1 order refunded" in text_of(response)
        assert 'http-equiv="refresh"' in text_of(response)

    def test_a_show_that_nobody_bought_owes_nobody(self, event: Event) -> None:
        response = office(event).post(address(event, "cancel/"), {"title": event.title}, follow=True)

        assert "Nobody had bought" in text_of(response)

    def test_a_second_time_only_shows_the_progress(self, event: Event) -> None:
        office(event).post(address(event, "cancel/"), {"title": event.title})

        response = office(event).post(address(event, "cancel/"), {"title": event.title}, follow=True)

        assert 'data-testid="progress"' in text_of(response)

    def test_while_it_is_on_there_is_no_progress(self, event: Event) -> None:
        assert office(event).get(address(event, "cancel/progress.json")).status_code == 404

    def test_cancelled_its_terms_are_closed(self, event: Event) -> None:
        office(event).post(address(event, "cancel/"), {"title": event.title})

        page = text_of(office(event).get(address(event)))

        assert "Save" not in page
        assert "Cancel the show" not in page


@pytest.mark.django_db(transaction=True)
class TestGivingBack:
    @pytest.fixture
    def money(self, own_stripe_simulator: StripeSimulator) -> Money:
        money = money_at(own_stripe_simulator)
        VenueMembership.objects.create(venue=money.venue, user=a_user(), role=Role.OWNER)
        return money

    def progress(self, money: Money) -> Any:
        return office(money.event).get(address(money.event, "cancel/progress.json")).json()

    def test_it_goes_on_until_everybody_has_everything(self, money: Money) -> None:
        orders = [money.a_sale(1), money.a_sale(1, 1)]
        money.refund(orders[1], tickets=1)
        events.cancel(event_id=money.event.pk, now=money.now)
        assert self.progress(money) == {"orders": 2, "refunded": 0, "under_way": 0, "needs_person": 0}

        cancellation.sweep(now=money.now)
        assert self.progress(money)["under_way"] == 2
        money.come_to_rest()

        assert self.progress(money) == {"orders": 2, "refunded": 2, "under_way": 0, "needs_person": 0}
        money.check_at_rest()

    def test_what_is_stuck_is_listed_with_what_to_do_and_can_be_done(self, money: Money) -> None:
        refused, disputed, fine = money.a_sale(1), money.a_sale(1), money.a_sale(1)
        money.scan(disputed, money.a_phone())
        money.dispute_at_stripe(disputed)
        money.come_to_rest()
        venues.set_refund_policy(venue_id=money.venue.pk, returns_fee=False)
        events.cancel(event_id=money.event.pk, now=money.now)
        cancellation.sweep(now=money.now)
        refunds.refuse(
            order_pk=refused.pk, refund_pk=refused.refunds.get().pk, why="no such charge", now=money.now
        )
        money.come_to_rest()

        page = text_of(office(money.event).get(address(money.event, "cancel/")))
        assert "Stripe refused the refund" in page
        assert "Stripe says: no such charge" in page
        assert str(disputed) in page
        assert str(fine) not in page
        assert self.progress(money)["needs_person"] == 2

        form = {"ticket": [str(refused.tickets.get().pk)], "total": 2_200}
        again = office(money.event).post(address(money.event, f"orders/{refused}/refund/"), form)
        assert again.status_code == 303
        assert Order.objects.get(pk=refused.pk).status == OrderStatus.REFUNDED
        assert Refund.objects.filter(order=refused, status=RefundStatus.SUCCEEDED).count() == 1
        assert self.progress(money)["needs_person"] == 1
