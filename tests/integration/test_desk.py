"""The desk: whose tokens these are and what may be followed, for many at once in one query each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pytest
from channels.db import database_sync_to_async

from realtime import desk as desks
from realtime.desk import Desk
from realtime.topics import Anonymous, Audience, DoorDevice, Member, Principal, Topic
from tests.factories import a_device, a_member, a_show, a_user, a_venue
from ticketing import pairing
from ticketing.clock import utc_now
from ticketing.models import Device, Event, Role

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
Made = TypeVar("Made")


async def made(make: Callable[..., Made], *args: Any, **kwargs: Any) -> Made:
    """Run ORM code beside the event loop."""
    result: Made = await database_sync_to_async(partial(make, *args, **kwargs))()
    return result


def principal_of(device: Device) -> DoorDevice:
    return DoorDevice(device.pk, device.event_id, device.name)


async def test_a_herd_of_phones_is_looked_up_in_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    event = await made(a_show)
    phones = [await made(a_device, event, name=f"Door {n}", now=utc_now()) for n in range(5)]
    gone, gone_token = await made(a_device, event, name="Lost", now=utc_now())
    await made(pairing.revoke, device_id=gone.pk, event_id=event.pk, now=utc_now())
    asked: list[int] = []
    holders_of = pairing.holders_of

    def counted(tokens: Any) -> Any:
        asked.append(len(tokens))
        return holders_of(tokens)

    monkeypatch.setattr(pairing, "holders_of", counted)
    desk = Desk()
    tokens = [*(token for _, token in phones), gone_token, "made up", ""]
    found = await asyncio.gather(*(desk.device_of(token) for token in tokens))

    assert found == [*(principal_of(device) for device, _ in phones), None, None, None]
    assert asked == [len(tokens)]


async def test_everybody_may_follow_exactly_what_is_theirs() -> None:
    house = await made(_house)
    principals, topics, allowed = house
    desk = Desk()
    pairs = [(principal, topic) for principal in principals for topic in topics]

    answers = await asyncio.gather(*(desk.may_join(*pair) for pair in pairs))

    assert {pair for pair, may in zip(pairs, answers, strict=True) if may} == allowed


def _house() -> tuple[list[Principal], list[Topic], set[tuple[Principal, Topic]]]:
    venue, elsewhere = a_venue(), a_venue()
    show, other, draft = a_show(venue=venue), a_show(venue=elsewhere), a_show(venue=venue, on_sale=False)
    owner, stranger = Member(a_member(venue, Role.OWNER).pk), Member(a_user().pk)
    phone = principal_of(a_device(show, now=utc_now())[0])
    lost, _ = a_device(show, name="Lost", now=utc_now())
    pairing.revoke(device_id=lost.pk, event_id=show.pk, now=utc_now())
    principals: list[Principal] = [Anonymous(), owner, stranger, phone, principal_of(lost)]
    topics = [Topic(audience, event.pk) for audience in Audience for event in (show, other, draft)]
    public = {(who, Topic(Audience.PUBLIC, event.pk)) for who in principals for event in (show, other)}
    return principals, topics, public | _theirs(owner, phone, show, draft)


def _theirs(owner: Principal, phone: Principal, show: Event, draft: Event) -> set[tuple[Principal, Topic]]:
    return {
        (phone, Topic(Audience.DOOR, show.pk)),
        (owner, Topic(Audience.SALES, show.pk)),
        (owner, Topic(Audience.SALES, draft.pk)),
    }


async def test_each_loop_has_its_own_desk() -> None:
    assert desks.desk() is desks.desk()
    assert await asyncio.to_thread(asyncio.run, _desk_of_this_loop()) is not desks.desk()


async def _desk_of_this_loop() -> Desk:
    return desks.desk()
