"""Topics: what there is to follow, and who may."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from ticketing import rights
from ticketing.domain_events import EventStatus
from ticketing.models import Device, Event


class Audience(StrEnum):
    """For whom the log is projected."""

    DOOR = "door"
    SALES = "sales"
    ARTIST = "artist"
    PUBLIC = "public"

    @property
    def reads_facts(self) -> bool:
        """Facts are never lost; the other audiences read state, of which only the newest counts."""
        return self in (Audience.DOOR, Audience.SALES)


@dataclass(frozen=True, slots=True)
class Topic:
    """One show for one audience."""

    audience: Audience
    event_id: UUID

    @property
    def name(self) -> str:
        """As it is on the wire: `door:018f...`."""
        return f"{self.audience}:{self.event_id}"


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody in particular: a fan who looks."""


@dataclass(frozen=True, slots=True)
class Member:
    """A signed-in person."""

    user_id: UUID


@dataclass(frozen=True, slots=True)
class DoorDevice:
    """A paired phone, of one event's door."""

    device_id: UUID
    event_id: UUID
    name: str


Principal = Anonymous | Member | DoorDevice


def parse(name: str) -> Topic | None:
    """Read a topic's name; None for anything but an audience, a colon and a canonical UUID."""
    audience, _, event = name.partition(":")
    try:
        topic = Topic(Audience(audience), UUID(event))
    except ValueError:
        return None
    return topic if topic.name == name else None


def may_join(principal: Principal, topic: Topic) -> bool:
    """The one place that decides who may follow what. Asks the database each time: rights end."""
    match principal, topic.audience:
        case _, Audience.PUBLIC:
            return Event.objects.filter(pk=topic.event_id).exclude(status=EventStatus.DRAFT).exists()
        case DoorDevice(device_id=device, event_id=event), Audience.DOOR:
            theirs = Device.objects.filter(pk=device, event_id=event, revoked_at=None)
            return event == topic.event_id and theirs.exists()
        case Member(user_id=user), Audience.SALES:
            return rights.may_see_sales(user_id=user, event_id=topic.event_id)
        case Member(user_id=user), Audience.ARTIST:
            return rights.may_see_sell_through(user_id=user, event_id=topic.event_id)
        case _:
            return False
