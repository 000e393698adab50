"""The tables, one file per aggregate."""

from ticketing.models.accounts import Artist, ArtistMembership, Role, User, Venue, VenueMembership
from ticketing.models.events import Event, TicketType
from ticketing.models.log import LogEntry, LogHead
from ticketing.models.orders import Order, OrderLine, OrderStatus
from ticketing.models.scans import Device, PairingCode, Scan
from ticketing.models.stripe_events import InboxState, StripeEvent
from ticketing.models.tickets import Ticket

__all__ = [
    "Artist",
    "ArtistMembership",
    "Device",
    "Event",
    "InboxState",
    "LogEntry",
    "LogHead",
    "Order",
    "OrderLine",
    "OrderStatus",
    "PairingCode",
    "Role",
    "Scan",
    "StripeEvent",
    "Ticket",
    "TicketType",
    "User",
    "Venue",
    "VenueMembership",
]
