"""/v1/balance, /v1/balance_transactions, /v1/payouts."""

from typing import Any, Literal

import msgspec

from ticketing.simulator import ledger
from ticketing.simulator.api.endpoint import Call, Endpoint
from ticketing.simulator.api.lists import between, page
from ticketing.simulator.objects.balance import BalanceTransaction, Payout
from ticketing.simulator.objects.base import Listing
from ticketing.simulator.params import Between, ListParams, Params


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    available: list[dict[str, Any]]
    pending: list[dict[str, Any]]
    livemode: bool = False
    object: Literal["balance"] = "balance"


class ListEntries(ListParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    currency: str | None = None
    source: str | None = None
    type: str | None = None


class ListPayouts(ListParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    arrival_date: int | Between | None = None
    destination: str | None = None
    status: Literal["paid", "pending", "failed", "canceled"] | None = None


def retrieve_balance(call: Call, _: Params) -> Balance:
    default = call.account.default_currency if call.account else "usd"
    found = ledger.balances(call.world, party=call.owner) or {default: (0, 0)}
    return Balance(
        available=[_money(currency, available) for currency, (available, _) in found.items()],
        pending=[_money(currency, pending) for currency, (_, pending) in found.items()],
    )


def retrieve_entry(call: Call, _: Params) -> BalanceTransaction:
    return ledger.as_of(call.world, call.own(BalanceTransaction))


def list_entries(call: Call, params: ListEntries) -> Listing:
    fields: dict[str, str | int | None] = {
        "currency": params.currency,
        "source": params.source,
        "type": params.type,
    }
    found = page(call, BalanceTransaction, params, url="/v1/balance_transactions", fields=fields)
    return msgspec.structs.replace(found, data=[ledger.as_of(call.world, entry) for entry in found.data])


def retrieve_payout(call: Call, _: Params) -> Payout:
    return call.own(Payout)


def list_payouts(call: Call, params: ListPayouts) -> Listing:
    fields: dict[str, str | int | None] = {"destination": params.destination, "status": params.status}
    arrived = between("json_extract(body, '$.arrival_date')", params.arrival_date)
    return page(call, Payout, params, url="/v1/payouts", fields=fields, conditions=arrived)


def _money(currency: str, amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


ENDPOINTS = [
    Endpoint("GET", "/v1/balance", Params, retrieve_balance),
    Endpoint("GET", "/v1/balance_transactions", ListEntries, list_entries, frozenset(["payout"])),
    Endpoint("GET", "/v1/balance_transactions/{id}", Params, retrieve_entry),
    Endpoint("GET", "/v1/payouts", ListPayouts, list_payouts),
    Endpoint("GET", "/v1/payouts/{id}", Params, retrieve_payout),
]
