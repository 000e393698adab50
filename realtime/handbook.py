"""docs/protocol.md: all that a third party needs to write a client.

The words are in handbook.md; what the code can say of itself (messages, fields, limits, codes) is put into them here.
The tests hold it complete: every field has a meaning, every kind of fact a rule, every message an example.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any, Final, get_args

import msgspec

from realtime import handbook_words as words
from realtime import protocol as p
from realtime.client import backoff, heart, topic
from realtime.handbook_examples import conversations, example_of
from realtime.server.limits import Limits
from realtime.versions import spoken

WORDS_PATH: Final = Path(__file__).resolve().parent / "handbook.md"
TOPICS_PER_SOCKET: Final = 32
REPLAYED_ENTRIES: Final = 2_000
STATES_PER_S: Final = 5
QUEUED_KB: Final = 256
"""These four are enforced by modules that need a database; tests/unit/test_handbook.py compares."""
_SAFE: Final = 2**53 - 1
Definitions = Mapping[str, Mapping[str, Any]]


def text(definitions: Definitions) -> str:
    """The whole document; `definitions` are the schema's."""
    parts = {**_numbers(), **_tables(definitions)}
    return Template(WORDS_PATH.read_text()).substitute(parts).rstrip() + "\n"


def _tables(definitions: Definitions) -> dict[str, str]:
    client, server = get_args(p.ClientMessage), get_args(p.ServerMessage)
    kinds = {kind.__name__ for kind in (*client, *server)} | {"ClientMessage", "ServerMessage"}
    tables = {
        "conversations": _conversations(),
        "sales_rules": _rules(words.SALES_RULES),
        "door_rules": _rules(words.DOOR_RULES),
        "close_codes": _close_codes(),
        "error_codes": _error_codes(),
        "client_messages": _messages(client, definitions),
        "server_messages": _messages(server, definitions),
        "parts": (
            line for name, body in definitions.items() if name not in kinds for line in _part(name, body)
        ),
    }
    return {name: "\n".join(lines).rstrip() for name, lines in tables.items()}


def _numbers() -> dict[str, object]:
    limits = Limits()
    return {
        "subprotocol": p.SUBPROTOCOL,
        "versions": " and ".join(f"`{version.subprotocol}`" for version in spoken()),
        "message_bytes": f"{p.MAX_CLIENT_MESSAGE_BYTES:,}",
        "feed_length": p.FEED_LENGTH,
        "topics_per_socket": TOPICS_PER_SOCKET,
        "replayed_entries": f"{REPLAYED_ENTRIES:,}",
        "states_per_s": STATES_PER_S,
        "queued_kb": QUEUED_KB,
        "ping_every_s": heart.PING_EVERY_MS / 1000,
        "silence_s": heart.SILENCE_MS // 1000,
        "connect_s": heart.CONNECT_MS // 1000,
        "patience_s": topic.PATIENCE_MS // 1000,
        "first_ms": backoff.FIRST_MS,
        "longest_ms": f"{backoff.LONGEST_MS:,}",
        "state_crowd_ms": f"{backoff.STATE_CROWD_MS:,}",
        "facts_crowd_ms": f"{backoff.FACTS_CROWD_MS:,}",
        "frame_bytes": f"{limits.frame_bytes:,}",
        "stranger_per_s": f"{limits.stranger_per_s:g}",
        "stranger_burst": f"{limits.stranger_burst:g}",
        "device_per_s": f"{limits.device_per_s:,.0f}",
        "device_burst": f"{limits.device_burst:,.0f}",
        "waiting_messages": limits.waiting_messages,
        "connections_per_address": f"{limits.connections_per_address:,}",
        "rotate_h": f"{limits.rotate_s / 3600:g}",
    }


def _conversations() -> Iterable[str]:
    for conversation in conversations():
        yield from (f"### {conversation.title}", "", conversation.shows, "", "```")
        yield from map(str, conversation.lines)
        yield from ("```", "")


def _rules(rules: Mapping[str, str]) -> Iterable[str]:
    yield from ("| fact | what changes |", "|---|---|")
    yield from (f"| `{tag}` | {rule} |" for tag, rule in rules.items())


def _close_codes() -> Iterable[str]:
    yield from ("| code | name | what to do |", "|---|---|---|")
    yield from (f"| {code.value} | {code.name.lower()} | {p.CLOSE_ADVICE[code]} |" for code in p.CloseCode)


def _error_codes() -> Iterable[str]:
    yield from ("| code | what it means, and what to do |", "|---|---|")
    yield from (f"| `{code.value}` | {p.ERROR_ADVICE[code]} |" for code in p.ErrorCode)


def _messages(kinds: Iterable[type[msgspec.Struct]], definitions: Definitions) -> Iterable[str]:
    for kind in kinds:
        tag = kind.__struct_config__.tag
        yield from (f"### `{tag}`", "", inspect.cleandoc(kind.__doc__ or ""), "")
        yield from _fields(kind.__name__, definitions[kind.__name__])
        yield from ("```json", example_of(tag), "```", "")


def _part(name: str, body: Mapping[str, Any]) -> Iterable[str]:
    yield from (f"### {name}", "", inspect.cleandoc(body.get("description", "")), "")
    if "enum" in body:
        yield from (", ".join(f"`{value}`" for value in body["enum"]), "")
    else:
        yield from _fields(name, body)


def _fields(kind: str, body: Mapping[str, Any]) -> Iterable[str]:
    properties = dict(body["properties"])
    tag = properties.pop("t", None)
    rows = [] if tag is None else [f"| `t` | `{tag['enum'][0]}` | the kind |"]
    required = body.get("required", ())
    for name, one in properties.items():
        may_lack = "" if name in required else " (optional)"
        rows.append(f"| `{name}`{may_lack} | {_type(one)} | {meaning(kind, name, one)} |")
    yield from ("| field | type | meaning |", "|---|---|---|", *rows, "")


def meaning(kind: str, name: str, body: Mapping[str, Any]) -> str:
    """What a kind's field says: its type's own words, or those for fields of that name; empty when nobody has any."""
    bodies = (body, *body.get("anyOf", ()))
    own = next((one["description"] for one in bodies if "description" in one), "")
    return str(own or words.FIELDS.get(f"{kind}.{name}") or words.FIELDS.get(name, ""))


def _type(body: Mapping[str, Any]) -> str:
    if "$ref" in body:
        name = str(body["$ref"]).rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in body:
        return " or ".join(map(_type, body["anyOf"]))
    if body.get("type") == "array":
        return f"list of {_type(body['items'])}"
    if body.get("type") == "object":
        return f"object of {_type(body['additionalProperties'])} by name"
    return f"{body['type']}{_bounds(body)}"


def _bounds(body: Mapping[str, Any]) -> str:
    if "pattern" in body:
        return f" like `{body['pattern']}`"
    if "maxLength" in body:
        return f", at most {body['maxLength']} characters"
    low, high = body.get("minimum"), body.get("maximum")
    if low is None or high is None:
        return ""
    return f", {low:,} to {'2^53 - 1' if high == _SAFE else f'{high:,}'}"
