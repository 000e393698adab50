"""What bounds a stranger, without a server: the allowance, the inbox, the doorman, the limits' own spelling."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol import MAX_CLIENT_MESSAGE_BYTES
from realtime.server.allowance import Allowance
from realtime.server.doorman import Doorman, household_of
from realtime.server.inbox import Inbox
from realtime.server.limits import BadLimit, Limits

# --- the allowance -------------------------------------------------------------------------------------------------


def test_a_burst_is_allowed_and_nothing_after_it() -> None:
    allowance = Allowance(per_s=1, burst=3, now=0)

    assert [allowance.spend(1, now=0) for _ in range(4)] == [True, True, True, False]


def test_what_was_spent_comes_back_with_time_and_never_more_than_that() -> None:
    allowance = Allowance(per_s=2, burst=3, now=0)
    allowance.spend(3, now=0)

    assert not allowance.spend(1, now=0.4)
    assert allowance.spend(1, now=0.6)
    assert [allowance.spend(1, now=1000) for _ in range(4)] == [True, True, True, False]


def test_a_refused_cost_takes_nothing() -> None:
    allowance = Allowance(per_s=0, burst=3, now=0)

    assert not allowance.spend(4, now=0)
    assert allowance.spend(3, now=0)


def test_trust_begins_with_a_full_bucket_of_the_new_size() -> None:
    allowance = Allowance(per_s=1, burst=1, now=0)
    allowance.spend(1, now=0)
    allowance.widen(per_s=10, burst=5, now=0)

    assert [allowance.spend(1, now=0) for _ in range(6)] == [True] * 5 + [False]


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 20)), max_size=50))
def test_nobody_ever_gets_more_than_the_burst_and_the_rate_times_the_time(
    steps: list[tuple[float, float]],
) -> None:
    allowance = Allowance(per_s=3, burst=10, now=0)
    now = spent = 0.0
    for pause, cost in steps:
        now += pause
        spent += cost if allowance.spend(cost, now=now) else 0

    assert spent <= 10 + 3 * now + 1e-6


# --- the inbox -----------------------------------------------------------------------------------------------------


def text(content: str) -> dict[str, str]:
    return {"type": "websocket.receive", "text": content}


def an_inbox(*, messages: int = 3, size: int = 100) -> Inbox:
    return Inbox(most_messages=messages, most_bytes=size)


async def test_messages_come_out_as_they_went_in() -> None:
    inbox = an_inbox()
    for content in "ab":
        inbox.put_nowait(text(content))

    assert [await inbox.receive() for _ in range(2)] == [text("a"), text("b")]


async def test_a_reader_that_waits_is_woken() -> None:
    inbox = an_inbox()
    reading = asyncio.ensure_future(inbox.receive())
    await asyncio.sleep(0)
    inbox.put_nowait(text("a"))

    assert await reading == text("a")


async def test_there_is_room_for_so_many_messages_and_so_many_bytes() -> None:
    inbox = an_inbox(messages=2, size=10)
    inbox.put_nowait(text("123456"))

    assert inbox.has_room_for(4)
    assert not inbox.has_room_for(5)
    inbox.put_nowait(text(""))
    assert not inbox.has_room_for(0)
    await inbox.receive()
    assert inbox.has_room_for(10)


async def test_a_reader_that_gives_up_loses_nothing() -> None:
    inbox = an_inbox()
    reading = asyncio.ensure_future(inbox.receive())
    await asyncio.sleep(0)
    inbox.put_nowait(text("a"))
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)

    assert await inbox.receive() == text("a")


async def test_it_is_idle_only_once_the_last_message_is_done() -> None:
    inbox, told = an_inbox(), list[str]()
    inbox.put_nowait(text("a"))
    await inbox.receive()
    inbox.when_idle(lambda: told.append("idle"))
    assert told == []

    reading = asyncio.ensure_future(inbox.receive())
    await asyncio.sleep(0)
    assert told == ["idle"]
    reading.cancel()


async def test_it_is_not_idle_while_something_waits() -> None:
    inbox, told = an_inbox(), list[str]()
    reading = asyncio.ensure_future(inbox.receive())
    await asyncio.sleep(0)
    inbox.put_nowait(text("a"))
    inbox.when_idle(lambda: told.append("idle"))

    assert await reading == text("a")
    assert told == []


async def test_what_was_cleared_takes_no_room() -> None:
    inbox = an_inbox(messages=1)
    inbox.put_nowait(text("a"))
    inbox.clear()

    assert inbox.has_room_for(100)


# --- the doorman ---------------------------------------------------------------------------------------------------


def test_an_address_gets_so_many_places_and_another_address_its_own() -> None:
    doorman = Doorman(limit=2)
    leases = [doorman.enter("192.0.2.1") for _ in range(3)]

    assert [lease is not None for lease in leases] == [True, True, False]
    assert doorman.enter("192.0.2.2") is not None


def test_a_place_given_back_twice_is_given_back_once() -> None:
    doorman = Doorman(limit=2)
    first, _second = doorman.enter("192.0.2.1"), doorman.enter("192.0.2.1")
    assert first is not None
    first.release()
    first.release()

    assert doorman.inside("192.0.2.1") == 1


def test_without_a_limit_everybody_enters() -> None:
    doorman = Doorman(limit=0)

    assert all(doorman.enter("192.0.2.1") for _ in range(1000))


@pytest.mark.parametrize(
    ("address", "household"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("no:address", "no:address"),
        ("", ""),
    ],
)
def test_an_ipv6_subscriber_is_one_household_whichever_of_its_addresses_it_uses(
    address: str, household: str
) -> None:
    assert household_of(address) == household


# --- the limits ----------------------------------------------------------------------------------------------------


def test_a_limit_is_changed_by_name() -> None:
    changed = Limits().with_changes(["header_s=2.5", "body_bytes=1000"])

    assert (changed.header_s, changed.body_bytes) == (2.5, 1000)
    assert changed.keep_alive_s == Limits().keep_alive_s


@pytest.mark.parametrize("change", ["patience=3", "header_s=soon", "header_s", "body_bytes=1.5", "=3"])
def test_a_limit_that_cannot_be_meant_is_refused(change: str) -> None:
    with pytest.raises(BadLimit):
        Limits().with_changes([change])


def test_a_client_that_waits_for_its_answers_fits_in() -> None:
    limits = Limits()

    assert limits.frame_bytes > MAX_CLIENT_MESSAGE_BYTES
    assert limits.waiting_bytes >= 4 * MAX_CLIENT_MESSAGE_BYTES
    assert limits.device_burst > limits.waiting_messages
