"""The log entry that the gateway's bench tells of: somebody was let in."""

from __future__ import annotations

from uuid import UUID

from realtime import protocol as p
from realtime import translate
from ticketing import domain_events as e

_SHOW = UUID("01945e9c-0000-7000-8000-000000000000")


def entered(*, at: int, door: str) -> e.TicketRedeemed:
    """A ticket let in at a moment, through a door whose name makes the frame as long as is wanted."""
    return e.TicketRedeemed(
        ticket="01945e9c-0000-7000-8000-000000000001",
        ticket_type="01945e9c-0000-7000-8000-000000000002",
        anchor="0123456789abcdef0123456789abcdef",
        device="01945e9c-0000-7000-8000-000000000003",
        door=door,
        at=at,
    )


def door_of(frame_bytes: int) -> str:
    """A door's name that makes the phones' message of the entry so many bytes long."""
    fact = translate.door_fact(entered(at=1_000_000_000_000, door=""))
    nameless = p.encode(p.TopicFact(topic=f"door:{_SHOW}", seq=1_000, fact=fact))
    return "D" * max(1, frame_bytes - len(nameless))
