"""Compiles them at first use, with the machine's C compiler, else with one from Debian or PyPI."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from config.place import ROOT
from tests import apt

HERE = Path(__file__).resolve().parent
BUILT = ROOT / "var" / "bench"
FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra")


class NoCompiler(RuntimeError):
    """No C compiler could be had; the message says what was tried."""


def program(name: str) -> Path:
    """The path of `name`, compiled from `name`.c as it is now. Raises NoCompiler and CalledProcessError."""
    source = HERE / f"{name}.c"
    built = BUILT / f"{name}-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
    if not built.is_file():
        BUILT.mkdir(parents=True, exist_ok=True)
        # Under another name first: whoever runs a bench beside this one never starts half a program.
        with tempfile.TemporaryDirectory(dir=BUILT) as folder:
            fresh = Path(folder) / name
            subprocess.run([*_compiler(), *FLAGS, "-o", str(fresh), str(source)], check=True)
            fresh.replace(built)
    return built


def _compiler() -> list[str]:
    for name in ("cc", "gcc", "clang"):
        if found := shutil.which(name):
            return [found]
    why_not = apt.install("gcc") or apt.install("libc6-dev")
    if found := shutil.which("gcc"):
        return [found]
    return _ziglang(why_not)


def _ziglang(why_not: str | None) -> list[str]:
    """A whole C compiler in a wheel, kept out of .venv: nothing but this bench needs it."""
    folder = BUILT / "ziglang"
    if not (folder / "ziglang").is_dir():
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--quiet",
            "--require-hashes",
        ]
        done = subprocess.run([*pip, "--target", str(folder), "-r", str(HERE / "ziglang.txt")], check=False)
        if done.returncode != 0:
            raise NoCompiler(f"no cc, gcc or clang on PATH; {why_not}; and pip could not install ziglang")
    return [sys.executable, str(folder / "ziglang" / "__main__.py"), "cc"]
