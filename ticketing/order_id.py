"""Order IDs: ten Crockford base32 characters and a check character, `7Q4M2-XK9TD-3`.

Read aloud without mistakes (no I, L, O, U), not guessable (50 random bits), and a slip of the finger is caught by
the check character (the value modulo 37, Crockford's scheme). Pure; vectors in `tests/vectors/order_id.json`.
"""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_ALPHABET = ALPHABET + "*~$=U"
LENGTH = 10
HASH_BYTES = 8
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new() -> str:
    """Draw a new Order ID in its stored form: eleven characters, no dashes.

    One that ends in a sign (`*~$=`) or in U is drawn again: such Order IDs are read, but nobody can say them aloud.
    """
    while (drawn := with_check(secrets.randbits(5 * LENGTH)))[-1] not in ALPHABET:
        pass
    return drawn


def with_check(number: int) -> str:
    """Write a 50-bit number as an Order ID."""
    body = "".join(ALPHABET[(number >> (5 * i)) & 31] for i in reversed(range(LENGTH)))
    return body + CHECK_ALPHABET[number % 37]


def parse(text: str) -> str | None:
    """What a person typed, as the stored form; None when it cannot be an Order ID or the check fails.

    Case, spaces and dashes do not matter; O is read as 0, I and L as 1.
    """
    typed = spelled(text)
    if len(typed) != LENGTH + 1 or any(c not in ALPHABET for c in typed[:LENGTH]):
        return None
    number = 0
    for character in typed[:LENGTH]:
        number = number * 32 + ALPHABET.index(character)
    return typed if CHECK_ALPHABET[number % 37] == typed[LENGTH] else None


def spelled(text: str) -> str:
    """What a person typed, or began to type, in the letters that Order IDs are stored in."""
    return text.upper().replace("-", "").replace(" ", "").translate(_READ_AS)


def hash_of(*, event_id: UUID, order_id: str) -> bytes:
    """The 8 bytes by which a door phone knows an order, without learning any Order ID; `order_id` as it is stored."""
    return hashlib.sha256(f"ngn/v1|order|{event_id}|{order_id}".encode()).digest()[:HASH_BYTES]


def display(order_id: str) -> str:
    """The form that people see: `7Q4M2-XK9TD-3`."""
    return f"{order_id[:5]}-{order_id[5:10]}-{order_id[10:]}"
