"""Conversations for docs/protocol.md, made of the protocol's own structs: none can say what a socket would not.

The door's manifest is a real one (two tickets); codes and tokens are made up.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Final

import msgspec

from realtime import protocol as p
from ticketing.admission import Admitted, Entry, RefusalReason, Refused, TicketStatus
from ticketing.domain_events import EventStatus, UnknownOrders
from ticketing.scans import Decision, ScanFact, UndoFact

SHOW: Final = "018f4e1a-0000-7000-8000-000000000001"
DOOR, SALES, PUBLIC = f"door:{SHOW}", f"sales:{SHOW}", f"public:{SHOW}"
_EPOCH: Final = "3e1b7a52-9f0c-4a51-9d0e-2f6f0b7d6a11"
_GENERAL: Final = "018f4e1a-0000-7000-8000-0000000000a1"
_DEVICE: Final = "018f4e1a-0000-7000-8000-0000000000d1"
_SCAN_ID: Final = "018f4e1b-7777-7000-8000-000000000001"
_OTHER_DEVICE: Final = "018f4e1a-0000-7000-8000-0000000000d2"
_LATER_SCAN_ID: Final = "018f4e1b-7777-7000-8000-000000000003"
_UNDO_ID: Final = "018f4e1b-7777-7000-8000-000000000002"
_ORDER: Final = "5d1c0de5d1c0de01"
_OTHER_ORDER: Final = "5d1c0de5d1c0de02"
_NOW: Final = 1_795_377_600_000
_ANCHORS: Final = tuple(sorted(hashlib.sha256(f"ticket {n}".encode()).digest()[:16] for n in range(2)))


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a conversation: a client's or a server's message, or (neither) what happens meanwhile."""

    message: p.ClientMessage | p.ServerMessage | None
    remark: str = ""

    def __str__(self) -> str:
        """As the documentation shows it: `C` is the client, `S` the server."""
        remark = f"   # {self.remark}" if self.remark else ""
        if self.message is None:
            return f"-- {self.remark}"
        who = "C" if isinstance(self.message, p.ClientMessage) else "S"
        return f"{who}: {text_of(self.message)}{remark}"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a client and a server say to each other, and what it shows."""

    title: str
    shows: str
    lines: tuple[Line, ...]


def text_of(message: p.ClientMessage | p.ServerMessage) -> str:
    """The very text that goes over the wire; a client leaves out what it does not know."""
    fields = msgspec.to_builtins(message)
    if isinstance(message, p.ClientMessage):
        fields = {name: value for name, value in fields.items() if value is not None}
    return msgspec.json.encode(fields).decode()


def example_of(tag: object) -> str:
    """The first message of a kind in the conversations. Raises StopIteration when none shows it."""
    messages = (line.message for conversation in conversations() for line in conversation.lines)
    return next(text_of(one) for one in messages if one is not None and one.__struct_config__.tag == tag)


def _joined(ref: int, topic: str, seq: int, *, resumed: bool) -> p.Joined:
    return p.Joined(ref=ref, topic=topic, epoch=_EPOCH, seq=seq, resumed=resumed)


def _fact(seq: int, fact: p.AnyFact, topic: str = DOOR) -> p.TopicFact:
    return p.TopicFact(topic=topic, seq=seq, fact=fact)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _entered() -> p.TicketEntered:
    return p.TicketEntered(
        anchor=_FIRST, at=_ENTERED_AT, door="Door A", status=TicketStatus.REDEEMED, scan_id=_SCAN_ID
    )


def _manifest() -> p.DoorSnapshot:
    return p.DoorSnapshot(
        event=p.DoorEvent(
            id=SHOW,
            title="The Midnight Owls",
            venue="The Crocodile",
            time_zone="America/Los_Angeles",
            doors_at=_NOW,
        ),
        window=p.DoorWindow(
            epoch=0,
            starts_at=_NOW - 3_600_000,
            steps=1_440,
            step_s=15,
            guard=8,
            skew=1,
            salt=_b64(hashlib.sha256(b"salt").digest()[:16]),
        ),
        count=2,
        checksum=hashlib.sha256(b"".join(_ANCHORS)).hexdigest(),
        type_names=("General admission",),
        door_names=(),
        anchors=_b64(b"".join(_ANCHORS)),
        types=_b64(bytes(2)),
        statuses=_b64(bytes(2)),
        entered_at=_b64(bytes(8)),
        doors=_b64(b"\xff\xff"),
        orders=_b64(bytes.fromhex(_ORDER)),
        order_admits=_b64(b"\x02"),
        public_key=_b64(hashlib.sha256(b"public key").digest()),
        unknown_orders=UnknownOrders.SUPERVISOR,
        supervisor_check=None,
    )


def _public(seq: int, left: int) -> p.TopicState:
    types = (p.TypeLeft(id=_GENERAL, left=left, sold_out=left == 0),)
    state = p.PublicState(status=EventStatus.ON_SALE, left=left, sold_out=left == 0, types=types)
    return p.TopicState(topic=PUBLIC, seq=seq, state=state)


_WELCOME = p.Welcome(
    version=p.PROTOCOL_VERSION, connection="7f0f5f0e-3a1c-4f62-8b1e-0d5f3b1c2a90", server_time=_NOW
)
_TOKEN = p.Authenticate(ref=1, token="made-up-token-of-a-paired-phone")  # noqa: S106  # nobody's
_BELIEVED = p.Authenticated(ref=1, device=p.DeviceIdentity(id=_DEVICE, name="Door A", event=SHOW))
_ENTERED_AT: Final = _NOW + 61_000
_FIRST: Final = _ANCHORS[0].hex()


@cache
def conversations() -> tuple[Conversation, ...]:
    """All of them. Made when asked for: a struct that has grown is missed here, and not by whoever imports."""
    return _fan(), _phone(), _coming_back(), _hole()


def _fan() -> Conversation:
    return Conversation(
        "A fan's page",
        "Anybody may follow a public topic. The state arrives at once and whenever it changes; the newest replaces "
        "the one before, and numbers in between may be left out.",
        (
            Line(_WELCOME),
            Line(p.Subscribe(ref=1, topic=PUBLIC)),
            Line(_joined(1, PUBLIC, 40, resumed=False)),
            Line(_public(40, 90)),
            Line(p.Ping(ref=2, at=_NOW + 12)),
            Line(p.Pong(ref=2, at=_NOW + 12, server_time=_NOW + 20, seqs={PUBLIC: 40})),
            Line(_public(47, 84), "seven more entries of the log, one state"),
            Line(p.Subscribe(ref=3, topic=SALES)),
            Line(p.RequestRefused(ref=3, code=p.ErrorCode.TOPIC_FORBIDDEN), "the socket goes on"),
            Line(p.Unsubscribe(ref=4, topic=PUBLIC)),
            Line(p.Left(ref=4, topic=PUBLIC)),
        ),
    )


def _phone() -> Conversation:
    return Conversation(
        "A door phone",
        "A paired device authenticates, takes the manifest, and is told every entry after it. Its own scan comes back "
        "as a verdict, and to every phone of the door as a fact.",
        (
            Line(_WELCOME),
            Line(_TOKEN),
            Line(_BELIEVED),
            Line(p.Subscribe(ref=2, topic=DOOR)),
            Line(_joined(2, DOOR, 47, resumed=False)),
            Line(p.TopicSnapshot(topic=DOOR, epoch=_EPOCH, seq=47, snapshot=_manifest())),
            Line(
                p.TopicPresence(
                    topic=DOOR,
                    devices=(
                        p.DeviceHere(
                            id=_DEVICE,
                            name="Door A",
                            online=True,
                            last_seen_at=_NOW,
                            unsent=None,
                            battery=None,
                            scanning=None,
                            seq=None,
                        ),
                    ),
                )
            ),
            Line(p.Heartbeat(ref=3, unsent=0, battery=0.82, scanning=True, seq=47)),
            Line(_fact(48, p.Nothing()), "an entry that is not the door's: only its seq counts"),
            Line(
                _fact(
                    49,
                    p.TicketsIssued(
                        tickets=(p.TicketRow(anchor="0f" * 16, ticket_type="General admission"),),
                        order=p.OrderNow(hash=_OTHER_ORDER, admits=1),
                    ),
                )
            ),
            Line(
                p.ScanTicket(
                    ref=4,
                    scan=ScanFact(
                        scan_id=_SCAN_ID,
                        device_seq=1,
                        code="100245" + "1234567890" * 3 + "123456789",
                        scanned_at=_ENTERED_AT,
                        clock_offset_ms=-240,
                        decision=Decision.ASKED,
                    ),
                )
            ),
            Line(
                p.VerdictGiven(
                    ref=4,
                    scan_id=_SCAN_ID,
                    acknowledged=Decision.ASKED,
                    verdict=Admitted(
                        ticket_type="General admission",
                        entry=Entry(at=_ENTERED_AT, door="Door A", scan_id=_SCAN_ID),
                    ),
                )
            ),
            Line(_fact(50, _entered())),
            Line(
                p.UndoScan(
                    ref=5,
                    undo=UndoFact(
                        undo_id=_UNDO_ID,
                        scan_id=_SCAN_ID,
                        device_seq=2,
                        undone_at=_ENTERED_AT + 9_000,
                        clock_offset_ms=-240,
                    ),
                ),
                "the wrong fan: taken back",
            ),
            Line(p.UndoAnswered(ref=5, undo_id=_UNDO_ID, scan_id=_SCAN_ID, refusal=None)),
            Line(_fact(51, p.TicketUndone(anchor=_FIRST, status=TicketStatus.ACTIVE))),
        ),
    )


def _coming_back() -> Conversation:
    return Conversation(
        "Coming back",
        "The server ends; the phone waits as it was told, opens another socket and goes on from its place. "
        "`resumed` is true: there is no snapshot, and nothing is missing or told twice.",
        (
            Line(p.GoingAway(after_ms=640)),
            Line(None, "the server closes with 4000; 640 ms later the phone connects again"),
            Line(_WELCOME),
            Line(_TOKEN),
            Line(_BELIEVED),
            Line(p.Subscribe(ref=2, topic=DOOR, since=51, epoch=_EPOCH)),
            Line(_joined(2, DOOR, 51, resumed=True)),
            Line(_fact(52, p.Nothing())),
            Line(_fact(53, p.Nothing())),
            Line(
                p.Drain(
                    ref=3,
                    scans=(
                        ScanFact(
                            scan_id=_LATER_SCAN_ID,
                            device_seq=3,
                            code="not a ticket",
                            scanned_at=_ENTERED_AT + 20_000,
                            clock_offset_ms=-240,
                            decision=Decision.REFUSED_OFFLINE,
                        ),
                    ),
                ),
                "what it decided while there was no network",
            ),
            Line(
                p.Drained(
                    ref=3,
                    scans=(
                        p.ScanAnswer(
                            scan_id=_LATER_SCAN_ID,
                            acknowledged=Decision.REFUSED_OFFLINE,
                            verdict=Refused(reason=RefusalReason.NOT_A_TICKET),
                        ),
                    ),
                    undos=(),
                    refused=(),
                )
            ),
            Line(p.Signal(ref=4, to=_OTHER_DEVICE, data="a word of theirs"), "to another phone of the door"),
            Line(p.Signalled(from_=_OTHER_DEVICE, data="its answer")),
            Line(p.Ping(ref=5, at=_NOW)),
            Line(
                p.Pong(ref=5, at=_NOW, server_time=_NOW, seqs={DOOR: 53}),
                "53 is the log's end: nothing is missing",
            ),
        ),
    )


def _hole() -> Conversation:
    return Conversation(
        "A hole",
        "An entry that does not follow the last one is not applied. The client subscribes again on the same socket, "
        "with its place, and applies nothing of the topic until that subscription's own `joined`.",
        (
            Line(_fact(54, p.Nothing())),
            Line(_fact(56, p.Nothing()), "55 is missing"),
            Line(p.Subscribe(ref=4, topic=DOOR, since=54, epoch=_EPOCH)),
            Line(_fact(57, p.Nothing()), "on its way before the server heard: dropped"),
            Line(_joined(4, DOOR, 54, resumed=True)),
            *(Line(_fact(seq, p.Nothing())) for seq in (55, 56, 57)),
            Line(p.TopicClosed(topic=DOOR, code=p.ErrorCode.TOPIC_FORBIDDEN), "a right has ended"),
        ),
    )
