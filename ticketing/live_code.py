"""The live code: a QR that a screenshot cannot copy and a stolen manifest cannot forge.

A ticket is a hash chain over the show's door window. The wallet holds the chain's far end (`seed`) and shows one
link per step; the door holds its near end (`anchor`) and walks from what it is shown to what it holds. Knowing the
anchors, or any code shown so far, gives no later code. Design section 5; attacks and measurements: facts/pwa.md 2.4.

Everything here is pure; `tests/vectors/live_code.json` holds the same rules for `ticketing/client/live_code.ts`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

STEP_S = 15
"""Seconds that one code is shown."""
GUARD = 8
"""Steps at the window's start that never admit: otherwise an anchor, which is no secret, would itself be a code."""
SKEW = 1
"""Steps that a phone's clock may differ either way."""
MAX_STEPS = 9999
"""A step is four digits in the code."""
VALUE_BYTES = 16
_DIGITS = 39  # decimal digits of the largest 128-bit value
_LIVE = re.compile(r"10(\d{4})(\d{39})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What a show's codes have in common: `salt` (16 bytes) and `steps`, the chain's length (1..9999)."""

    salt: bytes
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCode:
    """A well-formed code: `step` 1..9999 and `value`, the chain's 16-byte value at that step."""

    step: int
    value: bytes


def salt_of(*, event_id: UUID, epoch: int) -> bytes:
    """16 bytes that tie every chain to its show and to one placing of its door window."""
    return hashlib.sha256(f"ngn/v1|{event_id}|{epoch}".encode()).digest()[:VALUE_BYTES]


def seed_of(*, user_secret: bytes, event_id: UUID, ticket_id: UUID, transfer_no: int) -> bytes:
    """The ticket's 16-byte seed: all that a wallet ever receives. Each transfer makes another."""
    text = f"ngn/v1|{event_id}|{ticket_id}|{transfer_no}".encode()
    return hmac.digest(user_secret, text, hashlib.sha256)[:VALUE_BYTES]


def walk(*, salt: bytes, value: bytes, step: int) -> bytes:
    """Walk from the value of `step` down to the ticket's 32-byte `qr_hash`: `step` links of SHA-256."""
    sha256 = hashlib.sha256
    for beginning in _beginnings(salt, step):
        value = sha256(beginning + value).digest()[:VALUE_BYTES]
    return sha256(salt + b"\x00\x01" + value).digest()


@lru_cache(maxsize=32)
def _beginnings(salt: bytes, step: int) -> tuple[bytes, ...]:
    """What is hashed before the value, link by link from `step` down to 2: a show's sales all hash the same."""
    return tuple(salt + i.to_bytes(2, "big") for i in range(step, 1, -1))


def qr_hash_of(*, chain: Chain, seed: bytes) -> str:
    """The chain's near end, 64 hex digits, as `cdm_tickets.qr_hash` keeps it."""
    return walk(salt=chain.salt, value=seed, step=chain.steps).hex()


def anchor_of(qr_hash: str) -> bytes:
    """The manifest's short code of a ticket: the first 16 bytes of its `qr_hash`."""
    return bytes.fromhex(qr_hash)[:VALUE_BYTES]


def code_at(*, chain: Chain, seed: bytes, step: int) -> str:
    """The 45 digits that a wallet shows at `step` (1..steps)."""
    if not 1 <= step <= chain.steps:
        raise ValueError(f"step {step} is outside the door window (1..{chain.steps})")
    value = seed
    for i in range(chain.steps, step, -1):
        value = hashlib.sha256(chain.salt + i.to_bytes(2, "big") + value).digest()[:VALUE_BYTES]
    return f"10{step:04d}{int.from_bytes(value, 'big'):0{_DIGITS}d}"


def parse(text: str) -> LiveCode | None:
    """Read a code's digits; None for anything that no wallet of ours can have shown."""
    match = _LIVE.fullmatch(text)
    if match is None:
        return None
    step, number = int(match[1]), int(match[2])
    if step < 1 or number >= 1 << (8 * VALUE_BYTES):
        return None
    return LiveCode(step=step, value=number.to_bytes(VALUE_BYTES, "big"))


def step_at(*, window_starts_ms: int, at_ms: int) -> int:
    """The step in force at a moment (both UTC milliseconds); negative before the window."""
    return (at_ms - window_starts_ms) // (STEP_S * 1000)


def age_of(*, code: LiveCode, now_step: int) -> int:
    """Seconds that a genuine code is off: positive is old, negative is from a clock ahead; 0 within the skew."""
    behind = now_step - code.step
    return 0 if abs(behind) <= SKEW else behind * STEP_S
