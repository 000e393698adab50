"""node `ws`, installed by npm from the lock file beside its server."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import bootstrap
from tests.benchmarks.contenders.server import NotToBeHad, Server, process, tick_of
from tests.benchmarks.load import Plan, upgrade
from tests.benchmarks.native.build import BUILT

NAME = "node ws"
HERE = Path(__file__).resolve().parent / "node"


@contextmanager
def serving() -> Iterator[Server]:
    """One process. Raises NotToBeHad."""
    node = bootstrap.node_program()
    folder = _installed(node)
    with process(lambda port: [str(node), str(folder / "server.js"), str(port)]) as (port, pid):

        def plan(sockets: int) -> Plan:
            return Plan(
                ports=(port,),
                sockets=sockets,
                request=upgrade("/fan"),
                publisher_request=upgrade("/bench/publish"),
                tick=tick_of(),
            )

        yield Server(name=NAME, pids=(pid,), plan=plan)


def _installed(node: Path) -> Path:
    """A copy with its package beside it: the sources stay as they are."""
    folder = BUILT / "node"
    lock = HERE / "package-lock.json"
    stamp = folder / "node_modules" / ".installed"
    if not (stamp.is_file() and stamp.read_bytes() == lock.read_bytes()):
        shutil.copytree(HERE, folder, dirs_exist_ok=True)
        path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        npm = [str(node.with_name("npm")), "ci", "--no-progress", "--silent"]
        done = subprocess.run(
            npm, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, check=False
        )
        if done.returncode != 0:
            raise NotToBeHad(f"npm ci ended with {done.returncode}: {done.stderr.decode()[-200:].strip()}")
        stamp.write_bytes(lock.read_bytes())
    shutil.copy(HERE / "server.js", folder)
    return folder
