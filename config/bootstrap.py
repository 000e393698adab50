"""Makes a checkout ready: virtual environment, pinned Python and Node packages, front-end build.

Run by the Makefile with any Python, if only to be told that it is too old: nothing here is imported from outside the
standard library, and nothing at import time needs a new one.
Each step leaves a stamp holding the hash of what it read; a step whose inputs did not change is not run again.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements"
FRONTEND_INPUTS = (
    "bouncer_client/src",
    "dashboards/src",
    "realtime/client",
    "ticketing/client",
    "config/frontend",
    "vite.config.ts",
    "tsconfig.json",
    "package-lock.json",
)
# The oldest Node.js that Vite runs on, as (major, minor).
OLDEST_NODE = (20, 19)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "level", choices=["run", "dev"], help="run: what the product needs; dev: tests and tools too"
    )
    parser.add_argument("--no-build", action="store_true", help="install, but leave the front end unbuilt")
    arguments = parser.parse_args()
    if sys.version_info < (3, 11):
        sys.exit(
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 run"
        )
    try:
        with _one_at_a_time():
            _prepare(level=arguments.level, build=not arguments.no_build)
    except subprocess.CalledProcessError as failure:
        sys.exit(f"set-up stopped: `{' '.join(map(str, failure.cmd))}` ended with code {failure.returncode}")
    except KeyboardInterrupt:
        sys.exit("set-up interrupted; run the same command again to go on")


def _prepare(*, level: str, build: bool) -> None:
    _virtual_environment()
    _python_packages(level)
    node = node_program()
    _node_packages(node)
    if build:
        _frontend(node)


def _virtual_environment() -> None:
    """Scripts in a .venv name its path: one that was copied or moved along with its checkout is made anew."""
    home = _stamp("home")
    if home.holds(str(VENV)) and _starts(PYTHON):
        return
    _say("making .venv")
    venv.create(VENV, clear=True, with_pip=True)
    home.write(str(VENV))


def _python_packages(level: str) -> None:
    """dev.txt holds all of base.txt at the same versions, so an environment made for it is good for running too."""
    if level == "run" and _stamp("python-dev").holds(_hash([REQUIREMENTS / "dev.txt"])):
        return
    name = "base.txt" if level == "run" else "dev.txt"
    _install(f"python-{level}", REQUIREMENTS / name)


def node_program() -> Path:
    """The machine's Node.js where it is new enough, else one from PyPI inside .venv."""
    found = shutil.which("node")
    if found and shutil.which("npm") and _version_of(found) >= OLDEST_NODE:
        return Path(found)
    _install("node", REQUIREMENTS / "node.txt")
    return VENV / "bin" / "node"


def _node_packages(node: Path) -> None:
    inputs = [ROOT / "package.json", ROOT / "package-lock.json"]
    stamp = Stamp(ROOT / "node_modules" / ".ngn-stamp")
    if stamp.holds(content := _hash(inputs)):
        return
    _say("installing the front end's packages (npm ci)")
    _run([str(node.with_name("npm")), "ci", "--no-progress"], node=node)
    stamp.write(content)


def _frontend(node: Path) -> None:
    content = _hash(_files(FRONTEND_INPUTS))
    stamp = Stamp(ROOT / "dist" / ".ngn-stamp")
    if stamp.holds(content):
        return
    _say("building the front end")
    _run([str(node.with_name("npm")), "run", "--silent", "build"], node=node)
    stamp.write(content)


def _install(stamp_name: str, requirements: Path) -> None:
    stamp, content = _stamp(stamp_name), _hash([requirements])
    if stamp.holds(content):
        return
    _say(f"installing the packages of {requirements.relative_to(ROOT)}")
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    pip += ["--require-hashes", "--progress-bar", "off", "-r", str(requirements)]
    _run(pip)
    stamp.write(content)


def _run(command: list[str], *, node: Path | None = None) -> None:
    environment = dict(os.environ)
    if node is not None:
        # npm's scripts start with `#!/usr/bin/env node`: the one chosen must come first.
        environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdin=subprocess.DEVNULL)


def _starts(python: Path) -> bool:
    """A Python that was removed or replaced leaves a .venv that no longer does."""
    try:
        return subprocess.run([python, "-c", "import pip"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _version_of(node: str) -> tuple[int, int]:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


class Stamp:
    """The hash of the inputs that a step was last done with."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def holds(self, content: str) -> bool:
        return self._path.is_file() and self._path.read_text() == content

    def write(self, content: str) -> None:
        self._path.write_text(content)


def _stamp(name: str) -> Stamp:
    return Stamp(VENV / f".ngn-{name}")


def _files(names: Iterable[str]) -> list[Path]:
    """The front end's own: the Python client beside the TypeScript one is no part of it, nor is what Python caches."""
    found: list[Path] = []
    for path in (ROOT / name for name in names):
        inside = [path] if path.is_file() else [inner for inner in path.rglob("*") if inner.is_file()]
        found += [file for file in inside if file.suffix not in (".py", ".pyc")]
    return found


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two `make` commands at once must not install into one .venv together."""
    with (ROOT / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(f"[setup] {text}", flush=True)


if __name__ == "__main__":
    main()
