"""One connection, without I/O: every message by everybody who may send it."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

import pytest

from realtime import protocol as p
from realtime.feed import Since
from realtime.presence import Vitals
from realtime.session import (
    MAX_TOPICS,
    AnswerPing,
    CheckToken,
    Join,
    Leave,
    NoteAlive,
    Redeem,
    Reply,
    Session,
    TakeBack,
    refused,
)
from realtime.topics import Anonymous, Audience, DoorDevice, Member, Principal, Topic
from tests.factories import a_scan
from ticketing.scans import UndoFact

EVENT = UUID("018f4e1a-0000-7000-8000-000000000001")
SALES = Topic(Audience.SALES, EVENT)
DEVICE = DoorDevice(device_id=UUID(int=1), event_id=EVENT, name="Door A")
EVERYBODY: tuple[Principal, ...] = (Anonymous(), Member(user_id=UUID(int=2)), DEVICE)
by_everybody = pytest.mark.parametrize("principal", EVERYBODY, ids=lambda who: type(who).__name__)


def test_everybody_is_everybody() -> None:
    assert {type(principal) for principal in EVERYBODY} == set(get_args(Principal))


def test_a_new_session_is_nobodys_and_follows_nothing() -> None:
    session = Session()

    assert session.principal == Anonymous()
    assert session.followed == set()


@by_everybody
def test_a_ping_is_answered(principal: Principal) -> None:
    effects = Session(principal=principal).receive(p.Ping(ref=1, at=5))

    assert effects[0] == AnswerPing(ref=1, at=5)


def test_a_ping_shows_that_a_device_is_there_and_of_nobody_else_anything() -> None:
    told = [Session(principal=who).receive(p.Ping(ref=1, at=5))[1:] for who in EVERYBODY]

    assert told == [[], [], [NoteAlive(device=DEVICE, vitals=None)]]


@by_everybody
def test_a_token_is_looked_up(principal: Principal) -> None:
    session = Session(principal=principal)

    assert session.receive(p.Authenticate(ref=1, token="t")) == [CheckToken(ref=1, token="t")]
    assert session.principal == principal


@by_everybody
def test_a_good_token_makes_the_session_its_devices(principal: Principal) -> None:
    session = Session(principal=principal)

    effects = session.token_checked(1, DEVICE)

    identity = p.DeviceIdentity(id=str(DEVICE.device_id), name="Door A", event=str(EVENT))
    assert effects == [Reply(message=p.Authenticated(ref=1, device=identity))]
    assert session.principal == DEVICE


@by_everybody
def test_a_bad_token_leaves_the_session_whose_it_was(principal: Principal) -> None:
    session = Session(principal=principal)

    assert session.token_checked(1, None) == [refused(1, p.ErrorCode.TOKEN_INVALID)]
    assert session.principal == principal


@by_everybody
def test_a_subscription_asks_to_join_as_whoever_it_is(principal: Principal) -> None:
    session = Session(principal=principal)

    effects = session.receive(p.Subscribe(ref=1, topic=SALES.name))

    assert effects == [Join(ref=1, principal=principal, topic=SALES, since=None)]
    assert session.followed == {SALES}


def test_who_comes_back_says_where_it_left_off() -> None:
    [effect] = Session().receive(p.Subscribe(ref=1, topic=SALES.name, since=7, epoch="e1"))

    assert isinstance(effect, Join)
    assert effect.since == Since(seq=7, epoch="e1")


@pytest.mark.parametrize(
    "subscribe",
    [p.Subscribe(ref=1, topic=SALES.name, since=7), p.Subscribe(ref=1, topic=SALES.name, epoch="e1")],
    ids=["no epoch", "no seq"],
)
def test_half_of_where_one_left_off_is_not_enough_to_resume(subscribe: p.Subscribe) -> None:
    [effect] = Session().receive(subscribe)

    assert isinstance(effect, Join)
    assert effect.since is None


@by_everybody
def test_a_topic_that_does_not_exist_is_refused(principal: Principal) -> None:
    session = Session(principal=principal)

    assert session.receive(p.Subscribe(ref=1, topic="stage:x")) == [refused(1, p.ErrorCode.TOPIC_UNKNOWN)]
    assert session.followed == set()


def test_following_a_topic_again_starts_it_anew() -> None:
    session = Session()
    session.receive(p.Subscribe(ref=1, topic=SALES.name))

    effects = session.receive(p.Subscribe(ref=2, topic=SALES.name))

    assert [type(effect) for effect in effects] == [Leave, Join]
    assert session.followed == {SALES}


def test_nobody_follows_more_topics_than_there_is_room_for() -> None:
    session = Session()
    names = [Topic(Audience.PUBLIC, UUID(int=n)).name for n in range(MAX_TOPICS + 1)]
    for name in names[:-1]:
        session.receive(p.Subscribe(ref=1, topic=name))

    one_more = session.receive(p.Subscribe(ref=2, topic=names[-1]))
    again = session.receive(p.Subscribe(ref=3, topic=names[0]))

    assert one_more == [refused(2, p.ErrorCode.TOO_MANY_TOPICS)]
    assert [type(effect) for effect in again] == [Leave, Join]
    assert len(session.followed) == MAX_TOPICS


def test_a_refused_topic_is_not_followed_and_leaves_its_place_free() -> None:
    session = Session()
    [join] = session.receive(p.Subscribe(ref=1, topic=SALES.name))
    assert isinstance(join, Join)

    effects = session.join_refused(join, p.ErrorCode.TOPIC_FORBIDDEN)

    assert effects == [refused(1, p.ErrorCode.TOPIC_FORBIDDEN)]
    assert session.followed == set()


@by_everybody
def test_a_followed_topic_is_left(principal: Principal) -> None:
    session = Session(principal=principal)
    session.receive(p.Subscribe(ref=1, topic=SALES.name))

    effects = session.receive(p.Unsubscribe(ref=2, topic=SALES.name))

    assert effects == [Leave(topic=SALES), Reply(message=p.Left(ref=2, topic=SALES.name))]
    assert session.followed == set()


@by_everybody
@pytest.mark.parametrize("topic", [SALES.name, "stage:x", ""])
def test_a_topic_that_is_not_followed_cannot_be_left(principal: Principal, topic: str) -> None:
    effects = Session(principal=principal).receive(p.Unsubscribe(ref=2, topic=topic))

    assert effects == [refused(2, p.ErrorCode.NOT_SUBSCRIBED)]


def test_a_device_scans() -> None:
    scan = a_scan("10" + "0" * 43)

    effects = Session(principal=DEVICE).receive(p.ScanTicket(ref=3, scan=scan))

    assert effects == [Redeem(ref=3, device=DEVICE, scan=scan)]


@pytest.mark.parametrize("principal", EVERYBODY[:2], ids=lambda who: type(who).__name__)
def test_nobody_but_a_device_scans(principal: Principal) -> None:
    message = p.ScanTicket(ref=3, scan=a_scan("10" + "0" * 43))

    assert Session(principal=principal).receive(message) == [refused(3, p.ErrorCode.NOT_A_DEVICE)]


UNDO = UndoFact(
    undo_id="018f4e1a-0000-7000-8000-0000000000b1",
    scan_id="018f4e1a-0000-7000-8000-0000000000a1",
    device_seq=2,
    undone_at=5,
    clock_offset_ms=0,
)
HEARTBEAT = p.Heartbeat(ref=3, unsent=2, battery=0.5, scanning=True, seq=7)


def test_a_device_takes_back() -> None:
    effects = Session(principal=DEVICE).receive(p.UndoScan(ref=3, undo=UNDO))

    assert effects == [TakeBack(ref=3, device=DEVICE, undo=UNDO)]


def test_a_device_says_how_it_is_and_is_not_answered() -> None:
    effects = Session(principal=DEVICE).receive(HEARTBEAT)

    vitals = Vitals(unsent=2, battery=0.5, scanning=True, seq=7)
    assert effects == [NoteAlive(device=DEVICE, vitals=vitals)]


@pytest.mark.parametrize("principal", EVERYBODY[:2], ids=lambda who: type(who).__name__)
@pytest.mark.parametrize("message", [p.UndoScan(ref=3, undo=UNDO), HEARTBEAT], ids=["undo", "heartbeat"])
def test_nobody_but_a_device_takes_back_or_is_at_the_door(
    principal: Principal, message: p.ClientMessage
) -> None:
    assert Session(principal=principal).receive(message) == [refused(3, p.ErrorCode.NOT_A_DEVICE)]


def test_a_lost_right_closes_its_topic_and_nothing_else() -> None:
    session = Session()
    session.receive(p.Subscribe(ref=1, topic=SALES.name))
    session.receive(p.Subscribe(ref=2, topic=Topic(Audience.PUBLIC, EVENT).name))

    effects = session.right_lost(SALES)

    closed = p.TopicClosed(topic=SALES.name, code=p.ErrorCode.TOPIC_FORBIDDEN)
    assert effects == [Leave(topic=SALES), Reply(message=closed)]
    assert session.followed == {Topic(Audience.PUBLIC, EVENT)}


def test_a_lost_right_to_a_topic_that_was_left_meanwhile_says_nothing() -> None:
    assert Session().right_lost(SALES) == []
