"""The door phone's two requests outside the socket: pair, and fetch the manifest. JSON in, JSON out."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from realtime import protocol as p
from realtime import snapshots
from realtime.topics import Audience, Topic
from ticketing import pairing
from ticketing.clock import utc_now
from ticketing.pairing import PairingRefusal

_STATUS = {
    PairingRefusal.MALFORMED: 400,
    PairingRefusal.CODE_UNKNOWN: 404,
    PairingRefusal.CODE_USED: 409,
    PairingRefusal.CODE_EXPIRED: 410,
}


class _Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    name: str


class _Paired(msgspec.Struct, frozen=True):
    token: str
    device: p.DeviceIdentity


class _Refused(msgspec.Struct, frozen=True):
    code: str


@csrf_exempt  # the one-time code in the body is the right to ask; no cookie counts here
@require_POST
def pair(request: HttpRequest) -> HttpResponse:
    """Turn a one-time code into a device token: 201, or a refusal's code."""
    try:
        asked = msgspec.json.decode(request.body, type=_Pair)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _json(_Refused(PairingRefusal.MALFORMED), 400)
    outcome = pairing.pair(code=asked.code, name=asked.name, now=utc_now())
    if isinstance(outcome, PairingRefusal):
        return _json(_Refused(outcome), _STATUS[outcome])
    device = outcome.device
    identity = p.DeviceIdentity(id=str(device.pk), name=device.name, event=str(device.event_id))
    return _json(_Paired(token=outcome.token, device=identity), 201)


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """The event's manifest for a paired device, as the gateway's own snapshot message."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    device = pairing.device_of(token) if scheme == "Bearer" and token.isascii() else None
    if device is None:
        return _json(_Refused(p.ErrorCode.TOKEN_INVALID), 401)
    return _json(_door_snapshot(device.event_id), 200)


def _door_snapshot(event_id: UUID) -> p.TopicSnapshot:
    whole = snapshots.door(event_id)
    name = Topic(Audience.DOOR, event_id).name
    return p.TopicSnapshot(topic=name, epoch=whole.epoch, seq=whole.seq, snapshot=whole.value)


def _json(body: msgspec.Struct, status: int) -> HttpResponse:
    response = HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    return response
