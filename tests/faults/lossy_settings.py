"""The product's settings, but that its channel layer loses what it is told to (`tests.faults.lossy`)."""

import os

from config.settings import *  # noqa: F403
from config.settings import CHANNEL_LAYERS as _LAYERS

_honest = _LAYERS["default"]
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "tests.faults.lossy.LossyLayer",
        "CONFIG": {
            "backend": _honest["BACKEND"],
            "lost": float(os.environ["NGN_LOST"]),
            "config": _honest["CONFIG"],
        },
    }
}
