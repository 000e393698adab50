"""What every stored object has, and the list that the API wraps around several of them."""

from functools import cache
from typing import Any, Literal, TypeVar

import msgspec

Json = dict[str, Any]
Metadata = dict[str, str]


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A stored object; subclasses add `object`, whose default is the kind that it is stored under."""

    id: str
    created: int


R = TypeVar("R", bound=Resource)


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Stripe's list object, newest first."""

    url: str
    data: list[Any] = []
    has_more: bool = False
    object: Literal["list"] = "list"


def always(value: Json) -> Json:
    """The default of a field that has the same content in every object."""
    copied: Json = msgspec.field(default_factory=lambda: dict(value))
    return copied


@cache
def kind_of(model: type[Resource]) -> str:
    """The value of `object`: `charge`, `checkout.session`, ..."""
    return next(str(each.default) for each in msgspec.structs.fields(model) if each.name == "object")
