"""The tables, one file per aggregate."""

from ticketing.models.accounts import (
    Artist,
    ArtistMembership,
    ChargeMode,
    Role,
    User,
    Venue,
    VenueMembership,
)
from ticketing.models.disputes import REFUNDABLE, Dispute
from ticketing.models.events import Event, TicketType
from ticketing.models.fees import PlatformFees
from ticketing.models.ledger import DISPUTE_KINDS, LedgerEntry, LedgerKind
from ticketing.models.log import LogEntry, LogHead
from ticketing.models.orders import Order, OrderLine, OrderStatus
from ticketing.models.refunds import MONEY_IS_BACK, Refund, RefundReason, RefundStatus, RefundTicket
from ticketing.models.scans import Device, PairingCode, Scan, Undo
from ticketing.models.stripe_events import InboxState, StripeEvent
from ticketing.models.tickets import Ticket

__all__ = [
    "DISPUTE_KINDS",
    "MONEY_IS_BACK",
    "REFUNDABLE",
    "Artist",
    "ArtistMembership",
    "ChargeMode",
    "Device",
    "Dispute",
    "Event",
    "InboxState",
    "LedgerEntry",
    "LedgerKind",
    "LogEntry",
    "LogHead",
    "Order",
    "OrderLine",
    "OrderStatus",
    "PairingCode",
    "PlatformFees",
    "Refund",
    "RefundReason",
    "RefundStatus",
    "RefundTicket",
    "Role",
    "Scan",
    "StripeEvent",
    "Ticket",
    "TicketType",
    "Undo",
    "User",
    "Venue",
    "VenueMembership",
]
