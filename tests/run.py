"""Every test: `make test`. Runs each suite to its end, then says what ran; any failure or skipped test fails the run.

`python -m tests.run` is all of it; with arguments it is pytest alone, given them, on both databases.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config import bootstrap
from config.place import ROOT

NO_TEST_SELECTED = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one suite came to."""

    suite: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    fine: bool

    def line(self) -> str:
        counts = f"{self.passed:5} passed {self.failed:4} failed {self.skipped:4} skipped"
        return f"  {self.suite:<44} {counts} {self.seconds:7.1f} s{'' if self.fine else '   <- FAILED'}"


def main() -> None:
    arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="ngn-results-") as folder:
        outcomes = _pytest_twice(arguments, results=Path(folder))
        if not arguments:
            outcomes.append(_vitest(results=Path(folder)))
    _report(outcomes)
    sys.exit(not all(outcome.fine for outcome in outcomes))


def _pytest_twice(arguments: Sequence[str], *, results: Path) -> list[Outcome]:
    return [
        _pytest("pytest on SQLite", "sqlite", arguments, result=results / "sqlite.xml"),
        _pytest(
            "pytest -m database on PostgreSQL, Redis",
            "postgresql",
            ["-m", "database", *arguments],
            result=results / "postgresql.xml",
        ),
    ]


def _pytest(suite: str, database: str, arguments: Sequence[str], *, result: Path) -> Outcome:
    _announce(suite)
    command = [sys.executable, "-m", "pytest", f"--junit-xml={result}", *arguments]
    began = time.monotonic()
    code = _code_of(command, {"NGN_TEST_DATABASE": database})
    # A choice of one's own may well pick nothing on one of the two; the whole suite must not.
    ended_well = code == 0 or (code == NO_TEST_SELECTED and bool(_chosen(arguments)))
    passed, failed, skipped = _junit_counts(result)
    fine = ended_well and skipped == 0
    return Outcome(suite, passed, failed, skipped, time.monotonic() - began, fine)


def _chosen(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[2:] if arguments[:2] == ["-m", "database"] else arguments


def _junit_counts(result: Path) -> tuple[int, int, int]:
    if not result.is_file():
        return 0, 0, 0
    suites = ET.parse(result).getroot().iter("testsuite")
    totals = [
        {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
        for suite in suites
    ]
    tests, skipped = sum(t["tests"] for t in totals), sum(t["skipped"] for t in totals)
    failed = sum(t["failures"] + t["errors"] for t in totals)
    return tests - failed - skipped, failed, skipped


def _vitest(*, results: Path) -> Outcome:
    _announce("vitest")
    result = results / "vitest.json"
    node = bootstrap.node_program().parent
    reporters = ["--reporter=default", "--reporter=json", f"--outputFile.json={result}"]
    began = time.monotonic()
    path = f"{node}{os.pathsep}{os.environ.get('PATH', '')}"
    code = _code_of(["npm", "run", "--silent", "test", "--", *reporters], {"PATH": path})
    counts = json.loads(result.read_text()) if result.is_file() else {}
    passed, failed = counts.get("numPassedTests", 0), counts.get("numFailedTests", 0)
    skipped = counts.get("numPendingTests", 0) + counts.get("numTodoTests", 0)
    fine = code == 0 and skipped == 0 and passed > 0
    return Outcome("vitest", passed, failed, skipped, time.monotonic() - began, fine)


def _code_of(command: Sequence[str], variables: dict[str, str]) -> int:
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=False).returncode


def _announce(suite: str) -> None:
    print(f"\n== {suite}", flush=True)


def _report(outcomes: Sequence[Outcome]) -> None:
    print("\nwhat ran:")
    for outcome in outcomes:
        print(outcome.line())
    passed, skipped = sum(o.passed for o in outcomes), sum(o.skipped for o in outcomes)
    # A suite that broke off before its first test has no failed test of its own, and has failed all the same.
    failed = sum(o.failed or (not o.fine) for o in outcomes)
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped", flush=True)


if __name__ == "__main__":
    main()
