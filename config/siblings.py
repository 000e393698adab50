"""Several web processes behind one listening socket: started, replaced when one dies, ended together."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.listening import open_listener

LOOK_SECONDS = 0.1
# A process that lives for less has not served anybody: the next one waits, longer each time.
SETTLED_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 10.0
# Longer than a web process' own bound (`Limits.drain_s`): what is still there by then hangs.
END_SECONDS = 12.0


def run(count: int, *, host: str, port: int, flags: Sequence[str]) -> int:
    """Keep `count` processes serving until SIGTERM or SIGINT. The exit code: 0 when all of them ended well."""
    # Its write end closes with this process, however it ends: then the others end too.
    lifeline, held = os.pipe()
    with open_listener(host, port) as listener, tempfile.TemporaryDirectory(prefix="ngn-figures-") as figures:
        family = Family(
            count=count,
            command=(
                sys.executable,
                "-m",
                "config.web",
                f"--fd={listener.fileno()}",
                f"--parent={lifeline}",
                *flags,
            ),
            descriptors=(listener.fileno(), lifeline),
            figures=Path(figures),
        )
        for wish in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wish, lambda *_: family.end())
        _say(f"{count} processes on {host}:{listener.getsockname()[1]}")
        code = family.live()
    os.close(held)
    return code


@dataclass(frozen=True, slots=True)
class Member:
    """One web process."""

    process: subprocess.Popen[bytes]
    born_at: float


@dataclass(slots=True)
class Family:
    """The processes, and what is to become of them. `figures` is where they keep Prometheus' numbers together."""

    count: int
    command: tuple[str, ...]
    descriptors: tuple[int, ...]
    figures: Path
    members: list[Member] = field(default_factory=list)
    asked_at: float | None = None
    code: int = 0
    settled: bool = False
    """Whether one of them has ever lived long enough to have served."""
    pause_seconds: float = 0.0
    next_birth_at: float = 0.0

    def live(self) -> int:
        """Until all have ended."""
        while self.members or self.asked_at is None:
            now = time.monotonic()
            if self.asked_at is None:
                self._complete(now)
            elif now - self.asked_at > END_SECONDS:
                _signal_all(self.members, signal.SIGKILL)
            time.sleep(LOOK_SECONDS)
            self._bury(time.monotonic())
        return self.code

    def end(self) -> None:
        """Let all of them drain; asked again, they end at once."""
        self.asked_at = self.asked_at or time.monotonic()
        _signal_all(self.members, signal.SIGTERM)

    def _complete(self, now: float) -> None:
        while len(self.members) < self.count and now >= self.next_birth_at:
            process = subprocess.Popen(
                self.command,
                env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(self.figures)},
                pass_fds=self.descriptors,
                # A Ctrl-C at the terminal reaches the parent alone, which passes on one signal.
                start_new_session=True,
            )
            self.members.append(Member(process=process, born_at=now))

    def _bury(self, now: float) -> None:
        self.settled = self.settled or any(now - member.born_at > SETTLED_SECONDS for member in self.members)
        for member in [member for member in self.members if member.process.poll() is not None]:
            self.members.remove(member)
            _forget_figures(self.figures, member.process.pid)
            self._replace(member, now)

    def _replace(self, member: Member, now: float) -> None:
        code = member.process.returncode
        if self.asked_at is not None:
            self.code = self.code or abs(code)
            return
        if not self.settled and code > 0:
            # The very first ones said no themselves: what they lack the next ones would lack too.
            _say(f"process {member.process.pid} did not start (code {code})")
            self.code = code
            self.end()
            return
        short_lived = now - member.born_at < SETTLED_SECONDS
        self.pause_seconds = min(LONGEST_PAUSE_SECONDS, self.pause_seconds * 2 + 0.5) if short_lived else 0.0
        self.next_birth_at = now + self.pause_seconds
        _say(f"process {member.process.pid} ended (code {code}): another takes its place")


def _signal_all(members: Iterable[Member], wish: signal.Signals) -> None:
    for member in members:
        member.process.send_signal(wish)


def _forget_figures(folder: Path, pid: int) -> None:
    """The gauges of the dead: what it had open is open no more. Its counts stay in the sum."""
    for file in folder.glob(f"gauge_live*_{pid}.db"):
        file.unlink()


def _say(line: str) -> None:
    print(f"[serve] {line}", file=sys.stderr, flush=True)
