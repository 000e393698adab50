"""Child processes of the launcher: each in a group of its own, its output in a log file, ended for certain."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.place import ROOT

LINES_TOLD = 25
# A log that is longer than this when its process starts becomes the old one, in the place of an older one.
LOG_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Child:
    """One running process and where its words go: all of them to the log, or its answers apart.

    `began` is where its own words begin in the log, in bytes: before them are those of earlier starts.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    began: int
    answers: Path | None

    @property
    def ended(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self.process.poll()

    def last_words(self) -> str:
        """The end of what it logged in this life, each line prefixed with its name."""
        lines = self.log.read_bytes()[self.began :].decode(errors="replace").splitlines()[-LINES_TOLD:]
        return "\n".join(f"[{self.name}] {line}" for line in lines) or f"[{self.name}] (said nothing)"

    def signal(self, how: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)


def start(
    name: str, command: Sequence[str], *, environment: Mapping[str, str], logs: Path, apart: bool = False
) -> Child:
    """Start it in its own group, so that a Ctrl-C at the terminal reaches the launcher alone.

    With `apart` its standard output goes to a file of its own, where nothing that it logs is mixed in.
    """
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    began = _heading(log)
    answers = logs / f"{name}.out" if apart else None
    with log.open("ab") as words, answers.open("wb") if answers else contextlib.nullcontext(words) as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=words,
            start_new_session=True,
        )
    return Child(name=name, process=process, log=log, began=began, answers=answers)


def _heading(log: Path) -> int:
    """Make room in the log, and say when this start was. How many bytes stand in it by then."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.old"))
    with log.open("a") as words:
        words.write(f"--- started {time.strftime('%Y-%m-%d %H:%M:%S %z')}\n")
        words.flush()
        return words.tell()


def end(children: Sequence[Child], *, patience_seconds: float) -> None:
    """Ask all of them at once, wait, and kill what has not gone by then."""
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + patience_seconds
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(timeout=max(0.0, deadline - time.monotonic()))
    for child in children:
        # Also after a clean end: a process that it had started itself is still in its group.
        child.signal(signal.SIGKILL)
        child.process.wait()
