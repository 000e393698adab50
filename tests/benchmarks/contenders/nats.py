"""nats-server's websockets: the machine's, else Debian's package."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import apt
from tests.benchmarks.contenders.server import PAYLOAD_BYTES, NotToBeHad, Server, process, tick_of
from tests.benchmarks.load import Plan, upgrade

NAME = "nats-server"
_CONNECT = 'CONNECT {"verbose":false,"pedantic":false,"echo":false}\r\n'


@contextmanager
def serving() -> Iterator[Server]:
    """One process. Raises NotToBeHad."""
    program = _program()
    with tempfile.TemporaryDirectory(prefix="ngn-nats-") as folder:

        def command(port: int) -> list[str]:
            settings = Path(folder) / "nats.conf"
            # GOMAXPROCS follows the one core that it is pinned to; its TCP port is of no use here.
            settings.write_text(
                "host: 127.0.0.1\nport: -1\nmax_connections: 20000\n"
                f"websocket {{ host: 127.0.0.1, port: {port}, no_tls: true, compression: false }}\n"
            )
            return [program, "-c", str(settings)]

        with process(command) as (port, pid):

            def plan(sockets: int) -> Plan:
                return _plan(port, sockets)

            yield Server(name=NAME, pids=(pid,), plan=plan)


def _plan(port: int, sockets: int) -> Plan:
    return Plan(
        ports=(port,),
        sockets=sockets,
        request=upgrade("/"),
        publisher_request=upgrade("/"),
        steps=(("INFO", ""), ("PONG", f"{_CONNECT}SUB ticks 1\r\nPING\r\n")),
        publisher_steps=(("INFO", ""), ("PONG", f"{_CONNECT}PING\r\n")),
        tick=f"PUB ticks {PAYLOAD_BYTES}\r\n{tick_of()}\r\n",
        binary=True,
    )


def _program() -> str:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/bin"])
    if found := shutil.which("nats-server", path=path):
        return found
    why_not = apt.install("nats-server")
    if found := shutil.which("nats-server", path=path):
        return found
    raise NotToBeHad(f"no nats-server on PATH; {why_not}")
