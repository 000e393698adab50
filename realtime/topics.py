"""Topics: what there is to follow, and who may."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from ticketing import rights
from ticketing.domain_events import EventStatus
from ticketing.models import Device, Event
from ticketing.standing import Claim, Paired, SeesSales, SeesSellThrough, SignedIn


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
    """A signed-in person, by the session with this key and this auth hash (`HASH_SESSION_KEY`), which may end."""

    user_id: UUID
    session_key: str = ""
    auth_hash: str = ""


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
    """Whether somebody may follow a topic. Asks the database each time: rights end."""
    return (principal, topic) in joinable([(principal, topic)])


def joinable(asked: Collection[tuple[Principal, Topic]]) -> set[tuple[Principal, Topic]]:
    """The one place that decides who may follow what: which of these may be, asked of the database at once."""
    public = {topic.event_id for _, topic in asked if topic.audience is Audience.PUBLIC}
    shown = set(
        Event.objects.filter(pk__in=public).exclude(status=EventStatus.DRAFT).values_list("pk", flat=True)
        if public
        else ()
    )
    phones = {principal.device_id for principal, _ in asked if isinstance(principal, DoorDevice)}
    paired = set(
        Device.objects.filter(pk__in=phones, revoked_at=None).values_list("pk", "event_id") if phones else ()
    )
    return {pair for pair in asked if _is_joinable(*pair, shown=shown, paired=paired)}


def _is_joinable(
    principal: Principal, topic: Topic, *, shown: set[UUID], paired: set[tuple[UUID, UUID]]
) -> bool:
    match principal, topic.audience:
        case _, Audience.PUBLIC:
            return topic.event_id in shown
        case DoorDevice(device_id=device, event_id=event), Audience.DOOR:
            return event == topic.event_id and (device, event) in paired
        case Member(user_id=user), Audience.SALES:
            return rights.may_see_sales(user_id=user, event_id=topic.event_id)
        case Member(user_id=user), Audience.ARTIST:
            return rights.may_see_sell_through(user_id=user, event_id=topic.event_id)
        case _:
            return False


def claim_of(principal: Principal) -> Claim | None:
    """What a connection rests on as long as it speaks for this principal."""
    match principal:
        case DoorDevice(device_id=device):
            return Paired(device)
        case Member(user_id=user, session_key=key, auth_hash=auth_hash):
            return SignedIn(user, key, auth_hash)
        case Anonymous():
            return None


def claim_on(principal: Principal, topic: Topic) -> Claim | None:
    """What following this topic rests on besides; as `may_join`, which is asked first."""
    match principal, topic.audience:
        case Member(user_id=user), Audience.SALES:
            return SeesSales(user, topic.event_id)
        case Member(user_id=user), Audience.ARTIST:
            return SeesSellThrough(user, topic.event_id)
        case _:
            return None
