"""What a door is told of an Order ID before it lets anybody in by it: how many good tickets, how many people inside."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, Q

from ticketing import order_id
from ticketing.admission import TicketStatus
from ticketing.models import Ticket

LIMITS = ((10, 60), (30, 3_600))
"""So many look-ups in so many seconds, for each phone: Order IDs are not to be tried out. The phone itself keeps the
same limits (`bouncer_client/src/core/allowance.ts`), so that an honest one never meets these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAtDoor:
    """`tickets` that open the door, or did; `inside` of them have entered. Both 0 for no order of this event."""

    known: bool
    tickets: int
    inside: int


def look_up(*, event_id: UUID, typed: str) -> OrderAtDoor:
    """What is known of an Order ID as typed. An order without tickets is as unknown as none."""
    parsed = order_id.parse(typed)
    if parsed is None:
        return OrderAtDoor(known=False, tickets=0, inside=0)
    inside = Q(status=TicketStatus.REDEEMED)
    counts = Ticket.objects.filter(event_id=event_id, order__order_id=parsed).aggregate(
        issued=Count("pk"),
        tickets=Count("pk", filter=inside | Q(status=TicketStatus.ACTIVE)),
        inside=Count("pk", filter=inside),
    )
    return OrderAtDoor(known=counts["issued"] > 0, tickets=counts["tickets"], inside=counts["inside"])


def may_look_up(device_id: UUID) -> bool:
    """Count one look-up of this phone; whether it is within the limits."""
    counts = [_counted(f"door-order:{device_id}:{seconds}", seconds) for _, seconds in LIMITS]
    return all(count <= most for count, (most, _) in zip(counts, LIMITS, strict=True))


def _counted(key: str, seconds: int) -> int:
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key)
    except ValueError:  # its time was up between the two
        cache.set(key, 1, seconds)
        return 1
