"""The demo's crowd buys as people do: through the pages, with nothing but HTTP."""

import subprocess
import sys
import threading

from config.place import ROOT
from tests.product import Product


def test_simulated_fans_buy_until_they_are_told_to_leave(running: Product) -> None:
    command = [sys.executable, "-u", "-m", "config.crowd", "--site", running.url, "--seconds", "0.2"]
    crowd = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    alarm = threading.Timer(60, crowd.kill)
    alarm.start()

    assert crowd.stdout is not None
    bought = next((line for line in crowd.stdout if "pays, and came to /o/.../" in line), None)
    crowd.terminate()

    assert crowd.wait(timeout=20) == 0
    alarm.cancel()
    crowd.stdout.close()
    assert bought is not None
