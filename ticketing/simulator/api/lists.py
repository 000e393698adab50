"""Cursor paging, newest first, as every list endpoint of Stripe's does it."""

from collections.abc import Mapping

from ticketing.simulator.api.endpoint import Call
from ticketing.simulator.errors import invalid, no_such
from ticketing.simulator.objects.base import Listing, R, kind_of
from ticketing.simulator.params import Between, ListParams, Paging


def page(
    call: Call,
    model: type[R],
    params: Paging,
    *,
    url: str,
    fields: Mapping[str, str | int | None] | None = None,
    conditions: tuple[str, ...] = (),
    account: str | None = None,
) -> Listing:
    """One page of what the acting account owns (or `account`, where the caller has looked that up)."""
    backwards = params.ending_before is not None
    made = between("created", params.created) if isinstance(params, ListParams) else ()
    found = call.world.store.select(
        model,
        account=call.owner if account is None else account,
        fields=fields,
        conditions=(*conditions, *_cursor(call, model, params), *made),
        oldest_first=backwards,
        limit=params.limit + 1,
    )
    shown = found[: params.limit]
    return Listing(url=url, data=shown[::-1] if backwards else shown, has_more=len(found) > params.limit)


def between(column: str, wanted: int | Between | None) -> tuple[str, ...]:
    """SQL for a range filter; only numbers of ours go into it."""
    if wanted is None:
        return ()
    if isinstance(wanted, int):
        return (f"{column} = {wanted:d}",)
    signs = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
    return tuple(
        f"{column} {sign} {value:d}"
        for name, sign in signs.items()
        if (value := getattr(wanted, name)) is not None
    )


def _cursor(call: Call, model: type[R], params: Paging) -> tuple[str, ...]:
    if params.starting_after and params.ending_before:
        raise invalid("You can pass only one of starting_after and ending_before.", param="starting_after")
    for name, sign in (("starting_after", "<"), ("ending_before", ">")):
        cursor = getattr(params, name)
        if cursor is not None:
            sequence = call.world.store.sequence_of(model, cursor)
            if sequence is None:
                raise no_such(kind_of(model).replace("_", " "), cursor, param=name)
            return (f"seq {sign} {sequence:d}",)
    return ()
