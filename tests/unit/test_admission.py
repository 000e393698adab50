"""The order of judgement at the door, by the vectors that the phone's own judgement satisfies too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing import admission, live_code
from ticketing.admission import Admitted, Entry, Standing, TicketStatus, Verdict
from ticketing.live_code import LiveCode

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "admission.json").read_text()
)
HERE = Entry(at=1_700_000_600_000, door="Door B")
entries = st.none() | st.builds(Entry, at=st.integers(0, 2**53 - 1), door=st.text(max_size=40))
standings = st.none() | st.builds(
    Standing, ticket_type=st.text(max_size=20), status=st.sampled_from(TicketStatus), entry=entries
)
codes = st.none() | st.builds(LiveCode, step=st.integers(1, 9999), value=st.just(bytes(16)))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_a_scan_is_judged_as_the_vectors_say(vector: dict[str, Any]) -> None:
    code = None if vector["step"] is None else LiveCode(step=vector["step"], value=bytes(16))

    verdict = admission.decide(
        code=code,
        standing=msgspec.convert(vector["standing"], type=Standing | None),
        now_step=vector["now_step"],
        here=msgspec.convert(vector["here"], type=Entry),
    )

    assert msgspec.to_builtins(verdict) == vector["verdict"]


@given(code=codes, standing=standings, now_step=st.integers(-10_000, 20_000))
def test_only_an_active_unused_ticket_with_a_code_of_now_enters(
    code: LiveCode | None, standing: Standing | None, now_step: int
) -> None:
    verdict = admission.decide(code=code, standing=standing, now_step=now_step, here=HERE)

    may_enter = (
        code is not None
        and standing is not None
        and standing.status in (TicketStatus.ACTIVE, TicketStatus.REDEEMED)
        and standing.entry is None
        and code.step > live_code.GUARD
        and abs(now_step - code.step) <= live_code.SKEW
    )
    assert isinstance(verdict, Admitted) == may_enter


@given(code=codes, standing=standings, now_step=st.integers(-10_000, 20_000))
def test_every_verdict_is_kept_as_json_and_read_again(
    code: LiveCode | None, standing: Standing | None, now_step: int
) -> None:
    verdict = admission.decide(code=code, standing=standing, now_step=now_step, here=HERE)

    kept = msgspec.json.encode(verdict)

    assert msgspec.json.decode(kept, type=Verdict) == verdict
