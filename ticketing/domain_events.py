"""Everything that can happen to a show, as the log keeps it: frozen, past tense, no personal data.

A domain event is written by `ticketing.log.append` in the transaction that changes the rows, and carries all that a
projection needs to follow without reading rows again (`snapshot + frames == fresh snapshot`). Amounts are minor
units, moments UTC milliseconds, ids canonical UUID strings, anchors 32 hex digits.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ticketing.admission import TicketStatus


class EventStatus(StrEnum):
    """A show's life. Only `on_sale` sells."""

    DRAFT = "draft"
    ON_SALE = "on_sale"
    PAUSED = "paused"
    ENDED = "ended"
    CANCELLED = "cancelled"


class ReleaseReason(StrEnum):
    """Why held seats went back on sale."""

    EXPIRED = "expired"
    ABANDONED = "abandoned"
    PAYMENT_UNAVAILABLE = "payment_unavailable"
    PAYMENT_FAILED = "payment_failed"


class ClosedBy(StrEnum):
    """What ended a ticket's right to enter."""

    REFUND = "refund"
    DISPUTE = "dispute"


class DisputePhase(StrEnum):
    """Where a dispute stands, in the words that matter to us."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


class UnknownOrders(StrEnum):
    """What a door without network does with an Order ID that is not on its list."""

    REFUSE = "refuse"
    ADMIT = "admit"
    SUPERVISOR = "supervisor"


class Doubt(StrEnum):
    """Why somebody should look at an admission that counts for no ticket."""

    TICKET_CLOSED = "ticket_closed"
    AFTER_REVOCATION = "after_revocation"
    BEYOND_ORDER = "beyond_order"
    ORDER_UNKNOWN = "order_unknown"
    CODE_UNKNOWN = "code_unknown"


class PinCheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a typed PIN is the supervisor's: PBKDF2-HMAC-SHA256 with `rounds` over the PIN and `salt` (16 bytes,
    base64) gives `hash` (32 bytes, base64)."""

    salt: str
    rounds: int
    hash: str


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="t", forbid_unknown_fields=True):
    """What every domain event is: a frozen struct tagged `t` in snake case, with the moment it happened."""

    at: int


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many tickets of one type."""

    ticket_type: str
    quantity: int


class PaidLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many tickets of one type, and what they brought: `base` to the venue, `fee` to NGN."""

    ticket_type: str
    quantity: int
    base: int
    fee: int


class IssuedTicket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket as the doors need it; they show the type's name."""

    ticket: str
    ticket_type: str
    type_name: str
    anchor: str


class EventStatusChanged(DomainEvent, frozen=True, kw_only=True, tag="event_status_changed"):
    """The show went on sale, was paused, ended or was cancelled."""

    status: EventStatus


class HoldPlaced(DomainEvent, frozen=True, kw_only=True, tag="hold_placed"):
    """A fan's order claims seats until paid or released."""

    order: str
    lines: tuple[Line, ...]


class HoldReleased(DomainEvent, frozen=True, kw_only=True, tag="hold_released"):
    """Claimed seats are on sale again."""

    order: str
    lines: tuple[Line, ...]
    reason: ReleaseReason


class OrderPaid(DomainEvent, frozen=True, kw_only=True, tag="order_paid"):
    """A hold became tickets. `from_hold` is false when a late payment took free seats instead; `order_hash` is how
    doors know the order (`order_id.hash_of`, in hex)."""

    order: str
    order_id: str
    lines: tuple[PaidLine, ...]
    base: int
    fee: int
    total: int
    currency: str
    tickets: tuple[IssuedTicket, ...]
    from_hold: bool
    order_hash: str = ""


class AllocationThresholdReached(DomainEvent, frozen=True, kw_only=True, tag="allocation_threshold_reached"):
    """Sell-through first reached `percent`; once per show and threshold."""

    percent: int
    left: int


class SoldOut(DomainEvent, frozen=True, kw_only=True, tag="sold_out"):
    """The last ticket of NGN's allocation was paid for; once per show."""

    sold: int


class TicketRedeemed(DomainEvent, frozen=True, kw_only=True, tag="ticket_redeemed"):
    """A ticket was let in: `at` is the moment at the door, `door` the device's name, `scan` the scan that did it.
    `status` is redeemed, unless the ticket was closed by the time that its entry was told."""

    ticket: str
    ticket_type: str
    anchor: str
    device: str
    door: str
    scan: str | None = None
    status: TicketStatus = TicketStatus.REDEEMED


class RedemptionMoved(DomainEvent, frozen=True, kw_only=True, tag="redemption_moved"):
    """Another scan turned out to be the ticket's entry: one that was earlier, and was told later. `entered_at`, `door`
    and `device` are of the entry that counts; `was_at` and `was_door` of the one that did."""

    ticket: str
    ticket_type: str
    anchor: str
    status: TicketStatus
    scan: str
    device: str
    door: str
    entered_at: int
    was_at: int
    was_door: str


class TicketUndone(DomainEvent, frozen=True, kw_only=True, tag="ticket_undone"):
    """An entry was taken back at the phone that had let the ticket in. `status` is what it is from now on: active,
    unless it was closed meanwhile; `at` is the moment of taking back, `entered_at` of the entry that was none."""

    ticket: str
    ticket_type: str
    anchor: str
    device: str
    door: str
    entered_at: int
    status: TicketStatus


class DoubleScanDetected(DomainEvent, frozen=True, kw_only=True, tag="double_scan_detected"):
    """A redeemed ticket was shown again. `admitted` tells whether the second phone, offline, let somebody in."""

    ticket: str
    anchor: str
    first_at: int
    first_door: str
    second_at: int
    second_door: str
    admitted: bool


class AdmissionDoubted(DomainEvent, frozen=True, kw_only=True, tag="admission_doubted"):
    """A phone let people in who count for no ticket; `count` of them. `anchor` and `ticket_type` are of the ticket that
    was shown, if there was one, and `order_id` is what was typed, if it can be an Order ID."""

    scan: str
    device: str
    door: str
    entered_at: int
    why: Doubt
    count: int
    anchor: str | None
    ticket_type: str | None
    order_id: str | None


class DoorPolicyChanged(DomainEvent, frozen=True, kw_only=True, tag="door_policy_changed"):
    """What doors do with an Order ID that they do not know."""

    unknown_orders: UnknownOrders
    supervisor: PinCheck | None


class ClosedTicket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket that does not, or does again, open the door; `status` is what it is from now on."""

    ticket: str
    ticket_type: str
    anchor: str
    status: TicketStatus


class TicketsClosed(DomainEvent, frozen=True, kw_only=True, tag="tickets_closed"):
    """These tickets do not enter any more. The order, as doors know it, lets in `admits` from now on."""

    order: str
    tickets: tuple[ClosedTicket, ...]
    closed_by: ClosedBy
    order_hash: str = ""
    admits: int = 0


class TicketsReopened(DomainEvent, frozen=True, kw_only=True, tag="tickets_reopened"):
    """A refund was refused, or a dispute won: these tickets are what they were. The order, as doors know it, lets in
    `admits` from now on."""

    order: str
    tickets: tuple[ClosedTicket, ...]
    order_hash: str = ""
    admits: int = 0


class RefundMade(DomainEvent, frozen=True, kw_only=True, tag="refund_made"):
    """Stripe sends money back. `seats` are on sale again; `of_sale` is false for a payment that never became a sale."""

    order: str
    order_id: str
    base: int
    fee: int
    total: int
    currency: str
    seats: tuple[Line, ...]
    of_sale: bool


class RefundFailed(DomainEvent, frozen=True, kw_only=True, tag="refund_failed"):
    """The fan's bank sent a refund back: the fan must be paid another way. `to_venue` of it rests with the venue."""

    order: str
    order_id: str
    base: int
    fee: int
    total: int
    currency: str
    of_sale: bool
    to_venue: int = 0


class DisputeChanged(DomainEvent, frozen=True, kw_only=True, tag="dispute_changed"):
    """A fan's bank asks for the money back, or has made up its mind. `seats` of a lost one are on sale again."""

    order: str
    order_id: str
    dispute: str
    phase: DisputePhase
    amount: int
    currency: str
    seats: tuple[Line, ...]


class DisputeMoneyMoved(DomainEvent, frozen=True, kw_only=True, tag="dispute_money_moved"):
    """A dispute took of the venue's money, or gave it back: `to_venue` is positive for what the venue received."""

    order: str
    order_id: str
    dispute: str
    to_venue: int
    currency: str


class TypeTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket type's allocation and price."""

    ticket_type: str
    allocation: int
    price: int


class AllocationChanged(DomainEvent, frozen=True, kw_only=True, tag="allocation_changed"):
    """The venue gave NGN more, or fewer, tickets to sell, or another price."""

    types: tuple[TypeTerms, ...]


AnyDomainEvent = (
    EventStatusChanged
    | HoldPlaced
    | HoldReleased
    | OrderPaid
    | AllocationThresholdReached
    | SoldOut
    | TicketRedeemed
    | TicketUndone
    | RedemptionMoved
    | DoubleScanDetected
    | AdmissionDoubted
    | DoorPolicyChanged
    | TicketsClosed
    | TicketsReopened
    | RefundMade
    | RefundFailed
    | DisputeChanged
    | DisputeMoneyMoved
    | AllocationChanged
)

_decoder = msgspec.json.Decoder(AnyDomainEvent)


def encode(event: AnyDomainEvent) -> str:
    """The log's form: compact JSON with the tag first."""
    return msgspec.json.encode(event).decode()


def decode(body: str | bytes) -> AnyDomainEvent:
    """Read a log entry's body. Raises msgspec.ValidationError for anything but a known domain event."""
    happened: AnyDomainEvent = _decoder.decode(body)
    return happened


def kind_of(event: AnyDomainEvent) -> str:
    """The tag, for the log's `kind` column."""
    tag = event.__struct_config__.tag
    assert isinstance(tag, str)
    return tag
