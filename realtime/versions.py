"""The versions of the protocol that this server speaks: the present one, and the one before it.

Door phones update late, so a server that moves on goes on speaking as they understand. An older version is described
by its schema as it was when it was the present one, and by nothing else: what it has no word for is left out, field by
field and message by message. Its client messages are a part of the present ones (`tests/unit/test_versions.py`).

Rooms and replies ask `Version.encode` for a message's text, so that a broadcast is made once for each version that is
really spoken, and a version that nobody speaks costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from realtime import protocol as p

FROZEN = Path(__file__).resolve().parent / "frozen"
"""The older versions' schemas, `ngn.v<number>.schema.json`."""
_NUMBER_BEFORE = p.PROTOCOL_VERSION - 1
_NOTHING = "nothing"
Narrow = Callable[[Any], Any]


class Unspoken(Exception):
    """This version has no word for that."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version: `encode` gives a message's text in it, and no text when it has no word for the message."""

    number: int
    encode: Callable[[p.ServerMessage], str]

    @property
    def subprotocol(self) -> str:
        """As the websocket handshake names it."""
        return f"ngn.v{self.number}"


PRESENT = Version(p.PROTOCOL_VERSION, p.encode)


def spoken() -> tuple[Version, ...]:
    """All of them, the newest first."""
    return PRESENT, _before()


def agreed(offered: Collection[str]) -> Version | None:
    """The newest version that a client offers and we speak."""
    return next((version for version in spoken() if version.subprotocol in offered), None)


@cache
def _before() -> Version:
    schema = json.loads((FROZEN / f"ngn.v{_NUMBER_BEFORE}.schema.json").read_text())
    return Version(_NUMBER_BEFORE, encoder_of(schema))


def encoder_of(schema: dict[str, Any]) -> Callable[[p.ServerMessage], str]:
    """How a version says things, by its schema. Kinds of fact that it lacks become `nothing`, so that its readers go
    on counting; any other message that it cannot say whole is withheld."""
    narrow = _Narrowing(schema["$defs"]).of({"$ref": "#/$defs/ServerMessage"})

    def encode(message: p.ServerMessage) -> str:
        try:
            return msgspec.json.encode(narrow(msgspec.to_builtins(message))).decode()
        except Unspoken:
            return ""

    return encode


class _Narrowing:
    """Turns each part of a schema into a function that leaves out what the part does not know."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self._made: dict[str, Narrow] = {}

    def of(self, part: dict[str, Any]) -> Narrow:
        """The function for one part."""
        if "$ref" in part:
            return self._named(part["$ref"].rsplit("/", 1)[-1])
        if "discriminator" in part:
            return self._tagged(part["discriminator"]["mapping"])
        if "anyOf" in part:
            return self._nullable(part["anyOf"])
        if "enum" in part:
            return _among(part["enum"])
        if "properties" in part:
            return self._object(part["properties"])
        if "items" in part:
            each = self.of(part["items"])
            return lambda values: [each(value) for value in values]
        return lambda value: value

    def _named(self, name: str) -> Narrow:
        if name not in self._made:
            self._made[name] = self.of(self._definitions[name])
        return self._made[name]

    def _tagged(self, mapping: dict[str, str]) -> Narrow:
        kinds = {tag: self.of({"$ref": ref}) for tag, ref in mapping.items()}

        def narrow(value: dict[str, Any]) -> dict[str, Any]:
            if value["t"] in kinds:
                told: dict[str, Any] = kinds[value["t"]](value)
                return told
            if _NOTHING in kinds:
                return {"t": _NOTHING}
            raise Unspoken(value["t"])

        return narrow

    def _nullable(self, options: list[dict[str, Any]]) -> Narrow:
        [only] = [option for option in options if option.get("type") != "null"]
        narrow = self.of(only)
        return lambda value: None if value is None else narrow(value)

    def _object(self, properties: dict[str, Any]) -> Narrow:
        fields = {name: self.of(part) for name, part in properties.items()}
        return lambda value: {name: fields[name](told) for name, told in value.items() if name in fields}


def _among(known: list[Any]) -> Narrow:
    def narrow(value: Any) -> Any:
        if value not in known:
            raise Unspoken(str(value))
        return value

    return narrow
