"""`make run`'s launcher: what it says, what it leaves behind, and what it does when something dies."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from config.place import ROOT
from tests.product import Product, launched
from tests.servers import free_port


def test_a_taken_port_is_named_with_the_variable_that_changes_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        answer = _launcher("--data", str(tmp_path), "--port", str(port))

    assert answer.returncode == 1
    assert f"port {port} cannot be had" in answer.stderr
    assert f"make run PORT={port + 1}" in answer.stderr


@pytest.mark.parametrize("port", ["many", "0", "70000", "-1", "٣"])
def test_what_is_no_port_is_told_in_one_sentence_and_leaves_nothing(tmp_path: Path, port: str) -> None:
    answer = _launcher("--data", str(tmp_path / "demo"), f"--port={port}")

    assert answer.returncode == 1
    assert answer.stderr.strip() == f"{port!r} is no port: PORT is a number from 1 to 65535"
    assert not (tmp_path / "demo").exists()


def test_a_refused_start_leaves_no_empty_folder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = _launcher("--data", str(tmp_path / "demo"), "--port", str(taken.getsockname()[1]))

    assert answer.returncode == 1
    assert not (tmp_path / "demo").exists()


def test_a_data_folder_that_cannot_be_one_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("words")

    answer = _launcher("--data", str(tmp_path / "file"), "--port", str(free_port()))

    assert answer.returncode == 1
    assert "cannot be the data folder" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_reset_removes_data_and_secrets(tmp_path: Path) -> None:
    (tmp_path / "demo.env").write_text("SECRET_KEY=x\n")
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "web.log").write_text("words")

    answer = _launcher("--reset", "--data", str(tmp_path))

    assert answer.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["run.lock"]


def test_reset_is_refused_while_the_demo_runs(running: Product) -> None:
    answer = _launcher("--reset", "--data", str(running.place.data))

    assert answer.returncode == 1
    assert "already runs" in answer.stderr
    assert (running.place.data / "demo.env").exists()


def test_a_second_start_is_refused_while_the_demo_runs(running: Product) -> None:
    answer = _launcher("--data", str(running.place.data), "--port", str(free_port()))

    assert answer.returncode == 1
    assert "already runs" in answer.stderr


@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM])
def test_being_told_to_stop_leaves_no_process_behind(tmp_path: Path, wish: signal.Signals) -> None:
    with launched(tmp_path) as launcher:
        family = psutil.Process(launcher.pid).children(recursive=True)

        launcher.send_signal(wish)

        assert launcher.wait(timeout=20) == 0
    assert len(family) >= 3
    assert not [process for process in family if process.is_running()]


def test_a_child_that_dies_is_reported_with_its_last_words_and_ends_the_run(tmp_path: Path) -> None:
    with launched(tmp_path) as launcher:
        family = psutil.Process(launcher.pid).children(recursive=True)
        web = next(process for process in family if "config.web" in " ".join(process.cmdline()))

        web.kill()

        assert launcher.wait(timeout=20) == 1
        assert "web ended by itself (code -9): see " in launcher.said()
        assert str(tmp_path / "log" / "web.log") in launcher.said()
    assert not [process for process in family if process.is_running()]


def _launcher(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "config.launch", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
