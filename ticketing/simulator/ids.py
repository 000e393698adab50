"""Object ids: Stripe's prefixes, always marked `_test_`."""

import secrets


def new(prefix: str) -> str:
    """For example `ch_test_6f0c...`: 24 random hex digits, so ids stay unique across restarts."""
    return f"{prefix}_test_{secrets.token_hex(12)}"
