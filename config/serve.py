"""The web process: Daphne with this product's limits. One place for the flags, whoever starts it.

`python -m config.serve --host 127.0.0.1 --port 8000`, with `--behind-proxy` in production.
"""

import argparse
import os
import sys

# A storm of reconnecting phones fits in the queue; Twisted's own 50 would make most of them try again for seconds.
BACKLOG = 4096
# A client's longest message is far below this; without a limit one socket can fill the memory.
MESSAGE_BYTES = 16_384
HANDSHAKE_SECONDS = 30


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--behind-proxy", action="store_true", help="a proxy that overwrites X-Forwarded-* is in front"
    )
    arguments = parser.parse_args()
    command = daphne(host=arguments.host, port=arguments.port, behind_proxy=arguments.behind_proxy)
    # The process becomes Daphne: signals and exit codes need no passing on.
    os.execv(command[0], command)


def daphne(*, host: str, port: int, behind_proxy: bool) -> list[str]:
    """Daphne's command line."""
    flags = [
        f"--endpoint=tcp:port={port}:interface={host}:backlog={BACKLOG}",
        f"--websocket-max-message-size={MESSAGE_BYTES}",
        f"--websocket-max-frame-size={MESSAGE_BYTES}",
        f"--websocket_connect_timeout={HANDSHAKE_SECONDS}",
        "--no-server-name",
        "--access-log=/dev/null",
    ]
    proxy = ["--proxy-headers"] if behind_proxy else []
    return [sys.executable, "-m", "daphne", *flags, *proxy, "config.asgi:application"]


if __name__ == "__main__":
    main()
