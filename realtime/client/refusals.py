"""What is raised when the server does not do as a client asks."""

from __future__ import annotations

from realtime.protocol import ERROR_ADVICE, ErrorCode


class Refused(Exception):
    """The server ended it, for a reason that trying again would not change."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(f"{code.value}: {ERROR_ADVICE[code]}")
        self.code = code


class HandshakeRefused(Exception):
    """The server does not let this client open a websocket, and will not the next time either."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answered {status} instead of opening a websocket")
        self.status = status


class NoAnswer(Exception):
    """Nobody answered in time, or (`code`) the server refused to. Asking again is safe."""

    def __init__(self, code: ErrorCode | None = None) -> None:
        super().__init__(f"{code.value}: {ERROR_ADVICE[code]}" if code else "no answer in time")
        self.code = code
