"""The doorbell: a committed entry is called out on its show's group. At most once, and that is enough.

Channels' groups drop silently when full and lose what is sent while Redis is away. The log is the truth; the hub
reads it when the doorbell tells of an entry that does not follow, and every few seconds in any case.
"""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from ticketing.log import Announcement


class Ring(TypedDict):
    """The layer's message. Its `type` is fixed: no text from outside ever picks a handler."""

    type: str
    event_id: str
    seq: int
    body: str


def group_of(event_id: UUID) -> str:
    """The show's one group, to which each process subscribes once."""
    return f"show.{event_id.hex}"


def ring(announcement: Announcement) -> None:
    """Call out one committed entry. Called in a thread, after commit."""
    message = Ring(
        type="show.entry", event_id=str(announcement.event_id), seq=announcement.seq, body=announcement.body
    )
    async_to_sync(get_channel_layer().group_send)(group_of(announcement.event_id), message)
