"""The Chromium that the browser tests drive: the machine's, else Debian's by apt as root, else Playwright's own."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests import apt

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these, Chromium talks to its maker's hosts at every start, and draws with a GPU that is not there.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The camera's permission is granted without a question, and its picture comes from a file.
CAMERA = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")


class ChromiumMissingError(RuntimeError):
    """No Chromium could be had; the message says what was tried."""


def arguments(camera_file: Path | None = None) -> list[str]:
    """Chromium's command line; `camera_file` (.mjpeg or .y4m) must exist when a page first opens the camera."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    camera = [*CAMERA, f"--use-file-for-fake-video-capture={camera_file.resolve()}"] if camera_file else []
    return [*QUIET, *sandbox, *camera]


@functools.cache
def program() -> str:
    """Path of the browser, installed first if need be. Raises ChromiumMissingError."""
    tried: list[str] = []
    for attempt in (_on_this_machine, _from_apt, _from_playwright):
        found = attempt(tried)
        if found:
            return found
    raise ChromiumMissingError(
        "no Chromium for the browser tests:\n" + "\n".join(f"  - {line}" for line in tried)
    )


def _on_this_machine(tried: list[str]) -> str | None:
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        tried.append(f"none of {', '.join(NAMES)} is on PATH: install one of them")
    return found


def _from_apt(tried: list[str]) -> str | None:
    if error := apt.install("chromium"):
        tried.append(error)
    return shutil.which("chromium")


def _from_playwright(tried: list[str]) -> str | None:
    print("[tests] playwright install chromium", file=sys.stderr, flush=True)
    install = [sys.executable, "-m", "playwright", "install", "chromium"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tried.append(f"`playwright install chromium` failed: {_last_line(done.stderr or done.stdout)}")
        return None
    where = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    answer = subprocess.run([sys.executable, "-c", where], capture_output=True, text=True, check=False)
    found = answer.stdout.strip()
    return found if found and Path(found).exists() else None


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
