"""Runs the benches named, or all of them, one after the other: `make bench BENCH=holds`."""

import subprocess
import sys

from config.place import ROOT

BENCHES = ("holds", "webhooks", "gateway", "door")


def main() -> None:
    asked = sys.argv[1:] or list(BENCHES)
    if unknown := [name for name in asked if name not in BENCHES]:
        sys.exit(f"no bench is called {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    failed = [name for name in asked if not _runs(name)]
    sys.exit(f"broke off: {', '.join(failed)}" if failed else 0)


def _runs(name: str) -> bool:
    """In a process of its own, so that none finds what another left behind."""
    command = [sys.executable, "-m", "tests.benchmarks.one", name]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    main()
