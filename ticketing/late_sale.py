"""The late-sale certificate: how a ticket that was sold a minute ago gets past a door phone that has no network.

The fan's wallet shows it (`20` and 203 decimal digits) for a ticket that the phone's list does not hold. Signed by the
event's own key, it says that this anchor is a ticket of this event; any phone checks it with the public key alone,
takes the anchor onto its list, and then asks for the live code as ever: the certificate by itself opens nothing, and
a copy of it is worth as much as a look at the manifest.

Everything here is pure; `tests/vectors/late_sale.json` holds the same rules for the phones.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES = 32
_ANCHOR, _SECONDS, _SIGNATURE = 16, 4, 64
_DIGITS = 203  # decimal digits of the largest 84-byte number
_FORM = re.compile(rf"20(\d{{{_DIGITS}}})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate says: this anchor (16 bytes) was sold, at `issued_at` (UTC seconds)."""

    anchor: bytes
    issued_at: int


def new_key() -> bytes:
    """An event's own key: 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def public_key_of(key: bytes) -> bytes:
    """The 32 bytes by which certificates are checked: no secret."""
    return Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()


def text_of(certificate: Certificate, *, key: bytes, event_id: UUID) -> str:
    """The 205 digits that a wallet shows."""
    told = _told(certificate)
    signature = Ed25519PrivateKey.from_private_bytes(key).sign(_signed(event_id, told))
    return f"20{int.from_bytes(told + signature, 'big'):0{_DIGITS}d}"


def read(text: str, *, public_key: bytes, event_id: UUID) -> Certificate | None:
    """What a certificate says; None for anything that this event's key has not signed."""
    match = _FORM.fullmatch(text)
    if match is None or (number := int(match[1])) >= 1 << 8 * (_ANCHOR + _SECONDS + _SIGNATURE):
        return None
    raw = number.to_bytes(_ANCHOR + _SECONDS + _SIGNATURE, "big")
    told, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, _signed(event_id, told))
    except InvalidSignature:
        return None
    return Certificate(anchor=told[:_ANCHOR], issued_at=int.from_bytes(told[_ANCHOR:], "big"))


def _told(certificate: Certificate) -> bytes:
    return certificate.anchor + certificate.issued_at.to_bytes(_SECONDS, "big")


def _signed(event_id: UUID, told: bytes) -> bytes:
    return b"ngn/v1|late-sale|" + event_id.bytes + told
