"""Every page outside the door, asked for with a plain browser's requests; and what comes back for bad ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.factories import a_device, a_hold, a_paid_order, a_show, a_user, a_venue
from ticketing import events, pairing, sales
from ticketing.clock import utc_now
from ticketing.domain_events import EventStatus
from ticketing.events import NewTicketType
from ticketing.inventory import Seats
from ticketing.models import (
    Artist,
    ArtistMembership,
    Event,
    Order,
    OrderStatus,
    PairingCode,
    Role,
    User,
    Venue,
    VenueMembership,
)

pytestmark = pytest.mark.django_db
NO_TOKEN = "A" * 43
BAD_ADDRESSES = ("", "nobody", "x@y", "a@b@c.org", "fan@example.org\x00", "a" * 300 + "@example.org")


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("robin@example.org")


@pytest.fixture
def venue(owner: User) -> Venue:
    return a_venue(owner=owner)


@pytest.fixture
def show(venue: Venue) -> Event:
    return a_show_now(venue=venue)


def a_show_now(**kwargs: Any) -> Event:
    """A show whose doors open in a while, at the real present in which pages live."""
    return a_show(doors_at=utc_now().replace(microsecond=0) + timedelta(hours=3), **kwargs)


def a_free_show(**kwargs: Any) -> Event:
    """A show that costs nothing: bought without Stripe."""
    return a_show_now(types=(NewTicketType(name="Free", price=0, allocation=10),), **kwargs)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    return str(response.content.decode())


def data_of(response: Any, name: str) -> Any:
    found = re.search(
        rf'<script id="{name}" type="application/json">(.*?)</script>', text_of(response), re.DOTALL
    )
    assert found, f"the page has no {name}"
    return json.loads(found[1])


def buying(show: Event, quantity: str = "1", **fields: str) -> dict[str, str]:
    kind = show.ticket_types.get()
    return {"email": "fan@example.org", f"quantity_{kind.pk}": quantity, **fields}


def buy(show: Event, fields: dict[str, str]) -> HttpResponse:
    return Client().post(f"/e/{show.slug}/buy/", fields)  # type: ignore[return-value]


class TestWhatIsOn:
    def test_shows_on_sale_are_on_the_first_page_with_their_whole_price(
        self, client: Client, show: Event
    ) -> None:
        page = text_of(client.get("/"))

        assert f'href="/e/{show.slug}/"' in page
        assert "$22.00" in page

    def test_the_price_is_that_of_the_cheapest_ticket_that_is_left(self, client: Client) -> None:
        show = a_show_now(
            types=(
                NewTicketType(name="Floor", price=2_000, allocation=1),
                NewTicketType(name="Box", price=9_000, allocation=5),
                NewTicketType(name="Balcony", price=3_500, allocation=5),
            )
        )
        a_hold(show, now=utc_now())

        page = text_of(client.get("/"))

        assert "from&nbsp;$37.00" in page
        assert "$22.00" not in page

    def test_where_nothing_is_to_be_had_no_price_is_named(self, client: Client) -> None:
        one = (NewTicketType(name="General", price=2_000, allocation=1),)
        a_paid_order(a_show_now(types=one), now=utc_now())
        a_hold(a_show_now(types=one), now=utc_now())

        page = text_of(client.get("/"))

        assert "Sold out" in page
        assert "All on hold" in page
        assert "$22.00" not in page

    def test_a_draft_is_nowhere(self, client: Client) -> None:
        draft = a_show_now(on_sale=False)

        assert draft.slug not in text_of(client.get("/"))
        assert client.get(f"/e/{draft.slug}/").status_code == 404

    def test_an_empty_house_says_so(self, client: Client) -> None:
        assert "Nothing is on sale right now" in text_of(client.get("/"))

    def test_no_page_carries_script_or_style_of_its_own(self, client: Client, show: Event) -> None:
        response = client.get(f"/e/{show.slug}/")

        assert not re.search(r"<style|\sstyle=|\son\w+=", text_of(response))
        for tag in re.findall(r"<script[^>]*>", text_of(response)):
            assert 'type="application/json"' in tag or " src=" in tag
        assert "script-src 'self'" in response["Content-Security-Policy"]

    def test_a_theme_that_somebody_chose_is_in_the_first_paint(self, client: Client) -> None:
        client.cookies["ngn-theme"] = "light"
        assert '<html lang="en" data-theme="light">' in text_of(client.get("/"))

        client.cookies["ngn-theme"] = '"><script>'
        assert '<html lang="en">' in text_of(client.get("/"))


class TestOneShow:
    def test_it_tells_price_fee_and_total_before_anything_is_typed(self, client: Client, show: Event) -> None:
        page = text_of(client.get(f"/e/{show.slug}/"))

        assert "$22.00" in page
        assert "$20.00 to the venue + $2.00 fee" in page

    def test_times_are_the_venues(self, client: Client, venue: Venue) -> None:
        show = a_show(venue=venue)  # doors at 19:45 UTC

        assert "11:45" in text_of(client.get(f"/e/{show.slug}/"))

    def test_its_script_knows_what_an_order_may_have(self, client: Client, show: Event) -> None:
        data = data_of(client.get(f"/e/{show.slug}/"), "event-data")

        assert data["offers"] == [
            {
                "id": str(show.ticket_types.get().pk),
                "base": 2000,
                "fee": 200,
                "left": 100,
                "sold_out": False,
                "limit": 8,
            }
        ]

    def test_the_limit_of_an_order_is_told_before_anything_is_typed(
        self, client: Client, show: Event
    ) -> None:
        assert "Up to 8 per order" in text_of(client.get(f"/e/{show.slug}/"))

    def test_the_limit_of_a_fan_is_told_where_there_is_one(self, client: Client, show: Event) -> None:
        unlimited = text_of(client.get(f"/e/{show.slug}/"))
        events.set_fan_limit(event_id=show.pk, limit=3)
        limited = client.get(f"/e/{show.slug}/")

        assert "One fan can have" not in unlimited
        assert "One fan can have 3 tickets for this show, over all orders." in text_of(limited)
        assert data_of(limited, "event-data")["offers"][0]["limit"] == 3

    @pytest.mark.parametrize(
        ("status", "words"),
        [
            (EventStatus.PAUSED, "Sales are paused"),
            (EventStatus.ENDED, "This show is over"),
            (EventStatus.CANCELLED, "This show was cancelled"),
        ],
    )
    def test_what_does_not_sell_says_why(
        self, client: Client, show: Event, status: EventStatus, words: str
    ) -> None:
        events.set_status(event_id=show.pk, status=status, now=utc_now())

        page = text_of(client.get(f"/e/{show.slug}/"))

        assert words in visible(page)
        assert "Sold out" not in visible(page)

    def test_sold_out_is_stamped_on_it(self, client: Client) -> None:
        show = a_show_now(types=(NewTicketType(name="General", price=2000, allocation=2),))
        a_paid_order(show, quantity=2, now=utc_now())

        assert "Sold out" in visible(text_of(client.get(f"/e/{show.slug}/")))

    def test_seats_in_other_fans_checkouts_are_not_called_sold_out(self, client: Client) -> None:
        show = a_show_now(types=(NewTicketType(name="General", price=2000, allocation=2),))
        a_hold(show, quantity=2, now=utc_now())

        page = visible(text_of(client.get(f"/e/{show.slug}/")))

        assert "in somebody&#x27;s checkout" in page or "in somebody's checkout" in page
        assert "Sold out" not in page

    def test_each_kind_says_whether_it_is_sold_or_only_held(self, client: Client) -> None:
        names = ("A floor", "B box", "C stalls")
        show = a_show_now(types=tuple(NewTicketType(name=n, price=2_000, allocation=1) for n in names))
        a_paid_order(show, now=utc_now())
        box = Seats(ticket_type_id=show.ticket_types.get(name="B box").pk, quantity=1)
        sales.place_hold(event_id=show.pk, seats=(box,), email="b@example.org", now=utc_now())

        page = text_of(client.get(f"/e/{show.slug}/"))

        told = re.findall(r'<span data-left="[^"]+">([^<]*)</span>', page)
        assert told == ["Sold out", "None left right now", "1 ticket left"]

    @pytest.mark.parametrize("slug", ["no-such-show", "a" * 300])
    def test_unknown_shows_are_not_found(self, client: Client, slug: str) -> None:
        assert client.get(f"/e/{slug}/").status_code == 404


def visible(page: str) -> str:
    """The page without the parts that wait hidden for their state."""
    return re.sub(r"<(div|form|a) data-when=[^>]* hidden>.*?</\1>", "", page, flags=re.DOTALL)


class TestBuying:
    def test_a_free_ticket_leads_straight_to_the_wallet(self) -> None:
        show = a_free_show()

        response = buy(show, buying(show, "2"))

        order = Order.objects.get()
        assert (response.status_code, response["Location"]) == (303, f"/o/{order.token}/")
        assert (order.status, order.tickets.count()) == (OrderStatus.PAID, 2)

    @pytest.mark.parametrize(
        ("quantity", "code", "status"),
        [
            ("0", "nothing_chosen", 422),
            ("", "nothing_chosen", 422),
            ("9", "over_limit", 422),
            ("-1", "malformed", 422),
            ("1.5", "malformed", 422),
            ("two", "malformed", 422),
            ("１", "malformed", 422),
            ("99999999999999999999", "malformed", 422),
        ],
    )
    def test_a_wrong_quantity_is_named_and_holds_nothing(
        self, show: Event, quantity: str, code: str, status: int
    ) -> None:
        response = buy(show, buying(show, quantity))

        assert response.status_code == status
        assert f'data-problem="{code}"' in text_of(response)
        assert not Order.objects.exists()

    @pytest.mark.parametrize("email", BAD_ADDRESSES)
    def test_a_wrong_address_is_refused_and_nothing_typed_is_lost(self, show: Event, email: str) -> None:
        response = buy(show, buying(show, "3", email=email))

        page = text_of(response)
        assert response.status_code == 422
        assert re.search(r'<input type="number"[^>]* value="3"', page)
        assert not Order.objects.exists()

    @pytest.mark.parametrize("email", BAD_ADDRESSES)
    def test_a_wrong_address_is_told_once_and_its_field_has_the_focus(self, show: Event, email: str) -> None:
        page = text_of(buy(show, buying(show, "3", email=email)))

        assert (page.count("data-problem="), page.count('role="alert"')) == (1, 1)
        assert re.search(r'id="email-error"[^>]* data-problem="email_invalid"', page)
        assert re.search(r'<input[^>]* id="email"[^>]* aria-describedby="email-error" autofocus', page)

    def test_what_was_typed_is_shown_and_never_run(self, show: Event) -> None:
        response = buy(show, buying(show, "1", email='"><script>alert(1)</script>'))

        assert "<script>alert" not in text_of(response)
        assert "&lt;script&gt;alert" in text_of(response)

    def test_more_than_is_left_is_refused_and_the_page_tells_what_is_left(self) -> None:
        show = a_show_now(types=(NewTicketType(name="General", price=2000, allocation=3),))
        a_hold(show, quantity=2, now=utc_now())

        response = buy(show, buying(show, "2"))

        assert response.status_code == 409
        assert 'data-problem="not_enough_left"' in text_of(response)
        assert "1 ticket left" in text_of(response)

    def test_a_paused_show_does_not_sell(self, show: Event) -> None:
        events.set_status(event_id=show.pk, status=EventStatus.PAUSED, now=utc_now())

        response = buy(show, buying(show))

        assert response.status_code == 409
        assert 'data-problem="not_on_sale"' in text_of(response)

    def test_a_venue_that_cannot_be_paid_does_not_sell(self) -> None:
        show = a_show_now(venue=a_venue(ready=False))

        response = buy(show, buying(show))

        assert response.status_code == 409
        assert 'data-problem="venue_not_ready"' in text_of(response)

    def test_another_shows_ticket_cannot_be_bought_here(self, show: Event) -> None:
        other = a_show_now()

        response = buy(show, buying(other))

        assert response.status_code == 422
        assert 'data-problem="type_unknown"' in text_of(response)

    @pytest.mark.parametrize(
        "name", ["quantity_", "quantity_1", "quantity_{0}", f"quantity_{UUID(int=7).hex}"]
    )
    def test_a_quantity_of_nothing_known_is_refused(self, show: Event, name: str) -> None:
        response = buy(show, {"email": "fan@example.org", name: "1"})

        assert response.status_code == 422

    def test_one_type_in_two_spellings_is_refused_and_not_held_twice(self, show: Event) -> None:
        kind = str(show.ticket_types.get().pk)

        response = buy(show, {**buying(show, "8"), f"quantity_{kind.upper()}": "8"})

        assert response.status_code == 422
        assert not Order.objects.exists()

    def test_an_unknown_show_sells_nothing(self) -> None:
        assert Client().post("/e/no-such-show/buy/", {"email": "fan@example.org"}).status_code == 404

    def test_a_form_from_another_site_is_refused(self, show: Event) -> None:
        response = Client(enforce_csrf_checks=True).post(f"/e/{show.slug}/buy/", buying(show))

        assert response.status_code == 403
        assert "That form was too old" in text_of(response)

    def test_the_forms_address_opened_as_a_page_leads_to_the_show(self, client: Client, show: Event) -> None:
        response = client.get(f"/e/{show.slug}/buy/")

        assert (response.status_code, response["Location"]) == (302, f"/e/{show.slug}/")


class TestAnOrder:
    def test_while_it_is_held_the_page_waits_and_opening_it_pays_nothing(
        self, client: Client, show: Event
    ) -> None:
        order = a_hold(show, now=utc_now())

        response = client.get(f"/o/{order.token}/")

        assert 'data-state="held"' in text_of(response)
        assert '<noscript><meta http-equiv="refresh"' in text_of(response)
        order.refresh_from_db()
        assert order.status == OrderStatus.HELD

    def test_paid_it_is_the_wallet_with_what_the_live_codes_need(self, client: Client, show: Event) -> None:
        order = a_paid_order(show, quantity=2, now=utc_now())

        data = data_of(client.get(f"/o/{order.token}/"), "wallet-data")

        assert len(data["tickets"]) == 2
        assert {len(ticket["seed"]) for ticket in data["tickets"]} == {32}
        assert data["chain"] == {
            "salt": show.chain.salt.hex(),
            "steps": show.chain.steps,
            "starts_at": show.window_starts_ms,
            "step_s": 15,
            "guard": 8,
        }
        assert bytes(order.purchaser.secret).hex() not in json.dumps(data)

    def test_its_pages_stay_out_of_caches_indexes_and_referrers(self, client: Client, show: Event) -> None:
        order = a_paid_order(show, now=utc_now())

        for path in ("", "state.json", "clock.json"):
            response = client.get(f"/o/{order.token}/{path}")
            assert response["Cache-Control"] == "private, no-store"
            assert response["Referrer-Policy"] == "same-origin"
            assert response["X-Robots-Tag"] == "noindex"

    def test_its_state_has_no_seeds(self, client: Client, show: Event) -> None:
        order = a_paid_order(show, now=utc_now())

        state = client.get(f"/o/{order.token}/state.json").json()

        assert state["state"] == "paid"
        assert [set(ticket) for ticket in state["tickets"]] == [
            {"id", "status", "redeemed_at", "redeemed_door"}
        ]

    def test_its_clock_is_the_servers(self, client: Client, show: Event) -> None:
        order = a_paid_order(show, now=utc_now())

        told = client.get(f"/o/{order.token}/clock.json").json()["server_time"]

        assert abs(told / 1000 - utc_now().timestamp()) < 60

    @pytest.mark.parametrize("path", ["", "cancel/", "state.json", "payment.json", "clock.json"])
    @pytest.mark.parametrize("token", [NO_TOKEN, "short", "x" * 44, "%00" * 43, "..%2f" * 9])
    def test_unknown_tokens_open_nothing(self, client: Client, token: str, path: str) -> None:
        assert client.get(f"/o/{token}/{path}").status_code == 404

    def test_nothing_is_posted_to_it(self, client: Client, show: Event) -> None:
        order = a_hold(show, now=utc_now())

        assert client.post(f"/o/{order.token}/").status_code == 405


class TestWhatIsOnesOwn:
    def test_my_tickets_are_mine(self, show: Event) -> None:
        order = a_paid_order(show, email="sam@example.org", now=utc_now())
        other = a_paid_order(show, email="kim@example.org", now=utc_now())

        page = text_of(signed_in(order.purchaser).get("/wallet/"))

        assert order.token in page
        assert other.token not in page

    @pytest.mark.parametrize(
        "path",
        ["/wallet/", "/venue/x/", "/venue/x/team/", "/venue/x/e/y/", "/venue/x/e/y/pair/", "/artist/x/"],
    )
    def test_members_pages_ask_to_sign_in(self, client: Client, path: str) -> None:
        response = client.get(path)

        assert (response.status_code, response["Location"]) == (302, f"/login/?next={path}")


class TestTheVenue:
    def test_its_home_lists_its_shows_with_what_is_sold(self, owner: User, venue: Venue, show: Event) -> None:
        a_paid_order(show, quantity=3, now=utc_now())

        page = text_of(signed_in(owner).get(f"/venue/{venue.slug}/"))

        assert show.title in page
        assert 'aria-valuetext="3 of 100 sold"' in page

    def test_the_sales_page_starts_from_the_log(self, owner: User, venue: Venue, show: Event) -> None:
        a_paid_order(show, quantity=2, now=utc_now())
        a_hold(show, quantity=1, email="other@example.org", now=utc_now())

        response = signed_in(owner).get(f"/venue/{venue.slug}/e/{show.slug}/")

        data = data_of(response, "sales-data")
        assert data["snapshot"]["base"] == 4000
        assert data["snapshot"]["types"][0]["held"] == 1
        assert data["since"] == show.log_head.seq
        assert "$40.00" in text_of(response)
        assert "fan@example.org" not in text_of(response)

    def test_people_of_the_door_see_the_door_and_no_money(self, venue: Venue, show: Event) -> None:
        bouncer = a_user()
        VenueMembership.objects.create(venue=venue, user=bouncer, role=Role.DOOR)
        client = signed_in(bouncer)

        assert client.get(f"/venue/{venue.slug}/e/{show.slug}/pair/").status_code == 200
        assert client.get(f"/venue/{venue.slug}/e/{show.slug}/").status_code == 404
        assert "of 100 sold" not in text_of(client.get(f"/venue/{venue.slug}/"))

    @pytest.mark.parametrize("path", ["", "e/{show}/", "e/{show}/pair/"])
    def test_to_another_venues_owner_it_does_not_exist(self, venue: Venue, show: Event, path: str) -> None:
        stranger = a_user()
        a_venue(owner=stranger)
        address = f"/venue/{venue.slug}/{path.format(show=show.slug)}"

        assert signed_in(stranger).get(address).status_code == 404
        assert signed_in(stranger).post(address).status_code in (404, 405)
        assert not PairingCode.objects.exists()

    def test_another_venues_show_is_not_found_under_ones_own(self, owner: User, venue: Venue) -> None:
        elsewhere = a_show_now()

        assert signed_in(owner).get(f"/venue/{venue.slug}/e/{elsewhere.slug}/").status_code == 404

    @pytest.mark.parametrize(
        "path", ["/venue/nowhere/", "/venue/nowhere/e/nothing/", "/venue/nowhere/e/nothing/pair/"]
    )
    def test_unknown_venues_are_not_found(self, owner: User, path: str) -> None:
        assert signed_in(owner).get(path).status_code == 404


class TestPairing:
    @pytest.fixture
    def address(self, venue: Venue, show: Event) -> str:
        return f"/venue/{venue.slug}/e/{show.slug}/pair/"

    def test_looking_makes_no_code(self, owner: User, address: str) -> None:
        assert "pair-link" not in text_of(signed_in(owner).get(address))
        assert not PairingCode.objects.exists()

    def test_a_code_is_shown_as_link_and_picture_and_pairs_one_phone(self, owner: User, address: str) -> None:
        page = text_of(signed_in(owner).post(address))

        link = re.search(r'data-testid="pair-link" href="([^"]+)"', page)
        assert link
        assert link[1].startswith("http://127.0.0.1:8000/door/#pair=")
        assert "<svg" in page
        code = link[1].rpartition("=")[2]
        assert isinstance(pairing.pair(code=code, name="Door A", now=utc_now()), pairing.Paired)
        assert isinstance(pairing.pair(code=code, name="Door B", now=utc_now()), pairing.PairingRefusal)

    def test_a_phone_is_shut_out_from_its_line(self, owner: User, show: Event, address: str) -> None:
        device, token = a_device(show, name="Door A")
        assert "Door A" in text_of(signed_in(owner).get(address))

        response = signed_in(owner).post(f"{address}{device.pk}/revoke/")

        assert response["Location"] == address
        assert pairing.device_of(token) is None
        assert "Door A" not in text_of(signed_in(owner).get(address))

    def test_another_shows_phone_cannot_be_shut_out_here(self, owner: User, address: str) -> None:
        device, token = a_device(a_show_now())

        assert signed_in(owner).post(f"{address}{device.pk}/revoke/").status_code == 404
        assert pairing.device_of(token) is not None

    @pytest.mark.parametrize("device", ["not-a-uuid", str(UUID(int=7))])
    def test_unknown_phones_are_not_found(self, owner: User, address: str, device: str) -> None:
        assert signed_in(owner).post(f"{address}{device}/revoke/").status_code == 404

    def test_codes_are_made_by_this_sites_form_only(self, owner: User, address: str) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(owner)

        assert client.post(address).status_code == 403
        assert not PairingCode.objects.exists()


class TestTheArtist:
    @pytest.fixture
    def artist(self) -> Artist:
        return Artist.objects.create(name="The Midnight Owls", slug="the-midnight-owls")

    def test_members_see_the_bar_of_each_show(self, artist: Artist) -> None:
        member = a_user()
        ArtistMembership.objects.create(artist=artist, user=member, role=Role.OWNER)
        show = a_show_now(artists=(artist,))
        a_paid_order(show, quantity=8, now=utc_now())

        page = text_of(signed_in(member).get("/artist/the-midnight-owls/"))

        assert f'data-event="{show.pk}"' in page
        assert '<span data-testid="percent">8</span>' in page

    def test_drafts_are_the_venues_secret(self, artist: Artist) -> None:
        member = a_user()
        ArtistMembership.objects.create(artist=artist, user=member, role=Role.OWNER)
        draft = a_show_now(artists=(artist,), on_sale=False)

        assert str(draft.pk) not in text_of(signed_in(member).get("/artist/the-midnight-owls/"))

    @pytest.mark.usefixtures("artist")
    def test_to_everybody_else_the_page_does_not_exist(self, owner: User) -> None:
        assert signed_in(owner).get("/artist/the-midnight-owls/").status_code == 404
        assert signed_in(owner).get("/artist/nobody/").status_code == 404


class TestErrors:
    def test_an_unknown_page_looks_like_ours(self, client: Client) -> None:
        response = client.get("/no/such/page")

        assert response.status_code == 404
        assert "This page is not here" in text_of(response)

    def test_a_fault_of_ours_has_a_page_too(self, show: Event, settings: Any) -> None:
        settings.FRONT_END_DIST = "/nowhere"  # the worst case: what every page needs is gone
        client = Client(raise_request_exception=False)

        response = client.get(f"/e/{show.slug}/")

        assert response.status_code == 500
        assert "Something broke on our side" in text_of(response)

    def test_the_offline_page_needs_nobody(self, client: Client) -> None:
        assert "No connection" in text_of(client.get("/offline/"))


PAGES: tuple[Callable[[Event, Order], str], ...] = (
    lambda show, order: "/",
    lambda show, order: "/login/",
    lambda show, order: "/login/password/",
    lambda show, order: f"/e/{show.slug}/",
    lambda show, order: f"/o/{order.token}/",
    lambda show, order: "/wallet/",
    lambda show, order: "/account/",
    lambda show, order: f"/venue/{show.venue.slug}/",
    lambda show, order: f"/venue/{show.venue.slug}/team/",
    lambda show, order: f"/venue/{show.venue.slug}/e/{show.slug}/",
    lambda show, order: f"/venue/{show.venue.slug}/e/{show.slug}/pair/",
)


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_one_heading_a_title_a_language_and_a_way_past_the_header(
    owner: User, show: Event, address: Callable[[Event, Order], str]
) -> None:
    order = a_paid_order(show, now=utc_now())
    client = Client() if "login" in address(show, order) else signed_in(owner)

    page = text_of(client.get(address(show, order)))

    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert re.search(r"<title>[^<]{5,}</title>", page)
    assert '<html lang="en"' in page
    assert 'class="skip" href="#main"' in page
    assert '<main id="main"' in page
