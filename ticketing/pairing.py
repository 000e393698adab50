"""Pairing: a one-time code turns a phone into a device of one event's door. Tokens and codes are kept as hashes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from ticketing import standing
from ticketing.models import Device, PairingCode, User

CODE_LIFE = timedelta(minutes=10)
NAME_LENGTH = 40
UPLOAD_LIFE = timedelta(days=7)
"""How long a revoked phone's journal may still come up."""


class PairingRefusal(StrEnum):
    """Why a phone was not paired."""

    CODE_UNKNOWN = "pairing_code_unknown"
    CODE_EXPIRED = "pairing_code_expired"
    CODE_USED = "pairing_code_used"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPairingCode:
    """128 random bits in 22 characters, good once until `expires_at`. Shown now, never readable again.

    `id` names it to `look_up`, and pairs nothing.
    """

    id: UUID
    code: str
    expires_at: datetime


class CodeState(StrEnum):
    """Whether a pairing code can still pair a phone."""

    WAITING = "waiting"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSeen:
    """What became of a code, and the name of the device that it paired, if it did."""

    state: CodeState
    device: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """The phone's own token, told this once."""

    token: str
    device: Device


def new_code(*, event_id: UUID, by: User, now: datetime) -> NewPairingCode:
    """Make a pairing code for an event's door."""
    code = secrets.token_urlsafe(16)
    made = PairingCode.objects.create(
        event_id=event_id, code_hash=_hash(code), made_by=by, expires_at=now + CODE_LIFE
    )
    return NewPairingCode(id=made.pk, code=code, expires_at=made.expires_at)


def look_up(*, code_id: UUID, event_id: UUID, now: datetime) -> CodeSeen | None:
    """What became of a code; None if the event has no such code."""
    code = PairingCode.objects.filter(pk=code_id, event_id=event_id).first()
    if code is None:
        return None
    if code.used_at is None:
        state = CodeState.EXPIRED if code.expires_at <= now else CodeState.WAITING
        return CodeSeen(state=state, device="", expires_at=code.expires_at)
    # The device was made in the moment that spent its code, for the code's event, on behalf of who made the code.
    paired = Device.objects.filter(event_id=event_id, created_at=code.used_at, paired_by_id=code.made_by_id)
    name = paired.values_list("name", flat=True).first() or ""
    return CodeSeen(state=CodeState.USED, device=name, expires_at=code.expires_at)


@transaction.atomic
def pair(*, code: str, name: str, now: datetime) -> Paired | PairingRefusal:
    """Spend a code and make the phone a device called `name`. Of two phones with one code, one is paired."""
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        return PairingRefusal.MALFORMED
    if not 0 < len(code) <= 64 or not code.isascii():
        return PairingRefusal.MALFORMED
    found = PairingCode.objects.filter(code_hash=_hash(code))
    if not found.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return _why_not(found.first())
    spent = found.get()
    token = secrets.token_urlsafe(32)
    device = Device.objects.create(
        event_id=spent.event_id,
        name=name,
        token_hash=_hash(token),
        paired_by_id=spent.made_by_id,
        created_at=now,
    )
    return Paired(token=token, device=device)


def device_of(token: str) -> Device | None:
    """The device that a token belongs to, unless it was revoked."""
    return (
        Device.objects.select_related("event__venue").filter(token_hash=_hash(token), revoked_at=None).first()
    )


def uploader_of(token: str, *, now: datetime) -> Device | None:
    """The device that may still tell what it did: also one that was revoked some days ago, and no more than that."""
    device = Device.objects.select_related("event__venue").filter(token_hash=_hash(token)).first()
    if device is None or (device.revoked_at is not None and device.revoked_at < now - UPLOAD_LIFE):
        return None
    return device


@dataclass(frozen=True, slots=True)
class Known:
    """A device, as little as a socket needs to know of it."""

    id: UUID
    event_id: UUID
    name: str


def holders_of(tokens: Collection[str]) -> dict[str, Known]:
    """The devices that these tokens belong to, unless they were revoked: `device_of` for many, in one query."""
    hashes = {_hash(token): token for token in tokens}
    rows = Device.objects.filter(token_hash__in=hashes, revoked_at=None)
    found = rows.values_list("token_hash", "id", "event_id", "name")
    return {hashes[bytes(hash_)]: Known(id_, event_id, name) for hash_, id_, event_id, name in found}


def devices(*, event_id: UUID) -> list[Device]:
    """The event's devices that are not revoked, oldest first."""
    return list(Device.objects.filter(event_id=event_id, revoked_at=None))


def devices_of(*, event_ids: Collection[UUID]) -> list[Device]:
    """The devices of several events that are not revoked, in one query."""
    return list(Device.objects.filter(event_id__in=event_ids, revoked_at=None).order_by())


def seen(*, device_ids: Collection[UUID], now: datetime) -> None:
    """Keep when these devices were heard of last."""
    Device.objects.filter(pk__in=device_ids).update(last_seen_at=now)


@transaction.atomic
def revoke(*, device_id: UUID, event_id: UUID, now: datetime) -> bool:
    """Shut a device out, from this moment; False if the event has no such device."""
    theirs = Device.objects.filter(pk=device_id, event_id=event_id, revoked_at=None)
    if not theirs.update(revoked_at=now):
        return False
    standing.lessened(device_id)
    return True


def _why_not(code: PairingCode | None) -> PairingRefusal:
    if code is None:
        return PairingRefusal.CODE_UNKNOWN
    return PairingRefusal.CODE_USED if code.used_at else PairingRefusal.CODE_EXPIRED


def _hash(secret: str) -> bytes:
    """Tokens and codes are long random strings: a plain hash is enough, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).digest()
