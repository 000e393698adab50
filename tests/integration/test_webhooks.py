"""The inbox: only Stripe's own words, each once, in any order; what does not fit waits for a person."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import NOW, a_connected_venue, a_hold, a_paid_order, a_show, seats_of
from tests.race import times
from tests.servers import free_port
from tests.stripe_simulator import StripeSimulator, signed
from ticketing import checkout, inventory, refunds, sales
from ticketing.clock import utc_now
from ticketing.domain_events import ReleaseReason
from ticketing.events import NewTicketType
from ticketing.models import Event, InboxState, LogEntry, Order, OrderStatus, StripeEvent, Ticket, Venue
from ticketing.payments import endpoint, gateway, onboarding, webhooks
from ticketing.payments.webhooks import Endpoint, Stored

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
PLATFORM, CONNECT = "/stripe/webhook/", "/stripe/webhook/connect/"
PAID = "checkout.session.completed"


@dataclass(frozen=True)
class Sale:
    """An order that was paid at Stripe, and the webhook that tells of it, not yet delivered."""

    stripe: StripeSimulator
    event: Event
    order: Order
    webhook: dict[str, Any]

    @property
    def body(self) -> bytes:
        return json.dumps(self.webhook, indent=2).encode()

    def told_otherwise(self, **changes: Any) -> bytes:
        """The same event with other values in its session; dots reach deeper."""
        webhook = deepcopy(self.webhook)
        for path, value in changes.items():
            *way, last = path.split("__")
            place = webhook["data"]["object"]
            for step in way:
                place = place[step]
            place[last] = value
        return json.dumps(webhook).encode()

    def is_untouched(self) -> bool:
        self.order.refresh_from_db()
        return self.order.status == OrderStatus.HELD and not Ticket.objects.filter(order=self.order).exists()

    def is_fulfilled_once(self) -> bool:
        self.order.refresh_from_db()
        paid = LogEntry.objects.filter(event=self.event, kind="order_paid").count()
        return (self.order.status, self.order.tickets.count(), paid) == (OrderStatus.PAID, 2, 1)


@pytest.fixture
def sale(stripe_simulator: StripeSimulator) -> Sale:
    event = a_show(venue=a_connected_venue(stripe_simulator), doors_at=utc_now())
    order = an_open_order(event)
    stripe_simulator.pay(str(order.stripe_session_id))
    webhook = stripe_simulator.event_about(str(order.stripe_session_id), PAID)
    return Sale(stripe_simulator, event, order, webhook)


def an_open_order(event: Event, *, email: str = "fan@example.org") -> Order:
    started = checkout.begin(event_id=event.pk, seats=seats_of(event, 2), email=email, now=utc_now())
    assert isinstance(started, checkout.CheckoutStarted), started
    return Order.objects.get(token=started.order_token)


def secret_of(settings: Settings, path: str) -> str:
    secrets = {
        PLATFORM: settings.ENV.stripe_webhook_secrets,
        CONNECT: settings.ENV.stripe_connect_webhook_secrets,
    }
    return str(secrets[path][0])


def post(body: bytes, signature: str | None, *, path: str = PLATFORM) -> tuple[int, str]:
    """Status and code of the answer."""
    headers = {} if signature is None else {"stripe-signature": signature}
    answer = Client().post(path, body, content_type="application/json", headers=headers)
    return answer.status_code, answer.json()["code"]


def post_signed(
    body: bytes, settings: Settings, *, path: str = PLATFORM, at: timedelta = timedelta(0)
) -> tuple[int, str]:
    """As Stripe would send it, signed at a moment before or after now."""
    stamp = int((utc_now() + at).timestamp())
    return post(body, signed(body, secret=secret_of(settings, path), at=stamp), path=path)


def an_event(kind: str, subject: dict[str, Any], *, name: str = "evt_test_1", **fields: Any) -> bytes:
    """An event of Stripe's shape."""
    envelope = {"id": name, "object": "event", "type": kind, "created": 1_700_000_000, "livemode": False}
    return json.dumps({**envelope, **fields, "data": {"object": subject}}).encode()


# --- once, in any order ------------------------------------------------------------------------------------------


def test_a_delivered_payment_fulfils_its_order(sale: Sale) -> None:
    answers = sale.stripe.deliver(sale.webhook["id"])

    stored = StripeEvent.objects.get(pk=sale.webhook["id"])
    assert answers == ["delivered: 200"]
    assert sale.is_fulfilled_once()
    assert (stored.state, stored.type, stored.attempts) == (InboxState.PROCESSED, PAID, 1)
    assert stored.processed_at is not None


def test_duplicates_change_nothing(sale: Sale) -> None:
    sale.stripe.switch(duplicate=4)

    sale.stripe.deliver(sale.webhook["id"])

    assert sale.is_fulfilled_once()
    assert StripeEvent.objects.get(pk=sale.webhook["id"]).attempts == 1


def test_a_replay_days_later_changes_nothing(sale: Sale) -> None:
    sale.stripe.deliver(sale.webhook["id"])

    assert sale.stripe.redeliver(sale.webhook["id"]) == ["delivered: 200"]
    assert sale.is_fulfilled_once()


def test_eight_deliveries_at_once_fulfil_once(sale: Sale, settings: Settings) -> None:
    answers = times(8, lambda: post_signed(sale.body, settings))

    assert {status for status, _ in answers} == {200}
    assert sale.is_fulfilled_once()
    assert StripeEvent.objects.count() == 1


def test_webhooks_in_the_wrong_order_come_to_the_same_end(sale: Sale) -> None:
    other = an_open_order(sale.event, email="other@example.org")
    sale.stripe.expire(str(other.stripe_session_id))
    events = [
        e["id"] for e in sale.stripe.events(PAID, "checkout.session.expired", "payment_intent.succeeded")
    ]

    answers = sale.stripe.deliver(*events[::-1])

    assert set(answers) == {"delivered: 200"}
    assert sale.is_fulfilled_once()
    assert Order.objects.get(pk=other.pk).status == OrderStatus.EXPIRED
    assert (inventory.count(sale.event.pk).held, inventory.count(sale.event.pk).sold) == (0, 2)


def test_an_expiry_told_after_the_payment_takes_nothing_back(sale: Sale, settings: Settings) -> None:
    post_signed(sale.body, settings)
    late = sale.told_otherwise(status="expired", payment_status="unpaid").replace(b'"evt_', b'"evt_late_', 1)

    post_signed(late, settings)

    assert sale.is_fulfilled_once()


def test_a_payment_told_after_the_release_takes_free_seats(sale: Sale) -> None:
    sales.release(order_pk=sale.order.pk, reason=ReleaseReason.EXPIRED, now=utc_now())

    sale.stripe.deliver(sale.webhook["id"])

    assert sale.is_fulfilled_once()
    assert inventory.count(sale.event.pk).sold == 2


def test_a_webhook_may_come_before_the_answer_of_the_call_that_made_its_session(sale: Sale) -> None:
    Order.objects.filter(pk=sale.order.pk).update(stripe_session_id=None, stripe_session_url="")

    sale.stripe.deliver(sale.webhook["id"])

    assert sale.is_fulfilled_once()
    assert sale.order.stripe_session_id == sale.webhook["data"]["object"]["id"]


def test_a_completion_that_is_not_paid_yet_keeps_the_hold(sale: Sale, settings: Settings) -> None:
    answer = post_signed(sale.told_otherwise(payment_status="unpaid"), settings)

    assert answer == (200, "processed")
    assert sale.is_untouched()


def test_what_we_do_not_act_on_is_stored_and_ignored(settings: Settings) -> None:
    answer = post_signed(an_event("customer.created", {"id": "cus_1"}), settings)

    assert answer == (200, "ignored")
    assert StripeEvent.objects.get().state == InboxState.IGNORED


# --- only Stripe's own words -------------------------------------------------------------------------------------


def turned_away(
    sale: Sale, answer: tuple[int, str], *, code: str = "signature_invalid", status: int = 400
) -> bool:
    """Refused by name, and it left no trace."""
    return answer == (status, code) and sale.is_untouched() and not StripeEvent.objects.exists()


@pytest.mark.parametrize("seconds", [-299, 299])
def test_a_clock_may_differ_by_minutes(sale: Sale, settings: Settings, seconds: int) -> None:
    assert post_signed(sale.body, settings, at=timedelta(seconds=seconds)) == (200, "processed")


@pytest.mark.parametrize("seconds", [-305, -86_400, 305, 86_400])
def test_a_stale_or_future_signature_is_turned_away(sale: Sale, settings: Settings, seconds: int) -> None:
    assert turned_away(sale, post_signed(sale.body, settings, at=timedelta(seconds=seconds)))


def test_the_simulators_stale_future_and_wrongly_signed_deliveries_are_turned_away(sale: Sale) -> None:
    answers = []
    for fault in (
        {"stale_timestamp": 900},
        {"stale_timestamp": -900},
        {"stale_timestamp": 0, "wrong_secret": True},
    ):
        sale.stripe.switch(**fault)
        answers += sale.stripe.redeliver(sale.webhook["id"])

    assert {answer.split(": ")[1] for answer in answers} == {"400"}
    assert sale.is_untouched()


def test_a_wrong_secret_is_turned_away(sale: Sale) -> None:
    signature = signed(sale.body, secret="whsec_somebody_elses", at=int(utc_now().timestamp()))

    assert turned_away(sale, post(sale.body, signature))


def test_each_endpoint_has_its_own_secret(sale: Sale, settings: Settings) -> None:
    stamp = int(utc_now().timestamp())
    crossed = signed(sale.body, secret=secret_of(settings, CONNECT), at=stamp)

    assert turned_away(sale, post(sale.body, crossed, path=PLATFORM))
    assert turned_away(
        sale, post(sale.body, signed(sale.body, secret=secret_of(settings, PLATFORM), at=stamp), path=CONNECT)
    )


def test_the_old_secret_still_counts_while_secrets_rotate(sale: Sale, settings: Settings) -> None:
    old = secret_of(settings, PLATFORM)
    settings.ENV = msgspec.structs.replace(settings.ENV, stripe_webhook_secrets=("whsec_new", old))

    answer = post(sale.body, signed(sale.body, secret=old, at=int(utc_now().timestamp())))

    assert answer == (200, "processed")


@pytest.mark.parametrize("place", [0, 40, -1])
def test_one_changed_byte_is_turned_away(sale: Sale, settings: Settings, place: int) -> None:
    body = bytearray(sale.body)
    signature = signed(sale.body, secret=secret_of(settings, PLATFORM), at=int(utc_now().timestamp()))
    body[place] ^= 1

    assert turned_away(sale, post(bytes(body), signature))


def test_the_same_json_written_otherwise_is_turned_away(sale: Sale, settings: Settings) -> None:
    signature = signed(sale.body, secret=secret_of(settings, PLATFORM), at=int(utc_now().timestamp()))

    assert turned_away(sale, post(json.dumps(sale.webhook).encode(), signature))


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "t=",
        "v1=00",
        "t=1",
        "t=x,v1=00",
        "t=-1,v1=00",
        "t=1e9,v1=00",
        "t=9999999999999999999999,v1=00",
        "t=\u0661,v1=00",
        "a,b,c",
        "=,=",
        "t=1,t=2,v1=00",
        "x" * 10_000,
    ],
    ids=lambda header: ascii(header)[:24],
)
def test_a_header_that_is_missing_or_makes_no_sense_is_turned_away(sale: Sale, header: str | None) -> None:
    assert turned_away(sale, post(sale.body, header))


def test_a_second_timestamp_cannot_freshen_an_old_signature(sale: Sale, settings: Settings) -> None:
    now = int(utc_now().timestamp())
    old = signed(sale.body, secret=secret_of(settings, PLATFORM), at=now - 86_400)

    assert turned_away(sale, post(sale.body, f"t={now},{old}"))
    assert turned_away(sale, post(sale.body, f"{old},t={now}"))


def test_a_huge_body_is_turned_away_unread(sale: Sale, settings: Settings) -> None:
    body = sale.body + b" " * endpoint.MAX_BODY

    assert turned_away(sale, post_signed(body, settings), code="body_too_large", status=413)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"id":"evt_1"}',
        b'{"id":1,"type":"x","created":1,"livemode":false,"data":{"object":{}}}',
        b'{"id":"evt_1","type":"x","created":1e30,"livemode":false,"data":{"object":{}}}',
        b'{"id":"evt_1","type":"x","created":99999999999999,"livemode":false,"data":{"object":{}}}',
        b'{"id":"evt_1","type":"x","created":1,"livemode":false,"data":{}}',
        b'{"id":"","type":"x","created":1,"livemode":false,"data":{"object":{}}}',
        b'{"id":"evt_\\u0000","type":"x","created":1,"livemode":false,"data":{"object":{}}}',
        b'{"id":"' + b"e" * 256 + b'","type":"x","created":1,"livemode":false,"data":{"object":{}}}',
        b'{"id":"evt_1","type":"' + b"x" * 81 + b'","created":1,"livemode":false,"data":{"object":{}}}',
        b'{"x":' + b"[" * 5_000 + b"]" * 5_000 + b',"id":"evt_1"}',
    ],
    ids=lambda body: ascii(body[:40].decode()),
)
def test_a_signed_body_that_is_no_event_is_turned_away(settings: Settings, body: bytes) -> None:
    assert post_signed(body, settings) == (400, "body_invalid")
    assert not StripeEvent.objects.exists()


def test_a_signed_body_that_is_not_text_is_turned_away(settings: Settings) -> None:
    assert post(b"\xff\xfe", "t=1,v1=00") == (400, "signature_invalid")


@pytest.mark.parametrize("path", [PLATFORM, CONNECT])
def test_an_endpoint_is_posted_to(path: str) -> None:
    assert Client().get(path).status_code == 405


# --- what does not fit waits for a person ------------------------------------------------------------------------


def quarantined(sale: Sale, answer: tuple[int, str], *, word: str) -> bool:
    """Taken in, so that Stripe stops; put aside with the reason; and nothing has changed."""
    stored = StripeEvent.objects.get()
    put_aside = (answer, stored.state) == ((200, "quarantined"), InboxState.QUARANTINED)
    return put_aside and word in stored.problem and sale.is_untouched()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"amount_total": 1}, "amount"),
        ({"amount_total": 4_401}, "amount"),
        ({"currency": "jpy"}, "currency"),
        ({"livemode": True}, "livemode"),
        ({"metadata__order": "018f4e1a-0000-7000-8000-000000000001"}, "order"),
        ({"metadata__order": ""}, "order"),
        (
            {"id": "cs_test_unknown", "metadata__order": "018f4e1a-0000-7000-8000-000000000001"},
            "no order of ours",
        ),
        ({"id": "cs_test_unknown", "metadata__order": "not-a-uuid"}, "no order of ours"),
        ({"id": "cs_test_unknown", "metadata": {}}, "no order of ours"),
        ({"id": "cs_test_second_session"}, "no order of ours"),
    ],
    ids=str,
)
def test_a_session_that_tells_another_story_changes_nothing(
    sale: Sale, settings: Settings, changes: dict[str, Any], word: str
) -> None:
    answer = post_signed(sale.told_otherwise(**changes), settings)

    assert quarantined(sale, answer, word=word)


def test_a_session_of_a_connected_account_is_not_ours(sale: Sale, settings: Settings) -> None:
    webhook = {**sale.webhook, "account": sale.event.venue.stripe_account_id}

    answer = post_signed(json.dumps(webhook).encode(), settings, path=CONNECT)

    assert quarantined(sale, answer, word="account")


def test_a_session_that_names_another_fans_order_pays_for_neither(sale: Sale, settings: Settings) -> None:
    other = an_open_order(sale.event, email="other@example.org")

    answer = post_signed(sale.told_otherwise(metadata__order=str(other.pk)), settings)

    assert quarantined(sale, answer, word="order")
    assert Order.objects.get(pk=other.pk).status == OrderStatus.HELD


def test_an_unclaimed_order_is_not_claimed_by_a_session_that_does_not_fit(
    sale: Sale, settings: Settings
) -> None:
    Order.objects.filter(pk=sale.order.pk).update(stripe_session_id=None)

    answer = post_signed(sale.told_otherwise(amount_total=1), settings)

    assert quarantined(sale, answer, word="amount")
    assert sale.order.stripe_session_id is None


@pytest.mark.parametrize("missing", ["status", "amount_total", "currency", "livemode"])
def test_a_session_that_lacks_something_is_unreadable(sale: Sale, settings: Settings, missing: str) -> None:
    webhook = deepcopy(sale.webhook)
    del webhook["data"]["object"][missing]

    answer = post_signed(json.dumps(webhook).encode(), settings)

    assert quarantined(sale, answer, word="unreadable")


def test_a_payment_after_its_seats_were_sold_again_goes_back_in_full_by_itself(
    stripe_simulator: StripeSimulator,
) -> None:
    kind = NewTicketType(name="GA", price=2_000, allocation=2)
    event = a_show(venue=a_connected_venue(stripe_simulator), doors_at=utc_now(), types=(kind,))
    late = an_open_order(event)
    sales.release(order_pk=late.pk, reason=ReleaseReason.EXPIRED, now=utc_now())
    a_paid_order(event, quantity=2, now=utc_now())
    stripe_simulator.pay(str(late.stripe_session_id))

    stripe_simulator.deliver(stripe_simulator.event_about(str(late.stripe_session_id), PAID)["id"])
    refunds.sweep(now=utc_now() + timedelta(seconds=3))

    late.refresh_from_db()
    assert (StripeEvent.objects.get().state, late.status) == (InboxState.PROCESSED, OrderStatus.REFUNDED)
    paid_back = late.refunds.get()
    assert (paid_back.status, paid_back.reason, paid_back.total) == ("succeeded", "late_payment", late.total)
    charge = stripe_simulator.ask("GET", f"charges?payment_intent={late.stripe_payment_intent_id}")["data"][0]
    assert (charge["amount_refunded"], late.tickets.count()) == (late.total, 0)
    assert inventory.count(event.pk).sold == 2


# --- accounts ----------------------------------------------------------------------------------------------------


def an_account_event(venue: Venue, **fields: Any) -> bytes:
    account = venue.stripe_account_id
    return an_event("account.updated", {"id": account}, account=account, **fields)


def test_an_account_event_is_believed_only_as_far_as_stripe_confirms_it(
    sale: Sale, settings: Settings
) -> None:
    Venue.objects.update(onboarding_complete=False)

    answer = post_signed(an_account_event(sale.event.venue), settings, path=CONNECT)

    assert answer == (200, "processed")
    assert Venue.objects.get(pk=sale.event.venue_id).onboarding_complete


@pytest.mark.parametrize("kind", ["account.updated", "capability.updated"])
def test_news_of_an_account_that_stripe_shows_us_no_more_is_news_of_its_leave(
    sale: Sale, stripe_simulator: StripeSimulator, settings: Settings, kind: str
) -> None:
    account = str(sale.event.venue.stripe_account_id)
    stripe_simulator.control(f"accounts/{account}", action="deauthorize")  # of which we are not told

    answer = post_signed(
        an_event(kind, {"id": account, "account": account}, account=account), settings, path=CONNECT
    )

    venue = Venue.objects.get(pk=sale.event.venue_id)
    assert answer == (200, "processed")
    assert (venue.onboarding_complete, venue.deauthorised_at is None) == (False, False)


def test_the_moment_of_a_leave_is_that_of_its_first_news(sale: Sale, settings: Settings) -> None:
    account = str(sale.event.venue.stripe_account_id)
    onboarding.disconnect(account_id=account, now=NOW)

    left = an_event("account.application.deauthorized", {"id": "ca_1"}, account=account)

    assert post_signed(left, settings, path=CONNECT) == (200, "processed")
    assert Venue.objects.get(pk=sale.event.venue_id).deauthorised_at == NOW


def test_an_account_event_about_somebody_else_is_put_aside(sale: Sale, settings: Settings) -> None:
    body = an_event("account.updated", {"id": sale.event.venue.stripe_account_id}, account="acct_other")

    assert quarantined(sale, post_signed(body, settings, path=CONNECT), word="acct_other")


def test_an_account_event_of_the_other_mode_is_put_aside(sale: Sale, settings: Settings) -> None:
    body = an_account_event(sale.event.venue, livemode=True)

    assert quarantined(sale, post_signed(body, settings, path=CONNECT), word="other mode")


# --- what failed is tried again ----------------------------------------------------------------------------------


def test_an_event_that_was_stored_and_not_processed_is_finished_by_the_sweep(
    sale: Sale, settings: Settings
) -> None:
    """The process died between the two: Stripe was answered, or will send it again; either way once is enough."""
    now = utc_now()
    signature = signed(sale.body, secret=secret_of(settings, PLATFORM), at=int(now.timestamp()))
    stored = webhooks.receive(endpoint=Endpoint.PLATFORM, body=sale.body, signature=signature, now=now)

    too_early = webhooks.sweep(now=now)
    in_time = webhooks.sweep(now=now + timedelta(seconds=6))

    assert stored == Stored(event_id=sale.webhook["id"], first=True)
    assert (too_early, in_time) == (0, 1)
    assert sale.is_fulfilled_once()


def test_what_failed_is_tried_again_until_it_works_each_time_later(sale: Sale, settings: Settings) -> None:
    Venue.objects.update(onboarding_complete=False)
    right = settings.ENV
    settings.ENV = msgspec.structs.replace(right, stripe_api_base=f"http://127.0.0.1:{free_port()}")
    gateway.client.cache_clear()
    began = utc_now()
    answer = post_signed(an_account_event(sale.event.venue), settings, path=CONNECT)
    for seconds in (8, 12, 15, 22):  # of these, the second and the last are due
        webhooks.sweep(now=began + timedelta(seconds=seconds))
    attempts = StripeEvent.objects.get().attempts

    settings.ENV = right
    gateway.client.cache_clear()
    done = webhooks.sweep(now=began + timedelta(minutes=2))

    assert (answer, attempts, done) == ((200, "failed"), 3, 1)
    assert StripeEvent.objects.get().problem == ""
    assert Venue.objects.get(pk=sale.event.venue_id).onboarding_complete


def test_stripe_may_be_away_for_an_hour_and_nothing_is_given_up(sale: Sale, settings: Settings) -> None:
    Venue.objects.update(onboarding_complete=False)
    began = utc_now()
    post_signed(an_account_event(sale.event.venue), settings, path=CONNECT)
    StripeEvent.objects.update(state=InboxState.FAILED, attempts=webhooks.MAX_ATTEMPTS - 1)

    too_early = webhooks.sweep(now=began + timedelta(hours=1))
    at_last = webhooks.sweep(now=began + timedelta(hours=3))

    assert (too_early, at_last) == (0, 1)


def test_what_is_finished_is_never_swept_again(sale: Sale, settings: Settings) -> None:
    post_signed(sale.told_otherwise(amount_total=1), settings)
    post_signed(an_event("customer.created", {"id": "cus_1"}), settings)

    assert webhooks.sweep(now=utc_now() + timedelta(days=1)) == 0


def test_a_second_delivery_finishes_what_the_first_left_undone(sale: Sale, settings: Settings) -> None:
    now = utc_now()
    signature = signed(sale.body, secret=secret_of(settings, PLATFORM), at=int(now.timestamp()))
    webhooks.receive(endpoint=Endpoint.PLATFORM, body=sale.body, signature=signature, now=now)

    assert post_signed(sale.body, settings) == (200, "processed")
    assert sale.is_fulfilled_once()


@pytest.mark.parametrize("chaos", [{"reorder": True, "duplicate": 2}])
def test_a_rush_of_duplicated_and_shuffled_webhooks_sells_exactly_what_was_paid(
    stripe_simulator: StripeSimulator, chaos: dict[str, Any]
) -> None:
    event = a_show(venue=a_connected_venue(stripe_simulator), doors_at=utc_now())
    orders = [an_open_order(event, email=f"fan{number}@example.org") for number in range(6)]
    for order in orders[:4]:
        stripe_simulator.pay(str(order.stripe_session_id))
    for order in orders[4:]:
        stripe_simulator.expire(str(order.stripe_session_id))
    stripe_simulator.switch(**chaos)

    stripe_simulator.deliver()

    count = inventory.count(event.pk)
    assert (count.held, count.sold) == (0, 8)
    assert Ticket.objects.filter(event=event).count() == 8
    kinds = list(LogEntry.objects.filter(event=event).values_list("kind", flat=True))
    assert (kinds.count("order_paid"), kinds.count("hold_released")) == (4, 2)


def test_a_hold_without_a_session_is_no_webhooks_business(sale: Sale, settings: Settings) -> None:
    bystander = a_hold(sale.event, email="other@example.org", now=utc_now())

    post_signed(sale.body, settings)

    assert Order.objects.get(pk=bystander.pk).status == OrderStatus.HELD
