"""When an admission may be taken back: the server's rule, on the same cases as the phone's (`core/undo.ts`)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ticketing.models import Device, Scan, Undo
from ticketing.undoing import UNDO_MINUTES, refusal_of

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "undo.json").read_text())
CAME_IN = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


def test_the_limit_is_the_phones() -> None:
    assert timedelta(milliseconds=VECTORS["limit_ms"]) == timedelta(minutes=UNDO_MINUTES)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_an_undo_is_judged_as_the_phone_judges_it(case: dict[str, Any]) -> None:
    device = Device(pk=uuid4())
    scan = Scan(device=device, scanned_at=CAME_IN, received_at=CAME_IN)
    undone_at = CAME_IN + timedelta(milliseconds=case["passed_ms"])
    before = [Undo(undone_at=CAME_IN, received_at=CAME_IN, refusal="")] if case["undone_before"] else []

    refusal = refusal_of(
        Undo(undone_at=undone_at, received_at=undone_at),
        scan=scan,
        is_admission=case["is_admission"],
        others=before,
        device=device,
    )

    assert (refusal is None) is case["may"]
