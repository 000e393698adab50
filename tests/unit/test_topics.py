"""Topics: their names, read and written."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import topics
from realtime.topics import Audience, Topic

EVENT = UUID("018f4e1a-0000-7000-8000-000000000001")


@given(st.sampled_from(Audience), st.uuids())
def test_a_topics_name_is_read_again(audience: Audience, event_id: UUID) -> None:
    topic = Topic(audience, event_id)

    assert topics.parse(topic.name) == topic


@pytest.mark.parametrize(
    "name",
    [
        "",
        ":",
        "door",
        "door:",
        f":{EVENT}",
        f"door{EVENT}",
        f"Door:{EVENT}",
        f"stage:{EVENT}",
        f"door:{EVENT}:",
        f"door: {EVENT}",
        f" door:{EVENT}",
        f"door:{EVENT}\n",
        f"door:{EVENT.hex}",
        f"door:{{{EVENT}}}",
        f"door:{EVENT.urn}",
        f"door:{str(EVENT).upper()}",
        f"door:{str(EVENT)[:-1]}",
        f"door:{str(EVENT)[:-1]}\u0661",
        "door:*",
        "door:%",
        "door:\x00",
        "door:🥂",
    ],
    ids=ascii,
)
def test_anything_else_is_no_topic(name: str) -> None:
    assert topics.parse(name) is None


@given(st.text(max_size=80))
def test_a_name_that_is_read_is_the_one_that_is_written(name: str) -> None:
    topic = topics.parse(name)

    assert topic is None or topic.name == name


def test_doors_and_offices_read_facts_and_the_others_state() -> None:
    assert {audience for audience in Audience if audience.reads_facts} == {Audience.DOOR, Audience.SALES}
