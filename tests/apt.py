"""Debian's packages, for what PyPI does not bring: only as root, and only when a test needs it."""

import os
import shutil
import subprocess
import sys


def install(package: str) -> str | None:
    """Install it; None means that it is there now, a text says why not."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return f"apt-get install {package} was not tried: it needs a Debian-like system and root"
    for command in (["update"], ["install", "-y", "--no-install-recommends", package]):
        if error := _failure_of(["apt-get", *command]):
            return error
    return None


def _failure_of(command: list[str]) -> str | None:
    print(f"[tests] {' '.join(command)}", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    lines = (done.stderr or done.stdout).strip().splitlines()
    return f"`{' '.join(command)}` failed: {lines[-1] if lines else f'code {done.returncode}'}"
