"""Write the protocol's schema and documentation from `realtime/protocol.py`: `python -m realtime.generate`.

The TypeScript types come from the schema by json-schema-to-typescript; `make protocol` runs both steps and
`make check` fails when a committed file is not what they write.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from pathlib import Path
from typing import Any, get_args

import msgspec

from realtime import protocol

ROOT = Path(__file__).resolve().parent.parent
SCHEMA_PATH = ROOT / "realtime" / "protocol.schema.json"
DOCS_PATH = ROOT / "docs" / "protocol.md"
_INTRODUCTION = """\
# The gateway's protocol, `{name}`

Written by `make protocol` from `realtime/protocol.py`; do not edit.

Connect to `/ws` with the websocket subprotocol `{name}`. Every message is one JSON text frame with its kind in `t`; a
client message has at most {limit:,} bytes. Unknown kinds and fields are refused inbound; a client ignores what it does
not know. Topics are `door:<event>` and `sales:<event>` (facts: every entry, once, in order), `artist:<event>` and
`public:<event>` (state: the newest replaces the older). A facts reader remembers `epoch` and the last `seq`, and
subscribes again with both after a drop; each fact's `seq` is one more than the last one's, else it subscribes again."""


def schema() -> dict[str, Any]:
    """The JSON schema of every message, one definition a struct or enum."""
    roots = (protocol.ClientMessage, protocol.ServerMessage)
    references, definitions = msgspec.json.schema_components(roots, ref_template="#/$defs/{name}")
    client, server = references
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Protocol",
        "description": f"{protocol.SUBPROTOCOL}; written by realtime/generate.py, not by hand",
        "type": "object",
        "additionalProperties": False,
        "required": ["client", "server"],
        "properties": {
            "client": {"$ref": "#/$defs/ClientMessage"},
            "server": {"$ref": "#/$defs/ServerMessage"},
        },
        "$defs": {"ClientMessage": client, "ServerMessage": server, **dict(sorted(definitions.items()))},
    }


def schema_text() -> str:
    """The schema file's exact text."""
    return json.dumps(schema(), indent=2) + "\n"


def schema_hash() -> str:
    """SHA-256 of the schema file: pinned in the tests beside `PROTOCOL_VERSION`."""
    return hashlib.sha256(schema_text().encode()).hexdigest()


def _message_section(message: type[msgspec.Struct]) -> list[str]:
    tag = message.__struct_config__.tag
    properties = schema()["$defs"][message.__name__]["properties"]
    lines = [f"### `{tag}`", "", inspect.cleandoc(message.__doc__ or ""), ""]
    fields = [(name, _type_text(body)) for name, body in properties.items() if name != "t"]
    if not fields:
        return [*lines, "No fields.", ""]
    return [*lines, "| field | type |", "|---|---|", *(f"| `{n}` | {t} |" for n, t in fields), ""]


def _type_text(body: dict[str, Any]) -> str:
    if "$ref" in body:
        return f"`{body['$ref'].rsplit('/', 1)[-1]}`"
    if "anyOf" in body:
        return " or ".join(_type_text(option) for option in body["anyOf"])
    if body.get("type") == "array":
        return f"list of {_type_text(body['items'])}"
    text = str(body.get("type", body.get("enum", "any")))
    return f"{text}: {body['description']}" if "description" in body else text


def _part_section(name: str, body: dict[str, Any]) -> list[str]:
    if "enum" in body:
        return [
            f"### {name}",
            "",
            body.get("description", ""),
            "",
            ", ".join(f"`{v}`" for v in body["enum"]),
            "",
        ]
    rows = [
        f"| `{n}` | {_type_text(b) if n != 't' else b['enum'][0]} |" for n, b in body["properties"].items()
    ]
    return [f"### {name}", "", body.get("description", ""), "", "| field | type |", "|---|---|", *rows, ""]


def docs_text() -> str:
    """`docs/protocol.md`: enough for a third party to write a client."""
    client, server = get_args(protocol.ClientMessage), get_args(protocol.ServerMessage)
    messages = {m.__name__ for m in (*client, *server)} | {"ClientMessage", "ServerMessage"}
    parts = {n: b for n, b in schema()["$defs"].items() if n not in messages}
    closes = [
        f"| {c.value} | {c.name.lower().replace('_', ' ')} | {_advice(c)} |" for c in protocol.CloseCode
    ]
    lines = [
        *_INTRODUCTION.format(
            name=protocol.SUBPROTOCOL, limit=protocol.MAX_CLIENT_MESSAGE_BYTES
        ).splitlines(),
        "",
        "## Close codes",
        "",
        "| code | meaning | what to do |",
        "|---|---|---|",
        *closes,
        "",
        "## Client messages",
        "",
    ]
    for message in client:
        lines += _message_section(message)
    lines += ["## Server messages", ""]
    for message in server:
        lines += _message_section(message)
    lines += ["## Parts", ""]
    for name, body in parts.items():
        lines += _part_section(name, body)
    return "\n".join(lines).rstrip() + "\n"


def _advice(code: protocol.CloseCode) -> str:
    return "reconnect and resume" if code < 4500 else "do not reconnect"


def main() -> None:
    """Write both files."""
    SCHEMA_PATH.write_text(schema_text())
    DOCS_PATH.parent.mkdir(exist_ok=True)
    DOCS_PATH.write_text(docs_text())


if __name__ == "__main__":
    main()
