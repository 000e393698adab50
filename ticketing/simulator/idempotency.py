"""Idempotency keys: the same key with the same request answers the same bytes, for 24 hours."""

import hashlib
from dataclasses import dataclass

from ticketing.simulator.errors import ApiError, invalid
from ticketing.simulator.store import Store

KEPT_FOR = 24 * 3600
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Replay:
    body: bytes
    request_id: str


def fingerprint(*, method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest()


def earlier(store: Store, *, account: str, key: str, print_: str, now: int) -> Replay | None:
    """The first answer given under this key. Raises `idempotency_error` when the request was another one."""
    if len(key) > LONGEST_KEY:
        raise invalid(f"The idempotency key is longer than {LONGEST_KEY} characters.")
    store.run(
        "DELETE FROM idempotency WHERE account = ? AND key = ? AND created < ?", account, key, now - KEPT_FOR
    )
    rows = store.run(
        "SELECT fingerprint, body, request_id FROM idempotency WHERE account = ? AND key = ?", account, key
    )
    if not rows:
        return None
    if rows[0][0] != print_:
        raise ApiError(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    return Replay(body=rows[0][1], request_id=rows[0][2])


def remember(
    store: Store, *, account: str, key: str, print_: str, body: bytes, request_id: str, now: int
) -> None:
    """Called in the request's own transaction. Refused requests never get here: Stripe does not keep them either."""
    store.run(
        "INSERT INTO idempotency (account, key, fingerprint, request_id, body, created) VALUES (?, ?, ?, ?, ?, ?)",
        account,
        key,
        print_,
        request_id,
        body,
        now,
    )
