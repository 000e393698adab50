"""Reading what the server says, from a newer server too: what we do not know is left out, and still counted.

Our own structs are strict, for the server's sake. A client ignores unknown fields and unknown kinds of message; an
entry of the log of an unknown kind is `Nothing` to it, since its `seq` counts all the same.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from realtime import protocol as p

_strict = msgspec.json.Decoder(p.ServerMessage)


def read(text: str | bytes) -> p.ServerMessage | None:
    """One server message; None for what we do not understand."""
    try:
        message: p.ServerMessage = _strict.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _read_newer(text)
    return message


def _read_newer(text: str | bytes) -> p.ServerMessage | None:
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    told = _converted(raw)
    # An entry whose kind, or one of whose words, is newer than we are.
    return _converted({**raw, "fact": {"t": "nothing"}}) if told is None and raw.get("t") == "fact" else told


def _converted(raw: dict[str, Any]) -> p.ServerMessage | None:
    try:
        message: p.ServerMessage = msgspec.convert(_known(raw, _shape()), p.ServerMessage)
    except msgspec.ValidationError:
        return None
    return message


@cache
def _shape() -> inspect.Type:
    return inspect.type_info(p.ServerMessage)


def _known(value: Any, shape: inspect.Type) -> Any:
    """The value without the fields that its type lacks, all the way down."""
    match shape, value:
        case inspect.UnionType(types=types), _:
            return _known(value, _member(value, types))
        case inspect.StructType(tag_field=tag_field, fields=fields), dict():
            tag = {tag_field: value[tag_field]} if tag_field in value else {}
            known = {
                f.encode_name: _known(value[f.encode_name], f.type) for f in fields if f.encode_name in value
            }
            return tag | known
        case inspect.CollectionType(item_type=item), list():
            return [_known(one, item) for one in value]
        case _:
            return value


def _member(value: Any, types: tuple[inspect.Type, ...]) -> inspect.Type:
    """Which of a union's types this is: of structs the one with its tag, or the only one."""
    structs = [one for one in types if isinstance(one, inspect.StructType)]
    if not isinstance(value, dict) or not structs:
        return inspect.AnyType()
    return next(
        (one for one in structs if one.tag_field is None or value.get(one.tag_field) == one.tag),
        inspect.AnyType(),
    )
