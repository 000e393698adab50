"""Which processor core does what: the server that is measured has one to itself, clients and Redis the next."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
SERVER = _CORES[0]
CLIENT = _CORES[-1]


@contextmanager
def on(core: int) -> Iterator[None]:
    """What is started inside stays on that core; this process returns to where it was."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def room_for_sockets() -> int:
    """Let every process started from now on open as many files as the system allows; how many that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def processor_s(pid: int) -> float:
    """The processor time that a process has used so far, in seconds."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident_kb(pid: int) -> int:
    """The memory that a process holds right now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def names() -> str:
    """The machine in a line."""
    text = Path("/proc/cpuinfo").read_text()
    models = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return f"{len(_CORES)} x {models[0] if models else os.uname().machine}, Linux {os.uname().release}"
