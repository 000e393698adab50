"""Deliveries: two endpoints, signatures, retries, and every fault that can be switched on."""

import pytest
import stripe

from tests.simulator.harness import World, acting_for, keyed

ALL_OF_A_SALE = 6


def test_each_endpoint_gets_its_own_events_signed_with_its_own_secret(world: World) -> None:
    venue = world.venue()
    world.sold(venue.id)
    world.sold(at=venue.id)

    world.settled()

    by_path = {
        path: {event.type for path_, event in _told(world) if path_ == path}
        for path in ("/platform", "/connect")
    }
    assert world.receiver.refused == []
    assert "account.updated" in by_path["/connect"]
    assert "checkout.session.completed" in by_path["/connect"] & by_path["/platform"]
    assert all(("account" in event) == (path == "/connect") for path, event in _told(world))
    assert {event.account for path, event in _told(world) if path == "/connect"} == {venue.id}


def test_an_endpoint_that_fails_is_asked_again_until_it_accepts(world: World) -> None:
    world.control("switches", retry_scale=0.01)
    world.receiver.answers = [500, 302, 404]

    world.venue()

    assert [event.type for event in world.settled()] == ["account.updated"]
    assert world.state["deliveries"] == {"delivered": 1}


def test_an_endpoint_that_never_accepts_is_given_up_but_the_event_can_be_found(world: World) -> None:
    world.control("switches", retry_scale=0, max_attempts=3)
    world.receiver.answers = [500] * 3
    venue = world.venue()

    world.settled()

    theirs = acting_for(venue.id)
    missed = world.v1.events.list({"delivery_success": False}, theirs).data
    assert [(event.type, event.pending_webhooks) for event in missed] == [("account.updated", 1)]
    assert world.state["deliveries"] == {"failed": 1}
    world.control(f"redeliver/{missed[0].id}")
    assert [event.id for event in world.settled()] == [missed[0].id]


def test_dropped_deliveries_never_go_out_and_are_listed_as_undelivered(world: World) -> None:
    world.control("switches", drop=1.0)

    world.sold()
    world.settled()

    assert world.receiver.events == []
    missed = world.v1.events.list({"delivery_success": False, "types": ["checkout.session.completed"]}).data
    assert [event.type for event in missed] == ["checkout.session.completed"]
    assert world.v1.events.list({"delivery_success": True}).data == []


def test_duplicates_are_the_same_event_again(world: World) -> None:
    world.control("switches", duplicate=2)

    world.venue()

    assert len({event.id for event in world.settled()}) == 1
    assert len(world.receiver.events) == 3


def test_reordered_deliveries_all_arrive_but_not_as_they_happened(world: World) -> None:
    world.control("switches", paused=True, reorder=True)
    for _ in range(8):
        world.sold()
    happened = [event.id for event in world.v1.events.list({"limit": 100}).auto_paging_iter()][::-1]

    world.control("switches", paused=False)

    arrived = [event.id for event in world.settled()]
    assert sorted(arrived) == sorted(happened)
    assert arrived != happened


def test_while_paused_nothing_goes_out_and_a_test_may_choose_the_order(world: World) -> None:
    world.control("switches", paused=True)
    world.sold()
    waiting = [event.id for event in world.v1.events.list().data]

    chosen = [waiting[2], waiting[0]]
    done = world.control("deliver", events=chosen)

    assert [each["event"] for each in done["attempts"]] == chosen
    assert [event.id for event in world.receiver.events] == chosen
    world.control("deliver")
    assert sorted(event.id for event in world.receiver.events) == sorted(waiting)


@pytest.mark.parametrize("seconds", [600, 301])
def test_a_stale_timestamp_does_not_verify(world: World, seconds: int) -> None:
    world.control("switches", stale_timestamp=seconds, max_attempts=1)

    world.venue()
    world.settled()

    assert world.receiver.events == []
    assert "tolerance" in world.receiver.refused[0]


def test_a_wrong_secret_does_not_verify(world: World) -> None:
    world.control("switches", wrong_secret=True, max_attempts=1)

    world.venue()
    world.settled()

    assert world.receiver.events == []
    assert "No signatures found" in world.receiver.refused[0]


def test_version_and_mode_can_be_wrong_in_the_body(world: World) -> None:
    world.control("switches", wrong_api_version=True, wrong_livemode=True)

    world.venue()

    event = world.settled()[0]
    assert (event.api_version, event.livemode) == ("2020-08-27", True)
    theirs = acting_for(str(event.account))
    kept = world.v1.events.retrieve(event.id, {}, theirs)
    assert (kept.api_version, kept.livemode) == (stripe.api_version, False)


def test_a_delay_holds_deliveries_back(world: World) -> None:
    world.control("switches", delay_ms=600_000)

    world.venue()

    assert world.state["deliveries"] == {"pending": 1}
    assert world.receiver.events == []


def test_an_endpoint_gets_only_what_it_has_subscribed_to(world: World) -> None:
    world.control("switches", platform_events=["checkout.session.completed"])

    world.sold(world.venue().id)

    assert {event.type for event in world.settled()} == {"account.updated", "checkout.session.completed"}


def test_an_event_names_the_request_that_caused_it(world: World) -> None:
    charge = world.sold()
    options = keyed("re:7")

    refund = world.v1.refunds.create({"charge": charge.id}, options)

    told = next(event for event in world.settled() if event.type == "refund.created")
    assert told.request is not None
    assert refund.last_response is not None
    assert told.request.idempotency_key == "re:7"
    assert told.request.id == refund.last_response.headers["Request-Id"]
    assert told.id.startswith("evt_test_")


def test_pending_webhooks_falls_to_zero_when_delivered(world: World) -> None:
    world.sold()

    world.settled()

    events = world.v1.events.list({"delivery_success": True}).data
    assert len(events) == ALL_OF_A_SALE - 2
    assert {event.pending_webhooks for event in events} == {0}


def test_payment_does_not_wait_for_its_webhooks(world: World) -> None:
    world.control("switches", paused=True)
    session = world.session()

    answer = world.form(session.url, outcome="pay")

    assert answer.status == 303
    assert world.receiver.events == []


def _told(world: World) -> list[tuple[str, stripe.Event]]:
    return list(zip(world.receiver.paths, world.receiver.events, strict=True))
