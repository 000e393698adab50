"""Who runs which test when several processes share the work (`pytest -n 2`): a file stays together, in its order.

So what a file's tests share (a Daphne, a simulator, a browser) is started once, and no test meets another order than
it does without `-n`. The units that take longest are handed out first, so that all processes end at about
the same time.
"""

from collections.abc import Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# One whole product, started by `make run`'s launcher, is enough for these. The browser's other files go out one by one:
# a process that gets any starts a product of its own, once.
PRODUCT = (
    "tests/browser/test_story.py",
    "tests/integration/test_launcher.py",
    "tests/integration/test_crowd.py",
)
LONGEST = (
    "tests/faults/test_order_life.py",
    "tests/browser/test_door_offline.py",
    "tests/browser/test_door_screens.py",
    "tests/browser/test_peers.py",
    "tests/faults/test_crash_points.py",
    "tests/browser/",
    *PRODUCT,
    "tests/faults/test_integrity.py",
    "tests/faults/test_attacks.py",
    "tests/integration/test_worker.py",
    "tests/integration/test_money_pages.py",
)


class ByFile(LoadScopeScheduling):
    """Hands out whole files, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """What one process runs from beginning to end: a file, or all that need the whole product."""
    return "the product" if nodeid.startswith(PRODUCT) else nodeid.partition("::")[0]


def longest_first(items: list[pytest.Item]) -> None:
    """Put the long units first; otherwise the order stays."""
    items.sort(key=lambda item: _place(item.nodeid, LONGEST))


def _place(nodeid: str, order: Sequence[str]) -> int:
    return next((place for place, start in enumerate(order) if nodeid.startswith(start)), len(order))
