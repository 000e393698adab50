"""What the web process changes about the machinery under it, measured and harmless. Nothing else loads this.

Each socket's handshake formats the transport's details for a log line that nobody reads: a quarter of what connecting
costs. The garbage collector stops everything for half a second once there are thousands of sockets. And a thread that
computes may keep the event loop waiting for 5 ms after every single send.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module

from realtime import wire

GC_THRESHOLDS = (50_000, 50, 50)
SWITCH_S = 0.0005
"""How long a computing thread may keep the loop from going on after a system call."""
_MODULES = ("autobahn.websocket.protocol", "autobahn.twisted.websocket")
_FORMATTERS = ("pformat", "hltype", "hlval")


def tune() -> None:
    """Tune this process, when all its modules are loaded. Doing it twice is nothing."""
    wire.is_known()
    quiet_autobahn()
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def quiet_autobahn() -> None:
    """Spare the colours and line breaks of autobahn's debug log, which is off and which nobody here can turn on."""
    for name in _MODULES:
        module = import_module(name)
        for formatter in _FORMATTERS:
            if hasattr(module, formatter):
                setattr(module, formatter, _unformatted)


def _unformatted(*_: object, **__: object) -> str:
    return "(not formatted: realtime.tuning)"
