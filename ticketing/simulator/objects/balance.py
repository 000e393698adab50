"""Balance transactions and payouts."""

from typing import Literal

from ticketing.simulator.objects.base import Json, Metadata, Resource


class BalanceTransaction(Resource, frozen=True, kw_only=True):
    amount: int
    available_on: int
    currency: str
    fee: int
    net: int
    reporting_category: str
    source: str
    type: str
    balance_type: str = "payments"
    description: str | None = None
    exchange_rate: None = None
    fee_details: list[Json] = []
    status: str = "pending"
    object: Literal["balance_transaction"] = "balance_transaction"


class Payout(Resource, frozen=True, kw_only=True):
    amount: int
    arrival_date: int
    currency: str
    application_fee: None = None
    application_fee_amount: None = None
    automatic: bool = True
    balance_transaction: str | None = None
    description: str | None = "STRIPE PAYOUT"
    destination: str | None = None
    failure_balance_transaction: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    livemode: bool = False
    metadata: Metadata = {}
    method: str = "standard"
    original_payout: None = None
    payout_method: None = None
    reconciliation_status: str = "not_applicable"
    reversed_by: None = None
    source_type: str = "card"
    statement_descriptor: str | None = None
    status: Literal["paid", "failed"] = "paid"
    trace_id: None = None
    type: str = "bank_account"
    object: Literal["payout"] = "payout"
