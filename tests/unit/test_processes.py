"""The launcher's child processes: their logs go on from start to start."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from config import processes


def run(logs: Path, words: str) -> processes.Child:
    """A child that says its words and ends."""
    command = [sys.executable, "-c", f"print({words!r})"]
    child = processes.start("child", command, environment=os.environ, logs=logs)
    child.process.wait(timeout=20)
    return child


def test_a_second_start_keeps_what_the_first_one_said(tmp_path: Path) -> None:
    first, second = run(tmp_path, "one"), run(tmp_path, "two")

    lines = (tmp_path / "child.log").read_text().splitlines()
    assert [line.split(" ")[0] for line in lines] == ["---", "one", "---", "two"]
    assert second.last_words() == "[child] two"
    assert first.log == second.log


def test_a_long_log_makes_room_and_one_old_one_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LOG_BYTES", 10)

    for words in ("one", "two", "three"):
        run(tmp_path, words)

    assert {path.name for path in tmp_path.iterdir()} == {"child.log", "child.log.old"}
    assert "three" in (tmp_path / "child.log").read_text()
    assert "two" in (tmp_path / "child.log.old").read_text()
