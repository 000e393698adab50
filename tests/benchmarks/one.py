"""One bench, in this process: Django is set up first, on settings that nothing of the developer's leaks into."""

import importlib
import os
import signal
import sys
import time

import django

from tests import environment


def main() -> None:
    # Told to stop, it still ends its servers: they go with the interpreter's exit, which a bare SIGTERM skips.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.pop("NGN_TEST_DATABASE", None)  # a bench names its databases itself
    environment.prepare()
    django.setup()
    name = sys.argv[1]
    print(
        f"\n== {name} (load of this machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)",
        flush=True,
    )
    began = time.monotonic()
    importlib.import_module(f"tests.benchmarks.{name}").main()
    print(f"-- {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
