"""Pinned, hashed requirements: `compile` writes them, `verify` says what is wrong with those that are there.

No registry's name ever stands in a file: an installer takes the packages from wherever its machine says.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.place import ROOT

FOLDER = ROOT / "requirements"
LISTS = ("base", "dev", "node")
OLDEST_PYTHON = "3.11"


def compile_all(uv: Path) -> None:
    """Write every .txt from its .in; dev after base, whose versions it keeps."""
    for name in LISTS:
        options = [
            "--universal",
            f"--python-version={OLDEST_PYTHON}",
            "--generate-hashes",
            "--upgrade",
            "--quiet",
        ]
        quiet = ["--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command=make requirements"]
        command: list[str | Path] = [
            uv,
            "pip",
            "compile",
            *options,
            *quiet,
            f"{name}.in",
            "-o",
            f"{name}.txt",
        ]
        print(f"compiling requirements/{name}.txt", flush=True)
        subprocess.run(command, cwd=FOLDER, check=True)


def verify() -> list[str]:
    """One line for every pin without a hash, wish without a pin, address of a registry, or unsafe lock entry."""
    problems = [problem for name in LISTS for problem in _verify_list(name)]
    return problems + list(_verify_lock(json.loads((ROOT / "package-lock.json").read_text())))


def _verify_list(name: str) -> Iterator[str]:
    text = (FOLDER / f"{name}.txt").read_text()
    pinned = {}
    for entry in re.split(r"\n(?=[a-zA-Z0-9])", text):
        if match := re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", entry):
            pinned[_plain(match[1])] = "--hash=sha256:" in entry
    yield from (
        f"requirements/{name}.txt: {package} has no hash" for package, hashed in pinned.items() if not hashed
    )
    yield from (
        f"requirements/{name}.in wants {wish}, requirements/{name}.txt lacks it: make requirements"
        for wish in _wishes(name)
        if wish not in pinned
    )
    if "://" in text:
        yield f"requirements/{name}.txt names an address; packages come from wherever the machine says"


def _wishes(name: str) -> list[str]:
    lines = (line.strip() for line in (FOLDER / f"{name}.in").read_text().splitlines())
    return [_plain(re.split(r"[\[<>=!~;\s]", line)[0]) for line in lines if line and line[0] not in "#-"]


def _plain(package: str) -> str:
    """A package's name as the index writes it."""
    return re.sub(r"[-_.]+", "-", package).lower()


def _verify_lock(lock: dict[str, Any]) -> Iterator[str]:
    for name, entry in lock["packages"].items():
        if name and "integrity" not in entry:
            yield f"package-lock.json: {name} has no hash"
        if "resolved" in entry:
            yield f"package-lock.json: {name} names an address"
