"""Every message of `ngn.v1`, both ways. The viewpoint is the server's: a *client message* comes from the client.

This module is the protocol's only source: `make protocol` writes `protocol.schema.json`, the TypeScript types in
`realtime/client/protocol.gen.ts` and `docs/protocol.md` from it. Inbound is strict (unknown tags and fields are
refused); clients ignore what they do not know. Moments are UTC milliseconds, amounts minor units, anchors 32 hex
digits.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Annotated

import msgspec

from ticketing.admission import TicketStatus, Verdict
from ticketing.domain_events import DisputePhase, Doubt, EventStatus, PinCheck, ReleaseReason, UnknownOrders
from ticketing.scans import Decision, ScanFact, ScanId, UndoFact, UndoRefusal

PROTOCOL_VERSION = 1
SUBPROTOCOL = f"ngn.v{PROTOCOL_VERSION}"
"""The websocket subprotocol; a client that asks for none of ours is closed with `UNSUPPORTED_VERSION`."""
MAX_CLIENT_MESSAGE_BYTES = 65_536

Ref = Annotated[
    int, msgspec.Meta(ge=0, le=2**53 - 1, description="the client's number for a reply to find its question")
]
Millis = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1, description="UTC milliseconds")]
Seq = Annotated[
    int, msgspec.Meta(ge=0, le=2**53 - 1, description="place in the show's log; 0 is before the first entry")
]
TopicName = Annotated[str, msgspec.Meta(max_length=80, description="kind:event, for instance door:018f...")]
Anchor = Annotated[
    str, msgspec.Meta(pattern="^[0-9a-f]{32}$", description="a ticket's short code in the manifest")
]
OrderHash = Annotated[
    str, msgspec.Meta(pattern="^[0-9a-f]{16}$", description="an order, as the manifest knows it")
]
DeviceId = Annotated[str, msgspec.Meta(max_length=36, description="UUID")]
Base64 = Annotated[str, msgspec.Meta(description="standard base64 of raw bytes")]


class CloseCode(IntEnum):
    """What to do after a close: 4000-4499 reconnect (and resume), 4500-4999 do not."""

    GOING_AWAY = 4000
    SLOW_READER = 4001
    TOO_FAST = 4002
    NOT_AUTHORISED_ANY_MORE = 4500
    UNSUPPORTED_VERSION = 4501
    MALFORMED_MESSAGE = 4502


class ErrorCode(StrEnum):
    """Why a client message was refused. The prose lives in the client."""

    MALFORMED = "malformed"
    TOPIC_UNKNOWN = "topic_unknown"
    TOPIC_FORBIDDEN = "topic_forbidden"
    NOT_SUBSCRIBED = "not_subscribed"
    TOO_MANY_TOPICS = "too_many_topics"
    TOKEN_INVALID = "token_invalid"
    NOT_A_DEVICE = "not_a_device"
    SCAN_ID_TAKEN = "scan_id_taken"
    SCAN_UNKNOWN = "scan_unknown"
    DEVICE_UNKNOWN = "device_unknown"
    UNAVAILABLE = "unavailable"


CLOSE_ADVICE: dict[CloseCode, str] = {
    CloseCode.GOING_AWAY: "The server stops. Come back after the pause that its `going_away` named, and resume.",
    CloseCode.SLOW_READER: "You read too slowly, or the log's epoch has changed. Come back with back-off, and resume.",
    CloseCode.TOO_FAST: "You sent more than anybody needs to. Come back with back-off, and send less.",
    CloseCode.NOT_AUTHORISED_ANY_MORE: "The phone was revoked, or the person's session has ended. Do not come back "
    "as the same; a phone forgets its manifest, a page has its person sign in.",
    CloseCode.UNSUPPORTED_VERSION: "You offered no subprotocol that is spoken here. Do not come back before an update.",
    CloseCode.MALFORMED_MESSAGE: "You sent a binary message, or one that is too long. Do not come back: it is a fault.",
}
"""What a client does after each close."""
ERROR_ADVICE: dict[ErrorCode, str] = {
    ErrorCode.MALFORMED: "Unreadable: a kind, a field or a value that this version does not have. Sending it again "
    "changes nothing.",
    ErrorCode.TOPIC_UNKNOWN: "No topic is called that.",
    ErrorCode.TOPIC_FORBIDDEN: "It is not for you, or there is no such show; or your right to it has ended.",
    ErrorCode.NOT_SUBSCRIBED: "You do not follow that topic.",
    ErrorCode.TOO_MANY_TOPICS: "Leave a topic first.",
    ErrorCode.TOKEN_INVALID: "The token is nobody's, or was revoked. Pair the phone anew.",
    ErrorCode.NOT_A_DEVICE: "Only a paired phone may do that: authenticate first.",
    ErrorCode.SCAN_ID_TAKEN: "Another phone's scan or undo has this id. Nothing was kept; tell it under an id of "
    "your own.",
    ErrorCode.SCAN_UNKNOWN: "The scan to be undone was never told. Tell it, then the undo again.",
    ErrorCode.DEVICE_UNKNOWN: "No phone of this door has that id. Nothing was passed on.",
    ErrorCode.UNAVAILABLE: "The server could not do it now. Keep it, and ask again in some seconds.",
}
"""What a client does about each refusal."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value inside messages."""


class _Tagged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="t"):
    """A message, or a part that comes in several kinds."""


# --- client messages ---------------------------------------------------------------------------------------------


class Authenticate(_Tagged, frozen=True, kw_only=True, tag="authenticate"):
    """Speak as a paired device from now on."""

    ref: Ref
    token: Annotated[str, msgspec.Meta(max_length=128)]


class Subscribe(_Tagged, frozen=True, kw_only=True, tag="subscribe"):
    """Follow a topic. With `since` and `epoch` of an earlier visit, only what was missed is sent."""

    ref: Ref
    topic: TopicName
    since: Seq | None = None
    epoch: Annotated[str, msgspec.Meta(max_length=36)] | None = None


class Unsubscribe(_Tagged, frozen=True, kw_only=True, tag="unsubscribe"):
    """Stop following a topic."""

    ref: Ref
    topic: TopicName


class Ping(_Tagged, frozen=True, kw_only=True, tag="ping"):
    """Are you there? Also sets clocks: `at` comes back in the pong."""

    ref: Ref
    at: Millis


class ScanTicket(_Tagged, frozen=True, kw_only=True, tag="scan"):
    """A scan at the door. Asking again with the same `scan_id` gives the first answer again."""

    ref: Ref
    scan: ScanFact


class UndoScan(_Tagged, frozen=True, kw_only=True, tag="undo"):
    """Take an admission of this phone back. Telling the same `undo_id` again gives the first answer again.

    The scan itself must have been told before. The undo is judged by its own moment, so it may come late.
    """

    ref: Ref
    undo: UndoFact


class Drain(_Tagged, frozen=True, kw_only=True, tag="drain"):
    """Part of a phone's journal: scans and undos that it keeps, oldest first, in one message.

    They are judged together, whatever their order, and each is answered as if it had been told alone. Telling any of
    them again, here or by `scan` and `undo`, gives its first answer again.
    """

    ref: Ref
    scans: Annotated[tuple[ScanFact, ...], msgspec.Meta(max_length=200)] = ()
    undos: Annotated[tuple[UndoFact, ...], msgspec.Meta(max_length=200)] = ()


class Signal(_Tagged, frozen=True, kw_only=True, tag="signal"):
    """A word to another phone of the same door, by which the two find a way to each other on the local network.

    From devices that follow their door's topic only. It is passed on at most once, kept nowhere, and not answered.
    """

    ref: Ref
    to: DeviceId
    data: Annotated[str, msgspec.Meta(max_length=8192, description="theirs alone: passed on as it is")]


class Heartbeat(_Tagged, frozen=True, kw_only=True, tag="heartbeat"):
    """How this phone is, for everybody at its door and in the office; every 10 s, some sooner, some later.

    From devices only. It is not answered: only a refusal comes back. What a phone cannot know is null.
    """

    ref: Ref
    unsent: Annotated[
        int,
        msgspec.Meta(ge=0, le=1_000_000, description="scans in its journal that no server has acknowledged"),
    ]
    battery: Annotated[float, msgspec.Meta(ge=0, le=1, description="1 is full")] | None = None
    scanning: (
        Annotated[bool, msgspec.Meta(description="whether its camera runs and its page is in front")] | None
    ) = None
    seq: Annotated[Seq, msgspec.Meta(description="the last entry of the log that it knows")] | None = None


ClientMessage = (
    Authenticate | Subscribe | Unsubscribe | Ping | ScanTicket | UndoScan | Drain | Signal | Heartbeat
)

# --- facts: every one, once, in order ----------------------------------------------------------------------------


class TicketRow(_Part, frozen=True, kw_only=True):
    """A ticket as a door phone holds it: no name, no email."""

    anchor: Anchor
    ticket_type: str


class SaleLine(_Part, frozen=True, kw_only=True):
    """So many tickets of one type."""

    ticket_type: str
    quantity: int


class Nothing(_Tagged, frozen=True, kw_only=True, tag="nothing"):
    """An entry that is not for this audience: only its `seq` is told, so that every reader can count."""


class OrderNow(_Part, frozen=True, kw_only=True):
    """How many people an order's tickets let in from now on, whether they are in by now or not."""

    hash: OrderHash
    admits: int


class TicketsIssued(_Tagged, frozen=True, kw_only=True, tag="tickets_issued"):
    """New tickets for the manifest, all of one order."""

    tickets: tuple[TicketRow, ...]
    order: OrderNow | None = None


class TicketNow(_Part, frozen=True, kw_only=True):
    """What a ticket is from now on."""

    anchor: Anchor
    status: TicketStatus


class TicketsChanged(_Tagged, frozen=True, kw_only=True, tag="tickets_changed"):
    """A refund or a dispute closed these tickets of one order, or gave them back."""

    tickets: tuple[TicketNow, ...]
    order: OrderNow | None = None


class TicketEntered(_Tagged, frozen=True, kw_only=True, tag="ticket_entered"):
    """A ticket was let in; it is red everywhere from now on.

    `status` is redeemed, unless it was closed before a phone without network told of its entry.
    """

    anchor: Anchor
    at: Millis
    door: str
    status: TicketStatus = TicketStatus.REDEEMED
    scan_id: ScanId | None = None


class EntryMoved(_Tagged, frozen=True, kw_only=True, tag="entry_moved"):
    """Another scan turned out to be the ticket's entry: an earlier one, told later. `at` and `door` are of the entry
    that counts from now on, `was_at` and `was_door` of the one that did."""

    anchor: Anchor
    status: TicketStatus
    at: Millis
    door: str
    scan_id: ScanId
    was_at: Millis
    was_door: str


class TicketUndone(_Tagged, frozen=True, kw_only=True, tag="ticket_undone"):
    """An entry was taken back: the ticket is `status` from now on, and never was in."""

    anchor: Anchor
    status: TicketStatus


class TicketSeenTwice(_Tagged, frozen=True, kw_only=True, tag="ticket_seen_twice"):
    """A redeemed ticket was shown again; `admitted` means that a phone without network let it in."""

    anchor: Anchor
    first_at: Millis
    first_door: str
    second_at: Millis
    second_door: str
    admitted: bool


class EntryDoubted(_Tagged, frozen=True, kw_only=True, tag="entry_doubted"):
    """A phone let `count` people in who count for no ticket. `anchor` is of the ticket that was shown, if any was."""

    why: Doubt
    at: Millis
    door: str
    count: int
    anchor: Anchor | None


class DoorPolicy(_Tagged, frozen=True, kw_only=True, tag="door_policy"):
    """What doors do from now on with an Order ID that they do not know."""

    unknown_orders: UnknownOrders
    supervisor_check: PinCheck | None


class SaleMade(_Tagged, frozen=True, kw_only=True, tag="sale_made"):
    """Cha-ching."""

    order_id: str
    lines: tuple[SaleLine, ...]
    quantity: int
    base: int
    fee: int
    total: int
    currency: str
    at: Millis
    from_hold: bool


class SeatsHeld(_Tagged, frozen=True, kw_only=True, tag="seats_held"):
    """Somebody is paying right now."""

    lines: tuple[SaleLine, ...]


class SeatsReleased(_Tagged, frozen=True, kw_only=True, tag="seats_released"):
    """Held seats are on sale again."""

    lines: tuple[SaleLine, ...]
    reason: ReleaseReason


class FanEntered(_Tagged, frozen=True, kw_only=True, tag="fan_entered"):
    """Somebody came in, as the venue's office sees it."""

    ticket_type: str
    at: Millis
    door: str


class EntryUndone(_Tagged, frozen=True, kw_only=True, tag="entry_undone"):
    """An entry was taken back where it was made: one less has come in, as the venue's office sees it."""

    ticket_type: str
    entered_at: Millis
    door: str
    at: Millis


class AdmissionMoved(_Tagged, frozen=True, kw_only=True, tag="admission_moved"):
    """A ticket's entry was an earlier one, at `door`, than the one that counted: nobody more has come in."""

    ticket_type: str
    at: Millis
    door: str
    was_at: Millis
    was_door: str


class AdmissionDoubted(_Tagged, frozen=True, kw_only=True, tag="admission_doubted"):
    """A phone let `count` people in who count for no ticket: somebody in the office should look."""

    why: Doubt
    at: Millis
    door: str
    count: int
    ticket_type: str | None
    order_id: str | None


class DoubleScan(_Tagged, frozen=True, kw_only=True, tag="double_scan"):
    """A redeemed ticket was shown again, as the venue's office sees it."""

    first_at: Millis
    first_door: str
    second_at: Millis
    second_door: str
    admitted: bool


class StatusChanged(_Tagged, frozen=True, kw_only=True, tag="status_changed"):
    """The show went on sale, was paused, ended or was cancelled."""

    status: EventStatus


class RefundSent(_Tagged, frozen=True, kw_only=True, tag="refund_sent"):
    """Money goes back to a fan; `seats` are on sale again.

    `of_sale` is false for a payment that came too late to become a sale: it is in none of the totals.
    """

    order_id: str
    base: int
    fee: int
    total: int
    currency: str
    seats: tuple[SaleLine, ...]
    at: Millis
    of_sale: bool


class RefundReturned(_Tagged, frozen=True, kw_only=True, tag="refund_returned"):
    """The fan's bank sent a refund back: the fan must be paid another way.

    `to_venue` of it rests with the venue, the rest with NGN: the sale's money stays refunded but for that.
    """

    order_id: str
    base: int
    fee: int
    total: int
    currency: str
    at: Millis
    of_sale: bool
    to_venue: int


class DisputeMoved(_Tagged, frozen=True, kw_only=True, tag="dispute_moved"):
    """A fan's bank asks for the money back, or has made up its mind; `seats` are on sale again."""

    dispute: str
    order_id: str
    phase: DisputePhase
    amount: int
    currency: str
    seats: tuple[SaleLine, ...]
    at: Millis


class DisputeMoneyMoved(_Tagged, frozen=True, kw_only=True, tag="dispute_money_moved"):
    """A dispute took of the venue's money, or gave it back: `to_venue` is positive for what the venue received."""

    dispute: str
    order_id: str
    to_venue: int
    currency: str
    at: Millis


class TypeNow(_Part, frozen=True, kw_only=True):
    """A ticket type's allocation and price from now on."""

    id: str
    allocation: int
    price: int


class TermsChanged(_Tagged, frozen=True, kw_only=True, tag="terms_changed"):
    """The venue changed what NGN may sell, or for how much."""

    types: tuple[TypeNow, ...]


class ThresholdReached(_Tagged, frozen=True, kw_only=True, tag="threshold_reached"):
    """Sell-through reached `percent` for the first time."""

    percent: int
    left: int


class AllocationSoldOut(_Tagged, frozen=True, kw_only=True, tag="allocation_sold_out"):
    """The last ticket was sold."""

    at: Millis


DoorFact = (
    Nothing
    | TicketsIssued
    | TicketsChanged
    | TicketEntered
    | TicketUndone
    | EntryMoved
    | TicketSeenTwice
    | EntryDoubted
    | DoorPolicy
)
SalesFact = (
    Nothing
    | SaleMade
    | SeatsHeld
    | SeatsReleased
    | FanEntered
    | EntryUndone
    | AdmissionMoved
    | AdmissionDoubted
    | DoubleScan
    | StatusChanged
    | ThresholdReached
    | AllocationSoldOut
    | RefundSent
    | RefundReturned
    | DisputeMoved
    | DisputeMoneyMoved
    | TermsChanged
)
AnyFact = (
    Nothing
    | TicketsIssued
    | TicketsChanged
    | TicketEntered
    | TicketUndone
    | EntryMoved
    | TicketSeenTwice
    | EntryDoubted
    | DoorPolicy
    | SaleMade
    | SeatsHeld
    | SeatsReleased
    | FanEntered
    | EntryUndone
    | AdmissionMoved
    | AdmissionDoubted
    | DoubleScan
    | StatusChanged
    | ThresholdReached
    | AllocationSoldOut
    | RefundSent
    | RefundReturned
    | DisputeMoved
    | DisputeMoneyMoved
    | TermsChanged
)

# --- state and snapshots -----------------------------------------------------------------------------------------


class TypeCount(_Part, frozen=True, kw_only=True):
    """A ticket type's numbers. What is left to buy is `allocation - sold - held`."""

    id: str
    name: str
    price: int
    allocation: int
    held: int
    sold: int


class TypeLeft(_Part, frozen=True, kw_only=True):
    """Tickets of one type that a fan can still buy; none left is sold out only when every one of them is paid for."""

    id: str
    left: int
    sold_out: bool


class PublicState(_Tagged, frozen=True, kw_only=True, tag="public_state"):
    """What anyone may know."""

    status: EventStatus
    left: int
    sold_out: bool
    types: tuple[TypeLeft, ...]


class ArtistState(_Tagged, frozen=True, kw_only=True, tag="artist_state"):
    """What the artist's sold-out bar shows."""

    status: EventStatus
    allocation: int
    sold: int
    sold_out_at: Millis | None


class FeedSale(_Part, frozen=True, kw_only=True):
    """One line of the cha-ching feed."""

    seq: Seq
    order_id: str
    lines: tuple[SaleLine, ...]
    quantity: int
    base: int
    fee: int
    total: int
    currency: str
    at: Millis


class FeedEntry(_Part, frozen=True, kw_only=True):
    """One line of the door's log, as the office sees it; `undone` when an entry was taken back there, `moved` when the
    line only says that a ticket's entry was an earlier one."""

    seq: Seq
    ticket_type: str
    at: Millis
    door: str
    undone: bool
    moved: bool


class FeedDoubleScan(_Part, frozen=True, kw_only=True):
    """One double scan, as the office sees it."""

    seq: Seq
    first_at: Millis
    first_door: str
    second_at: Millis
    second_door: str
    admitted: bool


class FeedDoubt(_Part, frozen=True, kw_only=True):
    """One admission that counts for no ticket, as the office sees it."""

    seq: Seq
    why: Doubt
    at: Millis
    door: str
    count: int
    ticket_type: str | None
    order_id: str | None


class FeedRefund(_Part, frozen=True, kw_only=True):
    """One refund, as the office sees it; `failed` when the fan's bank sent it back."""

    seq: Seq
    order_id: str
    base: int
    fee: int
    total: int
    currency: str
    at: Millis
    failed: bool


class FeedDispute(_Part, frozen=True, kw_only=True):
    """One step of a dispute, as the office sees it."""

    seq: Seq
    dispute: str
    order_id: str
    phase: DisputePhase
    amount: int
    currency: str
    at: Millis


class Sums(_Part, frozen=True, kw_only=True):
    """Money in three parts: the venue's, NGN's, and the fans'."""

    base: int
    fee: int
    total: int


class SalesSnapshot(_Tagged, frozen=True, kw_only=True, tag="sales_snapshot"):
    """The venue's page as of `seq`: totals over all sales, and the newest lines of each feed, newest first.

    What is left to the venue is `base - refunded.base - disputed`: `disputed` is what disputes hold of its money.
    """

    status: EventStatus
    currency: str
    types: tuple[TypeCount, ...]
    base: int
    fee: int
    total: int
    refunded: Sums
    disputed: int
    entered: int
    sold_out_at: Millis | None
    sales: tuple[FeedSale, ...]
    entries: tuple[FeedEntry, ...]
    double_scans: tuple[FeedDoubleScan, ...]
    doubts: tuple[FeedDoubt, ...]
    refunds: tuple[FeedRefund, ...]
    disputes: tuple[FeedDispute, ...]


FEED_LENGTH = 50
"""Lines that a snapshot's feeds hold at most."""


class DoorWindow(_Part, frozen=True, kw_only=True):
    """When live codes run, and what the phone needs to walk them. `salt` is base64 of 16 bytes."""

    epoch: int
    starts_at: Millis
    steps: int
    step_s: int
    guard: int
    skew: int
    salt: Base64


class DoorEvent(_Part, frozen=True, kw_only=True):
    """The show, as the door phone's header tells it."""

    id: str
    title: str
    venue: str
    time_zone: str
    doors_at: Millis


class DoorSnapshot(_Tagged, frozen=True, kw_only=True, tag="door_snapshot"):
    """The manifest: columns of one ticket each, sorted by anchor; never a name or an email.

    `anchors` holds 16 bytes a ticket; `types` one byte (index into `type_names`); `statuses` one byte
    (0 active, 1 redeemed, 2 refunded, 3 void); `entered_at` four bytes, big endian: seconds since
    `window.starts_at` minus one day, 0 for never; `doors` one byte (index into `door_names`, 255 for none).
    `checksum` is the SHA-256, in hex, of the raw anchors.

    `orders` holds 8 bytes an order, sorted, and `order_admits` one byte each: how many people its tickets let in (255
    for more). An Order ID's 8 bytes are the first of SHA-256 over `ngn/v1|order|`, the event's id, `|` and the eleven
    characters without dashes. `public_key` (32 bytes) is the event's Ed25519 key, which late-sale certificates are
    checked with. `unknown_orders` says what to do without network about an Order ID that is not among them.
    """

    event: DoorEvent
    window: DoorWindow
    count: int
    checksum: str
    type_names: tuple[str, ...]
    door_names: tuple[str, ...]
    anchors: Base64
    types: Base64
    statuses: Base64
    entered_at: Base64
    doors: Base64
    orders: Base64
    order_admits: Base64
    public_key: Base64
    unknown_orders: UnknownOrders
    supervisor_check: PinCheck | None


Snapshot = SalesSnapshot | DoorSnapshot
State = PublicState | ArtistState

# --- server messages ---------------------------------------------------------------------------------------------


class DeviceIdentity(_Part, frozen=True, kw_only=True):
    """Who the phone is: its name is what other phones show as the door."""

    id: str
    name: str
    event: str


class Welcome(_Tagged, frozen=True, kw_only=True, tag="welcome"):
    """First of all, once."""

    version: int
    connection: str
    server_time: Millis


class GoingAway(_Tagged, frozen=True, kw_only=True, tag="going_away"):
    """This process is about to stop and will close the socket (4000): what was asked already is still answered.

    Come back `after_ms` after the close. Everybody is told another pause, so that not all come back at once.
    """

    after_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000, description="milliseconds")]


class Authenticated(_Tagged, frozen=True, kw_only=True, tag="authenticated"):
    """The token is good."""

    ref: Ref
    device: DeviceIdentity


class Joined(_Tagged, frozen=True, kw_only=True, tag="joined"):
    """The topic follows: a snapshot or state if the client has none it can build on, then each entry after `seq`."""

    ref: Ref
    topic: TopicName
    epoch: str
    seq: Seq
    resumed: bool


class Left(_Tagged, frozen=True, kw_only=True, tag="left"):
    """The topic is not followed any more."""

    ref: Ref
    topic: TopicName


class Pong(_Tagged, frozen=True, kw_only=True, tag="pong"):
    """Here I am; and the last `seq` of each topic that this socket follows, so that nobody misses a lost last entry."""

    ref: Ref
    at: Millis
    server_time: Millis
    seqs: dict[str, int]


class VerdictGiven(_Tagged, frozen=True, kw_only=True, tag="verdict"):
    """The answer to a scan. It acknowledges the kind of fact it names, and no other."""

    ref: Ref
    scan_id: ScanId
    acknowledged: Decision
    verdict: Verdict


class UndoAnswered(_Tagged, frozen=True, kw_only=True, tag="undo_answered"):
    """The undo is on record and may leave the phone's journal. `refusal` null: the admission was taken back."""

    ref: Ref
    undo_id: ScanId
    scan_id: ScanId
    refusal: UndoRefusal | None


class ScanAnswer(_Part, frozen=True, kw_only=True):
    """A scan is on record. Only a fact of the kind `acknowledged` may leave the phone's journal for it."""

    scan_id: ScanId
    acknowledged: Decision
    verdict: Verdict


class UndoAnswer(_Part, frozen=True, kw_only=True):
    """An undo is on record and may leave the phone's journal. `refusal` null: the admission was taken back."""

    undo_id: ScanId
    scan_id: ScanId
    refusal: UndoRefusal | None


class NotKept(_Part, frozen=True, kw_only=True):
    """A scan or an undo, by its own id, of which nothing was kept: it stays in the journal."""

    id: ScanId
    code: ErrorCode


class Drained(_Tagged, frozen=True, kw_only=True, tag="drained"):
    """The answer to a drain: everything that was in it is in one of the lists."""

    ref: Ref
    scans: tuple[ScanAnswer, ...]
    undos: tuple[UndoAnswer, ...]
    refused: tuple[NotKept, ...]


class Signalled(_Tagged, frozen=True, kw_only=True, tag="signalled"):
    """Another phone of this door has a word for this one."""

    from_: DeviceId = msgspec.field(name="from")
    data: str


class RequestRefused(_Tagged, frozen=True, kw_only=True, tag="request_refused"):
    """A client message that changed nothing. `ref` is null when it could not be read."""

    ref: Ref | None
    code: ErrorCode


class TopicSnapshot(_Tagged, frozen=True, kw_only=True, tag="snapshot"):
    """All of a facts topic as of `seq`: forget what you had."""

    topic: TopicName
    epoch: str
    seq: Seq
    snapshot: Snapshot


class TopicFact(_Tagged, frozen=True, kw_only=True, tag="fact"):
    """The log's next entry for this topic: `seq` is one more than the last one's."""

    topic: TopicName
    seq: Seq
    fact: AnyFact


class TopicState(_Tagged, frozen=True, kw_only=True, tag="state"):
    """A state topic's newest state; it replaces the one before."""

    topic: TopicName
    seq: Seq
    state: State


class DeviceHere(_Part, frozen=True, kw_only=True):
    """One phone of the door. `unsent`, `battery`, `scanning` and `seq` are as its last heartbeat told, null for never.

    `online` stays true for some 15 s after a phone has left: most of them are back by then.
    """

    id: str
    name: str
    online: bool
    last_seen_at: Millis | None
    unsent: int | None
    battery: float | None
    scanning: bool | None
    seq: Seq | None


class TopicPresence(_Tagged, frozen=True, kw_only=True, tag="presence"):
    """Who is at the door: its phones (100 at most), in place of the list before. Told to door and sales topics.

    It comes after joining and whenever it changes, at most once a second; it is no entry of the log.
    """

    topic: TopicName
    devices: tuple[DeviceHere, ...]


class TopicClosed(_Tagged, frozen=True, kw_only=True, tag="topic_closed"):
    """The server ended a subscription, for instance because a right was taken away."""

    topic: TopicName
    code: ErrorCode


ServerMessage = (
    Welcome
    | GoingAway
    | Authenticated
    | Joined
    | Left
    | Pong
    | VerdictGiven
    | UndoAnswered
    | Drained
    | Signalled
    | RequestRefused
    | TopicSnapshot
    | TopicFact
    | TopicState
    | TopicPresence
    | TopicClosed
)

_client_decoder = msgspec.json.Decoder(ClientMessage)
_encoder = msgspec.json.Encoder()


def decode_client(data: str | bytes) -> ClientMessage:
    """Read one client message. Raises msgspec.DecodeError (of which ValidationError is one) for anything else."""
    try:
        message: ClientMessage = _client_decoder.decode(data)
    except (RecursionError, UnicodeError) as error:
        # Thousands of brackets before the tag, or half a surrogate pair: not JSON that a client of ours writes.
        raise msgspec.DecodeError(str(error)) from error
    return message


def encode(message: ServerMessage) -> str:
    """A server message's text, ready to be handed to any number of sockets."""
    return _encoder.encode(message).decode()
