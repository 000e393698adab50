"""The recorded night that both languages fold: it is complete, and of today's shapes."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from realtime import projections
from realtime import protocol as p
from ticketing.domain_events import AnyDomainEvent

NIGHT: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "night.json").read_text())
ANEW = "record the night anew: python -m tests.vectors.night"


def tags(union: Any) -> set[Any]:
    return {kind.__struct_config__.tag for kind in get_args(union)}


def test_every_domain_event_happens_and_each_audience_is_told_all_that_it_can_be() -> None:
    entries = NIGHT["entries"]

    assert {entry["kind"] for entry in entries} == tags(AnyDomainEvent), ANEW
    assert {entry["sales"]["t"] for entry in entries} == tags(p.SalesFact), ANEW
    assert {entry["door"]["t"] for entry in entries} == tags(p.DoorFact), ANEW


def test_it_is_written_in_the_protocols_present_words() -> None:
    for shape, values in (
        (p.SalesSnapshot, [place["sales"] for place in NIGHT["places"]]),
        (p.DoorSnapshot, [place["door"] for place in NIGHT["places"]]),
        (p.SalesFact, [entry["sales"] for entry in NIGHT["entries"]]),
        (p.DoorFact, [entry["door"] for entry in NIGHT["entries"]]),
    ):
        for value in values:
            read: Any = msgspec.convert(value, shape)
            assert json.loads(msgspec.json.encode(read)) == value, ANEW


@pytest.mark.parametrize(
    ("old", "new"), list(combinations(NIGHT["places"], 2)), ids=lambda place: str(place["seq"])
)
def test_an_old_page_and_the_facts_since_are_the_new_page(old: dict[str, Any], new: dict[str, Any]) -> None:
    page = msgspec.convert(old["sales"], p.SalesSnapshot)
    for entry in NIGHT["entries"]:
        if old["seq"] < entry["seq"] <= new["seq"]:
            fact = msgspec.convert(entry["sales"], p.SalesFact)
            page = projections.sales_after(page, entry["seq"], fact)

    assert page == msgspec.convert(new["sales"], p.SalesSnapshot)
