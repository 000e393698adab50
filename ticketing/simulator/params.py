"""Stripe's form encoding (`a[b][0]=c`) to typed parameters, with Stripe's refusals for what does not fit."""

import re
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from ticketing.simulator.errors import ApiError, invalid, unsupported

MAX_FIELDS = 1000
MAX_DEPTH = 8
# Far above any amount that is let through, and small enough to multiply and to store.
LARGEST = 10**12
Positive = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
NotNegative = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Tree = dict[str, Any]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A nested object of parameters: nothing in it goes unnoticed."""


class Params(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of one endpoint; every endpoint knows `expand`."""

    expand: list[str] = []


class Between(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A range filter, in seconds since 1970."""

    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None


class Paging(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every list knows."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    starting_after: str | None = None
    ending_before: str | None = None


class ListParams(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the lists of a whole resource know besides."""

    created: int | Between | None = None


P = TypeVar("P", bound=Params)


def parse(raw: str, *, model: type[P], unsimulated: frozenset[str] = frozenset()) -> P:
    """Raises ApiError naming the parameter. `unsimulated`: names Stripe knows and we refuse honestly, dotted."""
    tree = decode(raw)
    _refuse_empty(tree, "")
    try:
        return msgspec.convert(tree, type=model, strict=False)
    except msgspec.ValidationError as problem:
        raise _refusal(str(problem), tree, unsimulated) from None


def decode(raw: str) -> Tree:
    """`a[b][0]=c&d=e` as nested dicts and lists; every leaf is still text."""
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:
        raise invalid("The request body is not form-encoded text.") from None
    root: Tree = {}
    for key, value in pairs:
        _place(root, _steps(key), value, key)
    return {name: _with_lists(value, in_map=name == "metadata") for name, value in root.items()}


def _steps(key: str) -> list[str]:
    head, bracket, rest = key.partition("[")
    if not bracket:
        return [key]
    if not head or not rest.endswith("]"):
        raise invalid(f"Invalid parameter name: {key}", param=key)
    steps = [head, *rest[:-1].split("][")]
    if len(steps) > MAX_DEPTH:
        raise invalid(f"Parameter nested too deeply: {key}", param=key)
    return steps


def _place(root: Tree, steps: list[str], value: str, key: str) -> None:
    here = root
    for step in steps[:-1]:
        here = here.setdefault(step or str(len(here)), {})
        if not isinstance(here, dict):
            raise invalid(f"Invalid object: {key}", param=key)
    last = steps[-1] or str(len(here))
    if last in here:
        raise invalid(f"Parameter given twice: {key}", param=key)
    here[last] = value


def _with_lists(node: Any, *, in_map: bool) -> Any:
    """Objects whose keys are 0, 1, 2 ... become lists; metadata may have any keys and stays a map."""
    if not isinstance(node, dict):
        return node
    if not in_map and node and all(key.isdecimal() for key in node):
        return [_with_lists(node[key], in_map=False) for key in sorted(node, key=int)]
    return {key: _with_lists(value, in_map=key == "metadata") for key, value in node.items()}


def _refuse_empty(node: Any, name: str) -> None:
    if node == "":
        raise invalid(
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty "
            "value.",
            param=name,
            code="parameter_invalid_empty",
        )
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in children:
        if not (name.endswith("metadata") and value == ""):
            _refuse_empty(value, f"{name}[{key}]" if name else str(key))


def _refusal(problem: str, tree: Tree, unsimulated: frozenset[str]) -> ApiError:
    """msgspec's sentence (`Expected int, got str - at $.a[0].b`) as Stripe would have said it."""
    sentence, _, place = problem.partition(" - at `$")
    names = re.findall(r"[\w.-]+", place.rstrip("`"))
    steps = [step for name in names for step in name.split(".") if step]
    unknown = re.search(r"unknown field `(.*)`", sentence)
    missing = re.search(r"missing required field `(.*)`", sentence)
    if unknown:
        return _unknown([*steps, unknown[1]], unsimulated)
    if missing:
        param = _bracketed([*steps, missing[1]])
        return invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")
    return _wrong_type(sentence, _bracketed(steps), _leaf(tree, steps))


def _unknown(steps: list[str], unsimulated: frozenset[str]) -> ApiError:
    param = _bracketed(steps)
    if ".".join(step for step in steps if not step.isdecimal()) in unsimulated:
        return unsupported(param)
    return invalid(f"Received unknown parameter: {param}", param=param, code="parameter_unknown")


def _wrong_type(sentence: str, param: str, given: Any) -> ApiError:
    if "enum" in sentence:
        return invalid(f"Invalid {param}: {given!r} is not one of the values it may have", param=param)
    expected = re.match(r"Expected `(\w+)", sentence)
    wanted = expected[1] if expected else "value"
    word = {"int": "integer", "bool": "boolean", "str": "string"}.get(wanted, wanted)
    code = "parameter_invalid_integer" if wanted == "int" else None
    return invalid(f"Invalid {word}: {_shown(given)}", param=param, code=code)


def _shown(given: Any) -> str:
    return given if isinstance(given, str) else str(given)[:100]


def _bracketed(steps: list[str]) -> str:
    return steps[0] + "".join(f"[{step}]" for step in steps[1:]) if steps else ""


def _leaf(tree: Any, steps: list[str]) -> Any:
    for step in steps:
        tree = (
            tree[int(step)] if isinstance(tree, list) else tree.get(step) if isinstance(tree, dict) else None
        )
    return tree
