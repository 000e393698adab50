"""How the application tells the server that a socket is a paired door phone's, which may send much more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

KEY = "ngn.trust"


def trust(scope: Mapping[str, Any]) -> None:
    """This socket has proved to be a device's. Nothing happens on a server that sets no limits."""
    widen: Callable[[], None] | None = scope.get(KEY)
    if widen is not None:
        widen()
