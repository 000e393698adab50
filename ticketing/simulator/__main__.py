"""`python -m ticketing.simulator`: one process, one port, one data file."""

import argparse
import asyncio
import logging
import os
import signal
import sqlite3
import sys
from pathlib import Path

from aiohttp import web

from ticketing.simulator.app import build
from ticketing.simulator.settings import BadSettingsError, Settings, from_environment
from ticketing.simulator.store import UnusableDataError

BAD_START = 2


def main() -> int:
    given = _arguments()
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "WARNING"), format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        settings = from_environment(os.environ)
        if given.data != ":memory:":
            Path(given.data).parent.mkdir(parents=True, exist_ok=True)
        asyncio.run(_serve(settings, given))
    except (BadSettingsError, UnusableDataError, sqlite3.DatabaseError) as problem:
        print(f"The Stripe simulator cannot start:\n{problem}", file=sys.stderr)
        return BAD_START
    except OSError as problem:
        print(f"The Stripe simulator cannot listen on {given.host}:{given.port}: {problem}", file=sys.stderr)
        return BAD_START
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ticketing.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100, help="0: any free port")
    parser.add_argument("--data", default=":memory:", help="the SQLite file that keeps everything")
    parser.add_argument("--public-url", help="how browsers reach this process, if not by host and port")
    return parser.parse_args()


async def _serve(settings: Settings, given: argparse.Namespace) -> None:
    urls: list[str] = []
    runner = web.AppRunner(
        build(settings, data=given.data, base_url=lambda: urls[0]), access_log=None, shutdown_timeout=3
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, given.host, given.port, reuse_address=True)
        await site.start()
        port = runner.addresses[0][1]
        urls.append(given.public_url or f"http://{given.host}:{port}")
        print(f"ready: http://{given.host}:{port}", flush=True)
        await _told_to_stop()
    finally:
        await runner.cleanup()


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()


if __name__ == "__main__":
    sys.exit(main())
