"""What the gateway's bench finds in its database: shows, phones with their tokens, entries that were missed."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

import msgspec
from django.db import transaction

from tests.benchmarks.holding import hush
from tests.factories import NOW, a_show, a_user, a_venue
from ticketing import domain_events as e
from ticketing import log
from ticketing.models import Device


class House(msgspec.Struct, frozen=True, kw_only=True):
    """Shows, each with its only ticket type and its log's end, and the tokens of phones at the first one's door."""

    shows: tuple[str, ...]
    types: tuple[str, ...]
    seqs: tuple[int, ...]
    epochs: tuple[str, ...]
    tokens: tuple[str, ...]


def make_house(*, shows: int, phones: int) -> House:
    """Put so many shows on sale and pair so many phones with the first."""
    hush()
    venue = a_venue()
    events = [a_show(venue=venue) for _ in range(shows)]
    heads = log.heads([event.pk for event in events])
    tokens = tuple(secrets.token_urlsafe(32) for _ in range(phones))
    # Pairing takes two transactions a phone; five thousand are put in as rows.
    by = a_user()
    Device.objects.bulk_create(
        Device(
            event=events[0],
            name=f"Door {number}",
            token_hash=hashlib.sha256(token.encode()).digest(),
            paired_by=by,
            created_at=NOW,
        )
        for number, token in enumerate(tokens)
    )
    return House(
        shows=tuple(str(event.pk) for event in events),
        types=tuple(str(event.ticket_types.get().pk) for event in events),
        seqs=tuple(heads[event.pk].seq for event in events),
        epochs=tuple(heads[event.pk].epoch for event in events),
        tokens=tokens,
    )


def append_entries(*, show: str, number: int) -> int:
    """Let so many people in, as the log tells of it; the last entry's `seq`."""
    hush()
    seq = 0
    with transaction.atomic():
        for turn in range(number):
            entered = e.TicketRedeemed(
                ticket=f"01945e9c-0000-7000-8000-{turn:012d}",
                ticket_type="01945e9c-0000-7000-8000-000000000002",
                anchor=secrets.token_hex(16),
                device="01945e9c-0000-7000-8000-000000000003",
                door="Door 1",
                at=1_790_000_000_000 + turn,
            )
            seq = log.append(event_id=UUID(show), happened=entered, now=NOW)
    return seq
