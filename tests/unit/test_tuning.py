"""What the web process changes under itself is there to be changed, and does no harm."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module

import pytest

from config.place import ROOT
from realtime import tuning

_TUNED = """
import gc, json, sys
from realtime import tuning
tuning.tune()
tuning.tune()
print(json.dumps([gc.get_threshold(), gc.get_freeze_count() > 0, round(sys.getswitchinterval(), 6)]))
"""


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("autobahn.websocket.protocol", {"pformat", "hltype", "hlval"}),
        ("autobahn.twisted.websocket", {"hltype", "hlval"}),
    ],
)
def test_autobahns_formatters_are_where_they_are_replaced_and_take_what_they_took(
    monkeypatch: pytest.MonkeyPatch, module: str, names: set[str]
) -> None:
    loaded = import_module(module)
    there = {name for name in tuning._FORMATTERS if hasattr(loaded, name)}
    for name in there:
        # So that the test leaves them as it found them.
        monkeypatch.setattr(loaded, name, getattr(loaded, name))

    tuning.quiet_autobahn()
    told = {type(getattr(loaded, name)({"any": "thing"})) for name in there}

    assert there == names
    assert told == {str}


def test_the_collector_and_the_threads_are_tuned_and_doing_it_twice_is_nothing() -> None:
    ran = subprocess.run([sys.executable, "-c", _TUNED], cwd=ROOT, capture_output=True, text=True, check=True)

    assert json.loads(ran.stdout) == [list(tuning.GC_THRESHOLDS), True, tuning.SWITCH_S]
