"""The Python client's rules, by the scripts that the TypeScript client is held to as well."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from config.place import ROOT
from realtime import protocol as p
from realtime.client.backoff import Pause, pause_after
from realtime.client.reading import read
from realtime.client.session import Session
from tests.vectors import client_rules

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "client_rules.json").read_text()
)


def over_the_wire(value: object) -> Any:
    return json.loads(msgspec.json.encode(value))


def named(vector: dict[str, Any]) -> str:
    return str(vector["name"])


@pytest.mark.parametrize("vector", VECTORS["pauses"], ids=str)
def test_a_pause_is_as_long_as_the_vectors_say(vector: dict[str, Any]) -> None:
    loss = {name: vector[name] for name in ("failures", "crowd_ms", "asked_ms")}

    assert pause_after(**loss) == Pause(vector["least"], vector["most"])


@pytest.mark.parametrize("script", VECTORS["sessions"], ids=named)
def test_a_session_answers_as_the_script_says(script: dict[str, Any]) -> None:
    steps = [
        {name: value for name, value in step.items() if name not in ("effects", "status")}
        for step in script["steps"]
    ]

    assert over_the_wire(client_rules.played(script["token"], steps)) == script["steps"]


def test_the_scripts_show_every_server_message_every_close_code_and_every_effect() -> None:
    steps = [step for script in VECTORS["sessions"] for step in script["steps"]]
    received = {step["message"]["t"] for step in steps if step["do"] == "receive"}
    codes = {step["code"] for step in steps if step["do"] == "closed"}
    done = {effect["do"] for step in steps for effect in step["effects"]}

    # Phones signal to each other: only the TypeScript client is one.
    assert received == {kind.__struct_config__.tag for kind in get_args(p.ServerMessage)} - {"signalled"}
    assert codes >= set(p.CloseCode)
    assert done == {
        *("send", "snapshot", "fact", "state", "presence", "resumed", "closed"),
        *("reconnect", "end", "answered", "unanswered"),
    }


def test_an_integrator_needs_no_django() -> None:
    """In a process of its own: this one has long imported it."""
    ask = "import sys, realtime.client; print({'django', 'channels'} & {name.split('.')[0] for name in sys.modules})"

    told = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "set()"


def test_one_topic_has_one_reader() -> None:
    session = Session()
    session.subscribe(client_rules.DOOR)

    with pytest.raises(ValueError, match="followed already"):
        session.subscribe(client_rules.DOOR)


FACT = {"t": "fact", "topic": "sales:x", "seq": 7}
ENTERED = {"t": "fan_entered", "ticket_type": "GA", "at": 1, "door": "Tür 🥂"}


@pytest.mark.parametrize(
    ("told", "understood"),
    [
        ({**FACT, "fact": {**ENTERED, "mood": "good"}}, {**FACT, "fact": ENTERED}),
        ({**FACT, "fact": ENTERED, "trace": [1]}, {**FACT, "fact": ENTERED}),
        ({**FACT, "fact": {"t": "fan_danced"}}, {**FACT, "fact": {"t": "nothing"}}),
        (
            {**FACT, "fact": {"t": "status_changed", "status": "postponed"}},
            {**FACT, "fact": {"t": "nothing"}},
        ),
        (
            {
                "t": "state",
                "topic": "public:x",
                "seq": 1,
                "state": {
                    "t": "public_state",
                    "status": "on_sale",
                    "left": 1,
                    "sold_out": False,
                    "types": [{"id": "a", "left": 1, "sold_out": False, "colour": "red"}],
                    "weather": None,
                },
            },
            {
                "t": "state",
                "topic": "public:x",
                "seq": 1,
                "state": {
                    "t": "public_state",
                    "status": "on_sale",
                    "left": 1,
                    "sold_out": False,
                    "types": [{"id": "a", "left": 1, "sold_out": False}],
                },
            },
        ),
    ],
    ids=["a field of an entry", "a field of a message", "a kind of entry", "a word", "a field deep down"],
)
def test_what_a_newer_server_adds_is_left_out_and_the_entry_still_counts(
    told: dict[str, Any], understood: dict[str, Any]
) -> None:
    assert over_the_wire(read(json.dumps(told))) == understood


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "null",
        "1",
        "{}",
        '{"t":"from_the_future","x":1}',
        '{"t":1}',
        '{"t":"fact"}',
        '{"t":"fact","topic":"x","seq":-1,"fact":{"t":"nothing"}}',
        '{"t":"state","topic":"x","seq":1,"state":{"t":"from_the_future"}}',
        '{"t":"welcome"}',
        "[" * 5_000,
        b"\xff",
    ],
    ids=lambda text: ascii(text[:40]),
)
def test_what_is_not_ours_is_not_for_us(text: str | bytes) -> None:
    assert read(text) is None
