"""Everything that can be told without running the product: `make check`. Every step runs; the end says which failed.

`python -m config.check types lint` runs the steps named; --format, --protocol and --requirements mend instead.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config import bootstrap, requirements
from config.place import ROOT, Place, environment

BIN = Path(sys.executable).parent
PROTOCOL_FILES = ("realtime/protocol.schema.json", "realtime/client/protocol.gen.ts", "docs/protocol.md")


@dataclass(frozen=True, slots=True)
class Step:
    """One check: the word that asks for it, its title on the terminal, and what runs; true means fine."""

    word: str
    title: str
    passes: Callable[[], bool]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("steps", nargs="*", metavar="STEP")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--format", action="store_true", help="rewrite the sources in the project's format")
    instead.add_argument("--protocol", action="store_true", help="regenerate the protocol's files")
    instead.add_argument("--requirements", action="store_true", help="compile the requirements again")
    arguments = parser.parse_args()
    if arguments.requirements:
        requirements.compile_all(BIN / "uv")
        return
    with tempfile.TemporaryDirectory(prefix="ngn-check-") as folder:
        run = Runner(variables=_variables(Path(folder)))
        if arguments.format:
            sys.exit(not _all(_formatting(run)))
        if arguments.protocol:
            sys.exit(not _write_protocol(run))
        sys.exit(not _all(_chosen(_checks(run), arguments.steps)))


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs the tools with the project's own environment."""

    variables: Mapping[str, str]

    def tool(self, *command: str) -> bool:
        return self._succeeds([str(BIN / command[0]), *command[1:]])

    def npm(self, *command: str) -> bool:
        return self._succeeds(["npm", *command])

    def _succeeds(self, command: Sequence[str]) -> bool:
        return subprocess.run(command, cwd=ROOT, env=self.variables, check=False).returncode == 0


def _variables(folder: Path) -> dict[str, str]:
    """mypy's Django plugin and the migration check import the settings, which want a whole environment."""
    node = bootstrap.node_program().parent
    path = f"{node}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**environment(Place(data=folder), base=os.environ), "PATH": path, "NO_COLOR": "1"}


def _formatting(run: Runner) -> list[Step]:
    return [
        Step(
            "mend", "ruff, what it can mend", lambda: run.tool("ruff", "check", "--fix-only", "--quiet", ".")
        ),
        Step("python", "ruff format", lambda: run.tool("ruff", "format", ".")),
        Step("typescript", "biome", lambda: run.npm("run", "--silent", "format")),
    ]


def _checks(run: Runner) -> list[Step]:
    return [
        Step("format", "Python's format", lambda: run.tool("ruff", "format", "--check", ".")),
        Step("lint", "Python's lint", lambda: run.tool("ruff", "check", ".")),
        Step("types", "Python's types", lambda: run.tool("mypy")),
        Step("contracts", "import contracts", lambda: run.tool("lint-imports", "--no-logo")),
        Step(
            "migrations",
            "migrations in step",
            lambda: run.tool("python", "manage.py", "makemigrations", "--check", "--dry-run"),
        ),
        Step("protocol", "protocol in step", lambda: _protocol_in_step(run)),
        Step("ts-types", "TypeScript's types", lambda: run.npm("run", "--silent", "types")),
        Step(
            "ts-lint",
            "TypeScript's format and lint",
            lambda: run.npm("run", "--silent", "lint", "--", "--colors=off"),
        ),
        Step("requirements", "requirements pinned and hashed", _requirements_verified),
    ]


def _chosen(steps: Sequence[Step], words: Sequence[str]) -> Sequence[Step]:
    known = [step.word for step in steps]
    if unknown := set(words) - set(known):
        sys.exit(f"no step is called {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [step for step in steps if step.word in words] if words else steps


def _all(steps: Sequence[Step]) -> bool:
    failed = []
    for step in steps:
        print(f"\n== {step.title}", flush=True)
        began = time.monotonic()
        if not step.passes():
            failed.append(step.title)
        print(f"-- {time.monotonic() - began:.1f} s", flush=True)
    print(f"\nfailed: {', '.join(failed)}" if failed else f"\nall {len(steps)} steps are fine", flush=True)
    return not failed


def _write_protocol(run: Runner) -> bool:
    return run.tool("python", "-m", "realtime.generate") and run.npm("run", "--silent", "protocol")


def _protocol_in_step(run: Runner) -> bool:
    """Generates the files and compares; what was there is put back, a check changes nothing."""
    before = {name: _content(name) for name in PROTOCOL_FILES}
    try:
        written = _write_protocol(run)
        stale = [name for name in PROTOCOL_FILES if _content(name) != before[name]]
    finally:
        for name, content in before.items():
            _put_back(ROOT / name, content)
    for name in stale:
        print(f"{name} is not what realtime/protocol.py gives: make protocol")
    return written and not stale


def _content(name: str) -> bytes | None:
    path = ROOT / name
    return path.read_bytes() if path.is_file() else None


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def _requirements_verified() -> bool:
    problems = requirements.verify()
    for problem in problems:
        print(problem)
    return not problems


if __name__ == "__main__":
    main()
