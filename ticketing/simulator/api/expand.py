"""`expand[]`: ids replaced by the objects that they name."""

from typing import Any

import msgspec

from ticketing.simulator import ledger
from ticketing.simulator.errors import ApiError, invalid
from ticketing.simulator.objects.account import Account
from ticketing.simulator.objects.balance import BalanceTransaction, Payout
from ticketing.simulator.objects.base import Json, Listing, Resource
from ticketing.simulator.objects.checkout import Plan, listing_of
from ticketing.simulator.objects.connect import ApplicationFee, FeeRefund, Transfer, TransferReversal
from ticketing.simulator.objects.dispute import Dispute
from ticketing.simulator.objects.payment import Charge, PaymentIntent
from ticketing.simulator.objects.refund import Refund
from ticketing.simulator.world import World

DEEPEST = 4
Models = dict[str, type[Resource]]
_ENTRY: Models = {"balance_transaction": BalanceTransaction}
_PAID: Models = {"charge": Charge, "payment_intent": PaymentIntent}
EXPANDABLE: dict[str, Models] = {
    "application_fee": {**_ENTRY, "account": Account, "charge": Charge, "originating_transaction": Charge},
    "charge": {
        **_ENTRY,
        "application_fee": ApplicationFee,
        "on_behalf_of": Account,
        "payment_intent": PaymentIntent,
        "source_transfer": Transfer,
        "transfer": Transfer,
    },
    "checkout.session": {"payment_intent": PaymentIntent},
    "dispute": _PAID,
    "fee_refund": {**_ENTRY, "fee": ApplicationFee},
    "payment_intent": {"latest_charge": Charge, "on_behalf_of": Account},
    "payout": {**_ENTRY, "failure_balance_transaction": BalanceTransaction},
    "refund": {
        **_ENTRY,
        **_PAID,
        "failure_balance_transaction": BalanceTransaction,
        "source_transfer_reversal": TransferReversal,
        "transfer_reversal": TransferReversal,
    },
    "transfer": {
        **_ENTRY,
        "destination": Account,
        "destination_payment": Charge,
        "source_transaction": Charge,
    },
    "transfer_reversal": {
        **_ENTRY,
        "destination_payment_refund": Refund,
        "source_refund": Refund,
        "transfer": Transfer,
    },
}
SOURCES: Models = {
    "ch": Charge,
    "py": Charge,
    "du": Dispute,
    "fee": ApplicationFee,
    "fr": FeeRefund,
    "po": Payout,
    "pyr": Refund,
    "re": Refund,
    "tr": Transfer,
    "trr": TransferReversal,
}


def expand(world: World, shown: Json, paths: list[str]) -> None:
    """Changes `shown` in place. Raises ApiError for a path that Stripe could not expand either."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST:
            raise invalid(
                f"You cannot expand more than {DEEPEST} levels of a property: {path}", param="expand"
            )
        _follow(world, shown, steps, path)


def _follow(world: World, node: Any, steps: list[str], path: str) -> None:
    if not steps or node is None:
        return
    if isinstance(node, list):
        for each in node:
            _follow(world, each, steps, path)
        return
    step = steps[0]
    if node.get("object") != "list":
        node[step] = _expanded(world, node, step, path)
    elif step != "data":
        raise _cannot(step, path)
    _follow(world, node.get(step), steps[1:], path)


def _expanded(world: World, node: Json, step: str, path: str) -> Any:
    if (node.get("object"), step) in _LISTS:
        return msgspec.to_builtins(_LISTS[node["object"], step](world, node["id"]))
    known = EXPANDABLE.get(str(node.get("object")), {}).get(step)
    if node.get("object") == "balance_transaction" and step == "source":
        known = SOURCES.get(str(node["source"]).split("_", maxsplit=1)[0])
    if known is None:
        raise _cannot(step, path)
    value = node.get(step)
    return _loaded(world, known, value) if isinstance(value, str) else value


def _loaded(world: World, model: type[Resource], identity: str) -> Any:
    found = world.store.find(model, identity)
    if isinstance(found, BalanceTransaction):
        found = ledger.as_of(world, found)
    return identity if found is None else msgspec.to_builtins(found)


def _cannot(step: str, path: str) -> ApiError:
    return invalid(
        f"This property cannot be expanded ({step}). You may want to try expanding another; given: {path}",
        param="expand",
    )


def _refunds(world: World, charge: str) -> Listing:
    return Listing(
        url=f"/v1/charges/{charge}/refunds",
        data=world.store.select(Refund, fields={"charge": charge}, limit=10),
    )


def _line_items(world: World, session: str) -> Listing:
    return listing_of(session, world.store.get(Plan, session).lines)


_LISTS = {("charge", "refunds"): _refunds, ("checkout.session", "line_items"): _line_items}
