"""`manage.py` with the settings of the demo that `make run` started: `python -m config.demo gateway_status`."""

import os
import sys
from pathlib import Path

from config.place import ROOT, Place, environment


def main() -> None:
    place = Place(
        data=ROOT / "var",
        port=int(os.environ.get("PORT", "8000")),
        simulator_port=int(os.environ.get("SIMULATOR_PORT", "8100")),
    )
    os.execve(sys.executable, command(sys.argv[1:]), environment(place, base=os.environ))


def command(arguments: list[str]) -> list[str]:
    """What is run in this process's place."""
    return [sys.executable, str(Path(ROOT) / "manage.py"), *arguments]


if __name__ == "__main__":
    main()
