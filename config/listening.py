"""The socket that people's connections arrive at."""

from __future__ import annotations

import socket
import sys

# A storm of reconnecting phones fits in the queue; the usual 50 would make most of them try again for seconds.
BACKLOG = 4096


def open_listener(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one. Ends the process with a sentence when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as reason:
        sys.exit(f"{host} port {port} cannot be had: {reason.strerror or reason}")
