"""Scripts for a client's session: what goes in, and what must come out, in both languages.

A step is one input at one moment (milliseconds); `effects` and `status` are what the session answers.
"""

from __future__ import annotations

from typing import Any, assert_never

import msgspec

from realtime import protocol as p
from realtime.client import effects as e
from realtime.client.backoff import pause_after
from realtime.client.reading import read
from realtime.client.session import Session
from realtime.client.topic import Place
from ticketing.admission import Admitted, Entry, TicketStatus
from ticketing.domain_events import EventStatus, UnknownOrders
from ticketing.scans import Decision, ScanFact, UndoFact, UndoRefusal

SHOW = "018f4e1a-0000-7000-8000-000000000001"
DOOR, SALES, PUBLIC = f"door:{SHOW}", f"sales:{SHOW}", f"public:{SHOW}"
SAFE = 2**53 - 1
Step = dict[str, Any]
SCAN = ScanFact(
    scan_id=SHOW, device_seq=1, code="10", scanned_at=1, clock_offset_ms=0, decision=Decision.ASKED
)

UNDO = UndoFact(scan_id=SHOW, undo_id=SHOW, device_seq=2, undone_at=2, clock_offset_ms=-1)


def vectors() -> dict[str, Any]:
    """The pauses after losses, and the scripts with their answers."""
    losses: list[dict[str, Any]] = [
        {"failures": failures, "crowd_ms": crowd, "asked_ms": asked}
        for failures, crowd, asked in (
            *((failures, 0, None) for failures in (0, 1, 4, 5, 50, 10_000)),
            *((failures, 3_000, None) for failures in (0, 2, 3, 9)),
            (0, 10_000, None),
            (3, 10_000, None),
            *((7, 3_000, asked) for asked in (0, 1, 7_000, 600_000, 600_001, SAFE, -5)),
        )
    ]
    return {
        "pauses": [{**loss, **pause_after(**loss)._asdict()} for loss in losses],
        "sessions": [
            {"name": name, "token": token, "steps": played(token, steps)} for name, token, steps in scripts()
        ],
    }


def played(token: str | None, steps: list[Step]) -> list[Step]:
    """The steps with what the session answers to each."""
    session = Session(token)
    answered = []
    for step in steps:
        effects = [written(effect) for effect in perform(session, step)]
        answered.append({**step, "effects": effects, "status": session.status.value})
    return answered


def perform(session: Session, step: Step) -> list[e.Effect]:  # noqa: PLR0911  # one for each kind of input
    """Do one step's input."""
    now = e.Moment(wall=step["at"], monotonic=step["at"])
    match step["do"]:
        case "opening":
            session.opening(now)
            return []
        case "receive":
            message = read(msgspec.json.encode(step["message"]))
            assert message is not None
            return session.receive(message, now)
        case "closed":
            return session.closed(step["code"], now)
        case "tick":
            return session.tick(now)
        case "subscribe":
            return session.subscribe(step["topic"], Place(**step["resume"]) if "resume" in step else None)
        case "unsubscribe":
            return session.unsubscribe(step["topic"])
        case "scan":
            question = session.scan(msgspec.convert(step["scan"], ScanFact))
            return question[1] if question else []
        case "undo":
            question = session.undo(msgspec.convert(step["undo"], UndoFact))
            return question[1] if question else []
        case "drain":
            scans = msgspec.convert(step["scans"], list[ScanFact])
            question = session.drain(scans, msgspec.convert(step["undos"], list[UndoFact]))
            return question[1] if question else []
        case "heartbeat":
            return session.heartbeat(e.Vitals(**step["vitals"]))
        case other:
            raise ValueError(other)


def written(effect: e.Effect) -> Step:
    """An effect as session.ts has it."""
    match effect:
        case e.Send(message=message):
            return {"do": "send", "message": _as_typescript(message)}
        case e.Tell(message=message):
            told = msgspec.to_builtins(message)
            return {"do": told["t"], "message": told}
        case e.TellResumed(topic=topic, missed=missed):
            return {"do": "resumed", "topic": topic, "missed": missed}
        case e.CloseTopic(topic=topic, code=code):
            return {"do": "closed", "topic": topic, "code": code.value}
        case e.Reconnect(pause=pause):
            return {"do": "reconnect", "pause": pause._asdict()}
        case e.End(code=code):
            return {"do": "end", "code": code.value}
        case e.Answered(message=message):
            return {"do": "answered", "message": msgspec.to_builtins(message)}
        case e.Unanswered(ref=ref, code=code):
            return {"do": "unanswered", "ref": ref} | ({"code": code.value} if code else {})
        case _:
            assert_never(effect)


def _as_typescript(message: p.ClientMessage) -> Step:
    """A place that is not known is left out of a subscription there, and null here: the server reads both alike."""
    fields: Step = msgspec.to_builtins(message)
    if isinstance(message, p.Subscribe):
        return {name: value for name, value in fields.items() if value is not None}
    return fields


# --- what goes in ----------------------------------------------------------------------------------------------------


def opening(at: int) -> Step:
    return {"at": at, "do": "opening"}


def got(at: int, message: p.ServerMessage) -> Step:
    return {"at": at, "do": "receive", "message": msgspec.to_builtins(message)}


def welcome(at: int) -> Step:
    return got(at, p.Welcome(version=p.PROTOCOL_VERSION, connection="c", server_time=at))


def opened(at: int = 0) -> list[Step]:
    return [opening(at), welcome(at)]


def joined(at: int, ref: int, seq: int, *, resumed: bool, topic: str = DOOR, epoch: str = "e1") -> Step:
    return got(at, p.Joined(ref=ref, topic=topic, epoch=epoch, seq=seq, resumed=resumed))


def snapshot(at: int, seq: int, *, epoch: str = "e1") -> Step:
    whole = p.DoorSnapshot(
        event=p.DoorEvent(id=SHOW, title="T", venue="V", time_zone="UTC", doors_at=0),
        window=p.DoorWindow(epoch=0, starts_at=0, steps=1, step_s=15, guard=8, skew=1, salt=""),
        count=0,
        checksum="",
        type_names=(),
        door_names=(),
        anchors="",
        types="",
        statuses="",
        entered_at="",
        doors="",
        orders="",
        order_admits="",
        public_key="",
        unknown_orders=UnknownOrders.REFUSE,
        supervisor_check=None,
    )
    return got(at, p.TopicSnapshot(topic=DOOR, epoch=epoch, seq=seq, snapshot=whole))


def fact(at: int, seq: int, what: p.DoorFact | None = None) -> Step:
    return got(at, p.TopicFact(topic=DOOR, seq=seq, fact=what or p.Nothing()))


def state(at: int, seq: int, left: int) -> Step:
    public = p.PublicState(status=EventStatus.ON_SALE, left=left, sold_out=False, types=())
    return got(at, p.TopicState(topic=PUBLIC, seq=seq, state=public))


def pong(at: int, ref: int, **seqs: int) -> Step:
    topics = {"door": DOOR, "sales": SALES, "public": PUBLIC}
    told = {topics[name]: seq for name, seq in seqs.items()}
    return got(at, p.Pong(ref=ref, at=at, server_time=at, seqs=told))


def refused(at: int, ref: int | None, code: p.ErrorCode) -> Step:
    return got(at, p.RequestRefused(ref=ref, code=code))


def subscribe(at: int, topic: str, resume: tuple[int, str] | None = None) -> Step:
    step = {"at": at, "do": "subscribe", "topic": topic}
    return step if resume is None else {**step, "resume": {"since": resume[0], "epoch": resume[1]}}


def unsubscribe(at: int, topic: str) -> Step:
    return {"at": at, "do": "unsubscribe", "topic": topic}


def closed(at: int, code: int | None) -> Step:
    return {"at": at, "do": "closed", "code": code}


def tick(at: int) -> Step:
    return {"at": at, "do": "tick"}


def ticks(first: int, last: int, every: int = 500) -> list[Step]:
    return [tick(at) for at in range(first, last + 1, every)]


def scan(at: int) -> Step:
    return {"at": at, "do": "scan", "scan": msgspec.to_builtins(SCAN)}


def verdict(at: int, ref: int) -> Step:
    told = Admitted(ticket_type="VIP 🥂", entry=Entry(at=1, door="Door A"))
    return got(at, p.VerdictGiven(ref=ref, scan_id=SHOW, acknowledged=Decision.ASKED, verdict=told))


def undo(at: int) -> Step:
    return {"at": at, "do": "undo", "undo": msgspec.to_builtins(UNDO)}


def undone(at: int, ref: int, refusal: UndoRefusal | None) -> Step:
    return got(at, p.UndoAnswered(ref=ref, undo_id=UNDO.undo_id, scan_id=UNDO.scan_id, refusal=refusal))


def drain(at: int) -> Step:
    return {
        "at": at,
        "do": "drain",
        "scans": [msgspec.to_builtins(SCAN)],
        "undos": [msgspec.to_builtins(UNDO)],
    }


def drained(at: int, ref: int) -> Step:
    answer = p.UndoAnswer(undo_id=UNDO.undo_id, scan_id=UNDO.scan_id, refusal=None)
    not_kept = p.NotKept(id=SCAN.scan_id, code=p.ErrorCode.SCAN_ID_TAKEN)
    return got(at, p.Drained(ref=ref, scans=(), undos=(answer,), refused=(not_kept,)))


def heartbeat(at: int, *, unsent: int, battery: float | None, scanning: bool | None) -> Step:
    vitals = {"unsent": unsent, "battery": battery, "scanning": scanning}
    return {"at": at, "do": "heartbeat", "vitals": vitals}


def presence(at: int) -> Step:
    here = p.DeviceHere(
        id="d", name="Tür 🥂", online=True, last_seen_at=at, unsent=0, battery=None, scanning=None, seq=None
    )
    return got(at, p.TopicPresence(topic=DOOR, devices=(here,)))


def at_seven() -> list[Step]:
    """A reader of the door that has a snapshot as of 7; its refs so far are 1 (ping) and 2 (subscribe)."""
    return [*opened(), subscribe(10, DOOR), joined(20, 2, 7, resumed=False), snapshot(20, 7)]


# --- the scripts -----------------------------------------------------------------------------------------------------


def scripts() -> list[tuple[str, str | None, list[Step]]]:
    entered = p.TicketEntered(
        anchor="ab" * 16, at=SAFE, door="Tür 🥂 𝕏", status=TicketStatus.REDEEMED, scan_id=SHOW
    )
    return [
        ("a fan is live once welcome, and asks for what it follows", None, [subscribe(0, PUBLIC), *opened()]),
        (
            "the newest state replaces the one before; an older one is dropped",
            None,
            [
                *opened(),
                subscribe(1, PUBLIC),
                joined(2, 2, 3, resumed=False, topic=PUBLIC),
                state(3, 3, 90),
                state(4, 9, 70),
                state(5, 8, 80),
                state(6, 9, 60),
            ],
        ),
        (
            "a device authenticates first, and joins when it is believed",
            "secret",
            [
                subscribe(0, DOOR, (41, "e1")),
                *opened(),
                got(
                    5,
                    p.Authenticated(ref=1, device=p.DeviceIdentity(id="d", name="Door A", event=SHOW)),
                ),
                joined(6, 2, 41, resumed=True),
                fact(7, 42, entered),
                pong(8, 3, door=42),
            ],
        ),
        (
            "a refused token ends everything",
            "stolen",
            [subscribe(0, DOOR), *opened(), refused(5, 1, p.ErrorCode.TOKEN_INVALID), *ticks(500, 1_500)],
        ),
        (
            "a token that cannot be looked up just now is tried again",
            "secret",
            [*opened(), refused(5, 1, p.ErrorCode.UNAVAILABLE), opening(400), welcome(401)],
        ),
        (
            "facts: each once, in order; what came before and what is not asked for is dropped",
            None,
            [
                *opened(),
                subscribe(10, DOOR),
                fact(11, 8),
                joined(20, 2, 7, resumed=False),
                fact(21, 8),
                snapshot(22, 7),
                fact(23, 8, entered),
                fact(24, 8),
                fact(25, 3),
                fact(26, 9),
            ],
        ),
        (
            "a hole is asked for once; until the answer nothing of the older join counts",
            None,
            [
                *at_seven(),
                fact(30, 10),
                fact(31, 8),
                fact(32, 11),
                snapshot(33, 3),
                got(34, p.TopicClosed(topic=DOOR, code=p.ErrorCode.TOPIC_FORBIDDEN)),
                joined(40, 3, 7, resumed=True),
                *(fact(41, seq) for seq in (8, 9, 10, 11)),
            ],
        ),
        (
            "a lost last entry is found by the pongs, after two seconds",
            None,
            [*at_seven(), *(pong(at, 1, door=8) for at in (1_000, 2_000, 3_000, 3_100)), fact(3_200, 8)],
        ),
        (
            "being behind for a moment is nothing",
            None,
            [
                *at_seven(),
                pong(1_000, 1, door=8),
                fact(1_001, 8),
                pong(3_500, 1, door=8),
                pong(9_000, 1, door=9),
            ],
        ),
        (
            "a state that does not change is no reason to ask, however far the log goes on",
            None,
            [
                *opened(),
                subscribe(1, PUBLIC),
                joined(2, 2, 3, resumed=False, topic=PUBLIC),
                *(pong(at, 1, public=99) for at in (1_000, 4_000, 9_000)),
            ],
        ),
        (
            "after a drop it goes on from where it stood, and tells how much it missed",
            None,
            [
                *at_seven(),
                fact(30, 8),
                pong(40, 1, door=8),
                closed(50, 4000),
                *opened(1_000),
                joined(1_010, 4, 8, resumed=True),
                fact(1_011, 9),
                fact(1_012, 10),
                pong(1_013, 5, door=10),
                pong(1_500, 6, door=10),
            ],
        ),
        (
            "when the server cannot resume, the new snapshot rules, in its own epoch",
            None,
            [
                subscribe(0, DOOR, (41, "an older log")),
                *opened(),
                joined(10, 1, 5, resumed=False, epoch="e2"),
                fact(11, 42),
                snapshot(12, 5, epoch="e2"),
                fact(13, 6),
                closed(14, 1006),
                *opened(2_000),
            ],
        ),
        (
            "what comes for one who left is not for the one who came after",
            None,
            [
                *opened(),
                subscribe(1, DOOR),
                unsubscribe(2, DOOR),
                subscribe(3, DOOR),
                joined(10, 2, 5, resumed=False),
                snapshot(11, 5),
                refused(12, 2, p.ErrorCode.TOPIC_FORBIDDEN),
                joined(13, 4, 6, resumed=False),
                snapshot(14, 6),
                fact(15, 7),
            ],
        ),
        (
            "a topic that is unavailable is asked for again after two seconds, a forbidden one is not",
            None,
            [
                *opened(),
                subscribe(10, DOOR),
                refused(20, 2, p.ErrorCode.UNAVAILABLE),
                pong(500, 1),
                *ticks(1_000, 2_500),
                refused(2_600, 4, p.ErrorCode.TOPIC_FORBIDDEN),
                pong(3_000, 5),
                tick(3_000),
            ],
        ),
        (
            "a right taken away closes the topic and nothing else",
            None,
            [*at_seven(), got(30, p.TopicClosed(topic=DOOR, code=p.ErrorCode.TOPIC_FORBIDDEN)), fact(31, 8)],
        ),
        ("three seconds of silence are enough", None, [*opened(), *ticks(500, 3_500)]),
        (
            "a long snapshot is waited for, and half a minute is enough for it",
            None,
            [*opened(), subscribe(1, DOOR), joined(10, 2, 5, resumed=False), *ticks(500, 30_500)],
        ),
        (
            "after its snapshot three seconds of silence are enough again",
            None,
            [
                *opened(),
                subscribe(1, DOOR),
                joined(10, 2, 5, resumed=False),
                *ticks(500, 9_000),
                snapshot(9_010, 5),
                *ticks(9_500, 12_500),
            ],
        ),
        (
            "who slept asks first; who slept again without an answer gives up",
            None,
            [*opened(), tick(60_000), tick(60_500), pong(60_600, 2), tick(120_000), tick(180_000)],
        ),
        (
            "a socket that nobody answers is given up after eight seconds",
            None,
            [opening(0), *ticks(500, 8_500)],
        ),
        *(
            (f"closed with {code} by a server that was live", token, [*opened(), *more, closed(100, code)])
            for code, token, more in (
                (1001, None, [subscribe(1, PUBLIC)]),
                (1006, None, [subscribe(1, SALES)]),
                (4000, None, []),
                (4001, None, [subscribe(1, SALES), subscribe(1, PUBLIC)]),
                (4002, "secret", []),
                (4500, None, [subscribe(1, SALES)]),
                (4500, "secret", []),
                (4501, None, [subscribe(1, SALES), subscribe(1, PUBLIC)]),
                (4502, None, [subscribe(1, PUBLIC)]),
                (4999, None, []),
            )
        ),
        (
            "a server that says when to come back is obeyed once",
            None,
            [
                *opened(),
                got(10, p.GoingAway(after_ms=7_000)),
                fact(11, 1),
                closed(20, 4000),
                *opened(7_020),
                closed(7_030, 1006),
            ],
        ),
        (
            "failures add up until a pong proves the connection good",
            None,
            [
                opening(0),
                closed(1, 1006),
                opening(500),
                closed(501, 1006),
                *opened(2_000),
                closed(2_001, None),
                *opened(9_000),
                pong(9_001, 1),
                closed(9_002, None),
            ],
        ),
        (
            "the crowd is remembered until the server is back",
            None,
            [
                *opened(),
                subscribe(1, SALES),
                pong(2, 1),
                closed(3, 1006),
                opening(1_000),
                closed(1_001, 1006),
                *opened(3_000),
                pong(3_001, 4),
                closed(3_002, None),
            ],
        ),
        (
            "a scan is answered, refused, or left open by a drop",
            "secret",
            [
                scan(0),
                *opened(),
                got(5, p.Authenticated(ref=1, device=p.DeviceIdentity(id="d", name="Door A", event=SHOW))),
                scan(10),
                scan(11),
                scan(12),
                verdict(20, 3),
                verdict(21, 3),
                refused(22, 4, p.ErrorCode.SCAN_ID_TAKEN),
                closed(30, 1006),
            ],
        ),
        (
            "an undo is answered, refused, or left open by a drop",
            "secret",
            [
                undo(0),
                *opened(),
                got(5, p.Authenticated(ref=1, device=p.DeviceIdentity(id="d", name="Door A", event=SHOW))),
                *(undo(at) for at in (10, 11, 12, 13)),
                undone(20, 3, None),
                undone(21, 4, next(iter(UndoRefusal))),
                undone(22, 4, None),
                refused(23, 5, p.ErrorCode.SCAN_UNKNOWN),
                closed(30, None),
            ],
        ),
        (
            "part of a journal is answered, refused, or left open by a drop",
            "secret",
            [
                drain(0),
                *opened(),
                got(5, p.Authenticated(ref=1, device=p.DeviceIdentity(id="d", name="Door A", event=SHOW))),
                *(drain(at) for at in (10, 11, 12)),
                drained(20, 3),
                drained(21, 3),
                refused(22, 4, p.ErrorCode.UNAVAILABLE),
                closed(30, 1006),
            ],
        ),
        (
            "a device tells how it is, once it is live, and how far it knows the door's log",
            "secret",
            [
                heartbeat(0, unsent=3, battery=0.5, scanning=True),
                *opened(),
                heartbeat(1, unsent=3, battery=0.5, scanning=True),
                got(5, p.Authenticated(ref=1, device=p.DeviceIdentity(id="d", name="Door A", event=SHOW))),
                heartbeat(6, unsent=0, battery=None, scanning=None),
                subscribe(7, DOOR),
                joined(8, 4, 7, resumed=False),
                snapshot(9, 7),
                fact(10, 8),
                heartbeat(11, unsent=1, battery=1.0, scanning=False),
            ],
        ),
        (
            "nobody but a device has a heartbeat",
            None,
            [*opened(), heartbeat(1, unsent=0, battery=None, scanning=None)],
        ),
        (
            "who is at the door is told to who follows it, and to nobody who has just asked anew",
            None,
            [presence(0), *at_seven(), presence(30), fact(31, 9), presence(32)],
        ),
        (
            "the largest place in a log",
            None,
            [
                subscribe(0, DOOR, (SAFE - 1, "e1")),
                *opened(),
                joined(1, 1, SAFE - 1, resumed=True),
                fact(2, SAFE),
            ],
        ),
        (
            "what answers nobody's question changes nothing",
            None,
            [
                *opened(),
                refused(1, None, p.ErrorCode.MALFORMED),
                refused(2, 99, p.ErrorCode.UNAVAILABLE),
                got(3, p.Left(ref=9, topic=DOOR)),
            ],
        ),
    ]
