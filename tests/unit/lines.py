"""Lines without sockets: a kernel that takes as much as a test lets it, and what reached the other side."""

from __future__ import annotations

import json
from typing import Any

from realtime.frames import texts
from realtime.line import Line
from realtime.outbox import Outbox


class Kernel:
    """Takes `room` bytes more, all of them at first; `got` is what it took."""

    def __init__(self) -> None:
        self.got = b""
        self.room: int | None = None

    def send(self, frames: bytes) -> int:
        """As a socket that does not block."""
        took = len(frames) if self.room is None else min(self.room, len(frames))
        if self.room is not None:
            self.room -= took
        if took == 0 and frames:
            raise BlockingIOError
        self.got += frames[:took]
        return took


class TestLine(Line):
    """A line to a `Kernel`. `drain` is the moment at which the kernel has room again."""

    __test__ = False
    __slots__ = ("__dict__",)

    def __init__(self, *, limit: int = 1_000_000) -> None:
        self.cuts: list[str] = []
        super().__init__(slow=lambda: self.cuts.append("cut"), outbox=Outbox(limit=limit))
        self.kernel = Kernel()
        self.half_written = b""
        self.now = 0.0
        self._is_clear(self.kernel.send)

    def stall(self) -> None:
        """The reader reads no more: the kernel takes nothing."""
        self.kernel.room = 0

    def drain(self) -> None:
        """The reader has read everything, and what waits leaves."""
        self.kernel.room = None
        self.kernel.got += self.half_written
        self.half_written = b""
        while not self.closed and (frames := self.outbox.take(now=self.now)):
            self.kernel.got += frames
        if not self.closed:
            self._is_clear(self.kernel.send)

    def frames(self) -> list[dict[str, Any]]:
        """What has reached the reader since it was looked at last."""
        got, self.kernel.got = self.kernel.got, b""
        return [json.loads(text) for text in texts(got)]

    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.frames()]

    def _queue(self) -> None:
        self._is_busy()

    def _queue_state(self) -> None:
        self._is_busy()

    def _rest(self, frames: bytes) -> None:
        self._is_busy()
        self.half_written += frames
