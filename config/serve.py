"""The web processes, with this product's limits (`realtime/server/limits.py`). One place for the flags.

`python -m config.serve --host 127.0.0.1 --port 8000`; in production with `--behind-proxy --processes 4`: so many
processes behind one listening socket. One that dies is replaced, SIGTERM drains them all, a second one ends them at
once.
"""

import argparse
import os
import sys

from config import environment, siblings


def main() -> None:
    arguments = _arguments()
    _refuse_wrong_environment()
    if arguments.processes > 1:
        _refuse_without_redis(arguments.processes)
        sys.exit(
            siblings.run(
                arguments.processes, host=arguments.host, port=arguments.port, flags=_flags(arguments)
            )
        )
    command = web_process("--host", arguments.host, "--port", str(arguments.port), *_flags(arguments))
    # This process becomes the web process: signals and exit codes need no passing on.
    os.execv(command[0], command)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=8000, help="0 is any free one")
    parser.add_argument("--processes", type=_count, default=1, help="more than one needs REDIS_URL")
    parser.add_argument(
        "--behind-proxy", action="store_true", help="a proxy that overwrites X-Forwarded-* is in front"
    )
    parser.add_argument(
        "--limit", action="append", default=[], metavar="NAME=NUMBER", help="change one of the limits"
    )
    parser.add_argument("--application", default="config.asgi:application", help=argparse.SUPPRESS)
    return parser.parse_args()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1")
    return int(text)


def _flags(arguments: argparse.Namespace) -> list[str]:
    """What every web process is told alike."""
    limits = [f"--limit={change}" for change in arguments.limit]
    proxy = ["--behind-proxy"] if arguments.behind_proxy else []
    return [*limits, *proxy, f"--application={arguments.application}"]


def web_process(*flags: str) -> list[str]:
    """One web process' command line."""
    return [sys.executable, "-m", "config.web", *flags]


def _refuse_wrong_environment() -> None:
    """Said once and at once: on a slow machine, processes take longer to find it than siblings wait for a first no."""
    try:
        environment.read(os.environ)
    except environment.EnvironmentProblem as problem:
        sys.exit(str(problem))


def _refuse_without_redis(processes: int) -> None:
    """Entries would still reach everybody, by the poll; but each process would count sign-in attempts for itself."""
    if not os.environ.get("REDIS_URL", "").strip():
        sys.exit(
            f"--processes {processes} needs REDIS_URL: the processes tell each other through it, "
            "and count attempts and used codes together"
        )


if __name__ == "__main__":
    main()
