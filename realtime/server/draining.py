"""Whether this process is on its way out: set once, by the server; read by the readiness check."""

from __future__ import annotations

import threading

_begun = threading.Event()


def begin() -> None:
    """From now on this process takes no new work."""
    _begun.set()


def is_draining() -> bool:
    """Whether the end has begun."""
    return _begun.is_set()
