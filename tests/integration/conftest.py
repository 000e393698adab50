"""What the tests on the database share. Models are imported late: pytest reads this file before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ticketing.log import Announcement


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[Announcement]:
    """All that the log calls out, to a listener beside the real ones."""
    from ticketing import log  # noqa: PLC0415

    heard: list[Announcement] = []
    monkeypatch.setattr(log, "_announcers", [*log._announcers, heard.append])
    return heard
