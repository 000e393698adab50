"""Order IDs at the door: what a phone is told of one, and what the owner has phones do without a network."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories import NOW, a_device, a_member, a_paid_order, a_scan, a_show, a_user, a_venue, codes_of
from ticketing import door, door_orders, door_policy, log, order_id
from ticketing.domain_events import DoorPolicyChanged, PinCheck, UnknownOrders
from ticketing.door_orders import OrderAtDoor
from ticketing.door_policy import PolicyRefusal
from ticketing.models import Event, Order, Role, Ticket, User

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOBODY = OrderAtDoor(known=False, tickets=0, inside=0)


@pytest.fixture(autouse=True)
def _no_look_ups_yet() -> None:
    cache.clear()


@pytest.fixture
def owner() -> User:
    return a_user()


@pytest.fixture
def show(owner: User) -> Event:
    return a_show(venue=a_venue(owner=owner))


@pytest.fixture
def order(show: Event) -> Order:
    return a_paid_order(show, quantity=3)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(show: Event) -> str:
    return f"/venue/{show.venue.slug}/e/{show.slug}/pair/"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def set_policy(show: Event, policy: UnknownOrders, pin: str = "") -> PolicyRefusal | None:
    return door_policy.change(event_id=show.pk, unknown_orders=policy, pin=pin, now=NOW)


# --- what a phone is told of an Order ID ---------------------------------------------------------------------------


def test_an_order_tells_its_good_tickets_and_how_many_are_in(show: Event, order: Order) -> None:
    device, _ = a_device(show)
    door.record(device_id=device.pk, scan=a_scan(codes_of(order)[0]), now=NOW)
    Ticket.objects.filter(order=order, number=3).update(status="refunded")

    found = door_orders.look_up(event_id=show.pk, typed=order_id.display(order.order_id).lower())

    assert found == OrderAtDoor(known=True, tickets=2, inside=1)


def test_a_slip_another_shows_order_and_no_order_are_all_unknown(show: Event, order: Order) -> None:
    elsewhere = a_paid_order(a_show())
    never = order_id.with_check(7)

    for typed in ("", "nonsense", order.order_id[:-1], elsewhere.order_id, never, "\x00"):
        assert door_orders.look_up(event_id=show.pk, typed=typed) == NOBODY


def test_a_phone_asks_with_its_token(show: Event, order: Order) -> None:
    _, token = a_device(show)
    address = f"/door/api/orders/{order.order_id}"

    answer = Client().get(address, headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json()) == (200, {"known": True, "tickets": 3, "inside": 0})
    assert answer["Cache-Control"] == "no-store"
    assert Client().get(address).status_code == 401
    assert Client().get(address, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_the_eleventh_question_of_a_minute_is_refused_to_this_phone_alone(show: Event, order: Order) -> None:
    tokens = [a_device(show)[1] for _ in range(2)]
    address = f"/door/api/orders/{order.order_id}"

    def ask(token: str) -> int:
        return Client().get(address, headers={"Authorization": f"Bearer {token}"}).status_code

    assert [ask(tokens[0]) for _ in range(11)] == [200] * 10 + [429]
    assert ask(tokens[1]) == 200


# --- the owner's policy --------------------------------------------------------------------------------------------


def test_a_policy_is_told_to_the_doors_once(show: Event) -> None:
    assert set_policy(show, UnknownOrders.ADMIT) is None
    assert set_policy(show, UnknownOrders.ADMIT) is None

    entries = [entry.happened for entry in log.read(event_id=show.pk, since=0, limit=100)]
    told = [happened for happened in entries if isinstance(happened, DoorPolicyChanged)]
    assert [(h.unknown_orders, h.supervisor) for h in told] == [(UnknownOrders.ADMIT, None)]
    assert door_policy.of(show.pk) == door_policy.PolicyNow(unknown_orders=UnknownOrders.ADMIT, has_pin=False)


def test_a_pin_is_kept_as_a_salted_check_and_stays_until_another_comes(show: Event) -> None:
    assert set_policy(show, UnknownOrders.SUPERVISOR) is PolicyRefusal.PIN_NEEDED
    assert set_policy(show, UnknownOrders.SUPERVISOR, "2468") is None
    first = check_of(show)
    assert set_policy(show, UnknownOrders.REFUSE) is None

    assert first.hash == derived(first, "2468")
    assert first.hash != derived(first, "2469")
    assert check_of(show) == first
    assert set_policy(show, UnknownOrders.SUPERVISOR, "2468") is None
    assert check_of(show).salt != first.salt


@pytest.mark.parametrize("pin", ["123", "1" * 13, "12a4", "１２３４", "12 34"])
def test_what_is_no_pin_changes_nothing(show: Event, pin: str) -> None:
    assert set_policy(show, UnknownOrders.SUPERVISOR, pin) is PolicyRefusal.PIN_MALFORMED
    assert door_policy.of(show.pk).unknown_orders == UnknownOrders.REFUSE


def test_the_owner_sets_it_on_the_door_phones_page(owner: User, show: Event) -> None:
    client, address = signed_in(owner), page_of(show)
    assert "Order IDs without network" in text_of(client.get(address))

    saved = client.post(address + "policy/", {"unknown_orders": "supervisor", "pin": "2468"})

    assert (saved.status_code, saved["Location"]) == (303, address)
    page = text_of(client.get(address))
    assert 'value="supervisor" checked' in page
    assert "Another PIN" in page
    assert "2468" not in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"unknown_orders": "supervisor"}, "Choose a PIN"),
        ({"unknown_orders": "supervisor", "pin": "12"}, "4 to 12 digits"),
        ({"unknown_orders": "everybody"}, "Choose one of the three"),
        ({}, "Choose one of the three"),
    ],
)
def test_what_cannot_be_saved_says_why(owner: User, show: Event, sent: dict[str, str], said: str) -> None:
    answer = signed_in(owner).post(page_of(show) + "policy/", sent)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert door_policy.of(show.pk).unknown_orders == UnknownOrders.REFUSE


@pytest.mark.parametrize("role", [Role.MANAGER, Role.DOOR])
def test_others_see_it_and_do_not_set_it(show: Event, role: Role) -> None:
    client, address = signed_in(a_member(show.venue, role)), page_of(show)

    assert "An owner of the venue decides this" in text_of(client.get(address))
    assert client.post(address + "policy/", {"unknown_orders": "admit"}).status_code == 404
    assert signed_in(a_user()).post(address + "policy/", {"unknown_orders": "admit"}).status_code == 404


def check_of(show: Event) -> PinCheck:
    show.refresh_from_db()
    check = door_policy.check_of(show)
    assert check is not None
    return check


def derived(check: PinCheck, pin: str) -> str:
    salt = base64.b64decode(check.salt)
    return base64.b64encode(hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, check.rounds)).decode()
