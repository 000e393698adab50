"""The live code's rules, by the vectors that TypeScript satisfies too and by properties."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing import live_code
from ticketing.live_code import Chain, LiveCode

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "live_code.json").read_text())
STEPS = 240
CHAIN = Chain(salt=live_code.salt_of(event_id=UUID(int=7), epoch=0), steps=STEPS)
SEED = live_code.seed_of(user_secret=b"k" * 32, event_id=UUID(int=7), ticket_id=UUID(int=8), transfer_no=0)
steps = st.integers(1, STEPS)


@cache
def values() -> dict[int, bytes]:
    """The chain's value at every step, by the code that a wallet would show."""
    shown = {
        step: live_code.parse(live_code.code_at(chain=CHAIN, seed=SEED, step=step))
        for step in range(1, STEPS + 1)
    }
    return {step: code.value for step, code in shown.items() if code is not None}


@cache
def anchor_hash() -> str:
    return live_code.qr_hash_of(chain=CHAIN, seed=SEED)


@pytest.mark.parametrize("vector", VECTORS["chains"], ids=lambda v: f"{v['steps']} steps, epoch {v['epoch']}")
def test_a_chain_is_what_the_vectors_say(vector: dict[str, Any]) -> None:
    event, ticket = UUID(vector["event_id"]), UUID(vector["ticket_id"])

    chain = Chain(salt=live_code.salt_of(event_id=event, epoch=vector["epoch"]), steps=vector["steps"])
    seed = live_code.seed_of(
        user_secret=bytes.fromhex(vector["user_secret"]),
        event_id=event,
        ticket_id=ticket,
        transfer_no=vector["transfer_no"],
    )
    qr_hash = live_code.qr_hash_of(chain=chain, seed=seed)

    assert (chain.salt.hex(), seed.hex(), qr_hash) == (vector["salt"], vector["seed"], vector["qr_hash"])
    assert live_code.anchor_of(qr_hash).hex() == vector["anchor"]
    for shown in vector["codes"]:
        assert live_code.code_at(chain=chain, seed=seed, step=shown["step"]) == shown["code"]


@pytest.mark.parametrize("vector", VECTORS["parse"], ids=lambda v: v["name"])
def test_a_text_is_read_as_the_vectors_say(vector: dict[str, Any]) -> None:
    code = live_code.parse(vector["text"])

    assert (code and {"step": code.step, "value": code.value.hex()}) == vector["code"]


@pytest.mark.parametrize("vector", VECTORS["step_at"])
def test_a_moments_step_is_what_the_vectors_say(vector: dict[str, int]) -> None:
    step = live_code.step_at(window_starts_ms=vector["window_starts_at"], at_ms=vector["at"])

    assert step == vector["step"]


@pytest.mark.parametrize("vector", VECTORS["age_of"])
def test_a_codes_age_is_what_the_vectors_say(vector: dict[str, int]) -> None:
    code = LiveCode(step=vector["step"], value=bytes(16))

    assert live_code.age_of(code=code, now_step=vector["now_step"]) == vector["age_s"]


def test_the_constants_are_those_of_the_vectors() -> None:
    ours = (live_code.STEP_S, live_code.GUARD, live_code.SKEW)

    assert ours == (VECTORS["step_s"], VECTORS["guard"], VECTORS["skew"])


def test_every_code_of_the_window_walks_to_the_tickets_qr_hash() -> None:
    walked = {
        live_code.walk(salt=CHAIN.salt, value=value, step=step).hex() for step, value in values().items()
    }

    assert len(values()) == STEPS
    assert walked == {anchor_hash()}


@given(shown=steps, claimed=steps)
def test_a_code_shown_so_far_gives_no_code_of_a_later_step(shown: int, claimed: int) -> None:
    value = values()[min(shown, claimed)]

    relabelled = live_code.walk(salt=CHAIN.salt, value=value, step=max(shown, claimed)).hex()

    assert (relabelled == anchor_hash()) == (shown == claimed)


@given(step=steps)
def test_the_anchor_gives_no_code_at_any_step(step: int) -> None:
    anchor = live_code.anchor_of(anchor_hash())

    assert live_code.walk(salt=CHAIN.salt, value=anchor, step=step).hex() != anchor_hash()


@given(step=steps, bit=st.integers(0, 127))
def test_one_wrong_bit_leads_elsewhere(step: int, bit: int) -> None:
    bent = (int.from_bytes(values()[step], "big") ^ 1 << bit).to_bytes(16, "big")

    assert live_code.walk(salt=CHAIN.salt, value=bent, step=step).hex() != anchor_hash()


@given(step=steps)
def test_another_epoch_or_show_does_not_know_the_ticket(step: int) -> None:
    others = (
        live_code.salt_of(event_id=UUID(int=7), epoch=1),
        live_code.salt_of(event_id=UUID(int=9), epoch=0),
    )

    walked = {live_code.walk(salt=salt, value=values()[step], step=step).hex() for salt in others}

    assert anchor_hash() not in walked


def test_a_transfer_another_ticket_and_another_person_make_other_seeds() -> None:
    known = {"user_secret": b"k" * 32, "event_id": UUID(int=7), "ticket_id": UUID(int=8), "transfer_no": 0}
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"transfer_no": 1},
        {"ticket_id": UUID(int=9)},
        {"event_id": UUID(int=8)},
        {"user_secret": b"K" * 32},
    )

    seeds = {live_code.seed_of(**{**known, **change}) for change in changes}

    assert len(seeds) == len(changes)


@given(step=st.integers(1, 9999), value=st.binary(min_size=16, max_size=16))
def test_what_is_written_is_read_again(step: int, value: bytes) -> None:
    chain = Chain(salt=bytes(16), steps=step)

    text = live_code.code_at(chain=chain, seed=value, step=step)

    assert len(text) == 45
    assert live_code.parse(text) == LiveCode(step=step, value=value)


@given(
    st.one_of(
        st.text(), st.text(alphabet="0123456789", min_size=44, max_size=46), st.from_regex(r"1[0-9]{44}\Z")
    )
)
def test_whatever_else_is_read_is_a_code_that_would_be_written_the_same(text: str) -> None:
    code = live_code.parse(text)

    rewritten = code and f"10{code.step:04d}{int.from_bytes(code.value, 'big'):039d}"
    assert rewritten in (None, text)


@pytest.mark.parametrize("step", [-1, 0, STEPS + 1])
def test_there_is_no_code_outside_the_window(step: int) -> None:
    with pytest.raises(ValueError, match="outside the door window"):
        live_code.code_at(chain=CHAIN, seed=SEED, step=step)
