"""Write the protocol's schema and documentation from `realtime/protocol.py`: `python -m realtime.generate`.

The TypeScript types come from the schema by json-schema-to-typescript; `make protocol` runs both steps and
`make check` fails when a committed file is not what they write.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec

from realtime import handbook, protocol

ROOT = Path(__file__).resolve().parent.parent
SCHEMA_PATH = ROOT / "realtime" / "protocol.schema.json"
DOCS_PATH = ROOT / "docs" / "protocol.md"


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


def docs_text() -> str:
    """`docs/protocol.md`: enough for a third party to write a client."""
    return handbook.text(schema()["$defs"])


def main() -> None:
    """Write both files."""
    SCHEMA_PATH.write_text(schema_text())
    DOCS_PATH.parent.mkdir(exist_ok=True)
    DOCS_PATH.write_text(docs_text())


if __name__ == "__main__":
    main()
