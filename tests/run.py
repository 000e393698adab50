"""Every test: `make test`. Runs each suite to its end, then says what ran; any failure or skipped test fails the run.

`python -m tests.run` is all of it, shared by two processes; with arguments it is pytest alone, given them, on both
databases.
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
PROCESSES = 2
"""They share each suite's tests, each with a database, a Redis number, ports and folders of its own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one suite came to."""

    suite: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    fine: bool
    failures: tuple[str, ...] = ()

    def line(self) -> str:
        counts = f"{self.passed:5} passed {self.failed:4} failed {self.skipped:4} skipped"
        return f"  {self.suite:<44} {counts} {self.seconds:7.1f} s{'' if self.fine else '   <- FAILED'}"


def main() -> None:
    arguments, began = sys.argv[1:], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ngn-results-") as folder:
        outcomes = _pytest_twice(arguments, results=Path(folder))
        if not arguments:
            outcomes.append(_vitest(results=Path(folder)))
    _report(outcomes, minutes=(time.monotonic() - began) / 60)
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
    shared = [] if _chosen(arguments) else ["-n", str(PROCESSES)]
    _announce(f"{suite}: a dot is a test that passed" if shared else suite)
    command = [sys.executable, "-m", "pytest", f"--junit-xml={result}", *shared, *arguments]
    began = time.monotonic()
    code = _code_of(command, {"NGN_TEST_DATABASE": database})
    # A choice of one's own may well pick nothing on one of the two; the whole suite must not.
    ended_well = code == 0 or (code == NO_TEST_SELECTED and bool(_chosen(arguments)))
    passed, failed, skipped = _junit_counts(result)
    fine = ended_well and skipped == 0
    seconds = time.monotonic() - began
    return Outcome(suite, passed, failed, skipped, seconds, fine, _junit_failures(result))


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


def _junit_failures(result: Path) -> tuple[str, ...]:
    """The names of the tests that failed, or broke off."""
    if not result.is_file():
        return ()
    cases = ET.parse(result).getroot().iter("testcase")
    failed = (case for case in cases if case.find("failure") is not None or case.find("error") is not None)
    return tuple(dict.fromkeys(f"{case.get('classname')} {case.get('name')}" for case in failed))


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
    # Some 300 processes import the same files: they are compiled once, also where the machine says otherwise.
    compiled = {"PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **compiled, **variables}, check=False
    ).returncode


def _announce(suite: str) -> None:
    print(f"\n== {suite}", flush=True)


def _report(outcomes: Sequence[Outcome], *, minutes: float) -> None:
    for outcome in outcomes:
        for name in outcome.failures:
            print(f"\nfailed, {outcome.suite}:\n  {name}")
    print("\nwhat ran:")
    for outcome in outcomes:
        print(outcome.line())
    passed, skipped = sum(o.passed for o in outcomes), sum(o.skipped for o in outcomes)
    # A suite that broke off before its first test has no failed test of its own, and has failed all the same.
    failed = sum(o.failed or (not o.fine) for o in outcomes)
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped in {minutes:.1f} minutes", flush=True)


if __name__ == "__main__":
    main()
