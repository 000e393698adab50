"""The bytes of a delivery and the header that signs them, faults included."""

import hashlib
import hmac

import msgspec

from ticketing.simulator.objects.event import Event
from ticketing.simulator.settings import Endpoint
from ticketing.simulator.switches import Switches

OTHER_SECRET = "whsec_simulated_wrong_secret"
OTHER_VERSION = "2020-08-27"


def payload(event: Event, switches: Switches) -> bytes:
    """Indented as Stripe's: a receiver that re-encodes before it verifies fails here too."""
    if switches.wrong_api_version:
        event = msgspec.structs.replace(event, api_version=OTHER_VERSION)
    if switches.wrong_livemode:
        event = msgspec.structs.replace(event, livemode=True)
    return msgspec.json.format(msgspec.json.encode(event), indent=2)


def signature(body: bytes, endpoint: Endpoint, switches: Switches, *, now: float) -> str:
    """`t=...,v1=...` by the wall clock: the receiver compares it with its own."""
    secret = OTHER_SECRET if switches.wrong_secret else endpoint.secret
    stamp = int(now) - switches.stale_timestamp
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"
