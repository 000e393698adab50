"""Frames as RFC 6455 has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.frames import frame, texts


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (1, "81 01"),
        (125, "81 7d"),
        (126, "81 7e 00 7e"),
        (65_535, "81 7e ff ff"),
        (65_536, "81 7f 00 00 00 00 00 01 00 00"),
    ],
)
def test_a_frames_length_takes_as_few_bytes_as_it_can(size: int, head: str) -> None:
    assert frame("x" * size) == bytes.fromhex(head) + b"x" * size


def test_a_length_counts_bytes_and_not_letters() -> None:
    assert frame("🥂") == b"\x81\x04" + "🥂".encode()


def test_no_text_is_no_frame() -> None:
    assert frame("") == b""
    assert list(texts(b"")) == []


@given(st.lists(st.text(min_size=1, max_size=300)))
def test_frames_that_share_a_write_are_told_apart_again(told: list[str]) -> None:
    assert list(texts(b"".join(map(frame, told)))) == told
