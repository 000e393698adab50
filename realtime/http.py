"""The door phone's requests outside the socket: pair, fetch the manifest, tell its journal, ask about an Order ID.
JSON in and out."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from realtime import judging, snapshots
from realtime import protocol as p
from realtime.topics import Audience, Topic
from ticketing import door_orders, pairing
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


class _OrderAtDoor(msgspec.Struct, frozen=True):
    known: bool
    tickets: int
    inside: int


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
    token = _token(request)
    device = pairing.device_of(token) if token else None
    if device is None:
        return _json(_Refused(p.ErrorCode.TOKEN_INVALID), 401)
    return _json(_door_snapshot(device.event_id), 200)


@csrf_exempt  # the token in the header is the right to ask; no cookie counts here
@require_POST
def scans(request: HttpRequest) -> HttpResponse:
    """A part of the journal, as the gateway's own `drain`, answered by its `drained`: for a phone whose socket does not
    come up, and for one that was revoked: what it did before that still counts, for some days."""
    token, now = _token(request), utc_now()
    device = pairing.uploader_of(token, now=now) if token else None
    if device is None:
        return _json(_Refused(p.ErrorCode.TOKEN_INVALID), 401)
    if len(request.body) > p.MAX_CLIENT_MESSAGE_BYTES:
        return _json(_Refused(p.ErrorCode.MALFORMED), 413)
    try:
        drain = msgspec.json.decode(request.body, type=p.Drain)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _json(_Refused(p.ErrorCode.MALFORMED), 400)
    is_revoked = device.revoked_at is not None
    answer = judging.drained(device_id=device.pk, drain=drain, now=now, though_revoked=is_revoked)
    return _json(answer, 200)


@require_GET
def order(request: HttpRequest, typed: str) -> HttpResponse:
    """What is known of an Order ID that somebody tells the door; 429 for a phone that asks too often."""
    token = _token(request)
    device = pairing.device_of(token) if token else None
    if device is None:
        return _json(_Refused(p.ErrorCode.TOKEN_INVALID), 401)
    if not door_orders.may_look_up(device.pk):
        return _json(_Refused("too_often"), 429)
    found = door_orders.look_up(event_id=device.event_id, typed=typed)
    return _json(_OrderAtDoor(found.known, found.tickets, found.inside), 200)


def _token(request: HttpRequest) -> str:
    """The device's token; empty when there is none that can be one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" and token.isascii() else ""


def _door_snapshot(event_id: UUID) -> p.TopicSnapshot:
    whole = snapshots.door(event_id)
    name = Topic(Audience.DOOR, event_id).name
    return p.TopicSnapshot(topic=name, epoch=whole.epoch, seq=whole.seq, snapshot=whole.value)


def _json(body: msgspec.Struct, status: int) -> HttpResponse:
    response = HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    return response
