"""What a door without network does with an Order ID that is not on its list: the venue decides, per event."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from django.db import transaction

from ticketing import log
from ticketing.clock import millis
from ticketing.domain_events import DoorPolicyChanged, PinCheck, UnknownOrders
from ticketing.models import Event

ROUNDS = 600_000
PIN_DIGITS = range(4, 13)


class PolicyRefusal(StrEnum):
    """Why the policy stayed as it was."""

    PIN_NEEDED = "pin_needed"
    PIN_MALFORMED = "pin_malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNow:
    """What an event's doors go by. Whether there is a PIN can be told; which it is, nobody knows but who typed it."""

    unknown_orders: UnknownOrders
    has_pin: bool


def of(event_id: UUID) -> PolicyNow:
    """The policy as it stands."""
    event = Event.objects.only("unknown_orders", "supervisor_check").get(pk=event_id)
    return PolicyNow(
        unknown_orders=UnknownOrders(event.unknown_orders), has_pin=event.supervisor_check is not None
    )


def check_of(event: Event) -> PinCheck | None:
    """How a phone tells whether a typed PIN is the supervisor's; None when there is no PIN."""
    if event.supervisor_check is None:
        return None
    check: PinCheck = msgspec.convert(event.supervisor_check, type=PinCheck)
    return check


@transaction.atomic
def change(
    *, event_id: UUID, unknown_orders: UnknownOrders, pin: str = "", now: datetime
) -> PolicyRefusal | None:
    """Set the policy; every phone of the door is told. A supervisor's PIN is 4 to 12 digits; left empty, the one that
    is set stays.

    The phones check it without network, so whoever holds one can try all PINs: it stops a quick hand, no thief.
    """
    if pin and not (pin.isascii() and pin.isdigit() and len(pin) in PIN_DIGITS):
        return PolicyRefusal.PIN_MALFORMED
    log.take(event_id)
    event = Event.objects.get(pk=event_id)
    check = _check(pin) if pin else check_of(event)
    if unknown_orders is UnknownOrders.SUPERVISOR and check is None:
        return PolicyRefusal.PIN_NEEDED
    if (event.unknown_orders, check_of(event)) == (unknown_orders, check):
        return None
    Event.objects.filter(pk=event_id).update(
        unknown_orders=unknown_orders, supervisor_check=check and msgspec.to_builtins(check)
    )
    changed = DoorPolicyChanged(unknown_orders=unknown_orders, supervisor=check, at=millis(now))
    log.append(event_id=event_id, happened=changed, now=now)
    return None


def _check(pin: str) -> PinCheck:
    salt = secrets.token_bytes(16)
    key = hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, ROUNDS)
    return PinCheck(salt=_base64(salt), rounds=ROUNDS, hash=_base64(key))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
