"""Refunds."""

from typing import Literal

from ticketing.simulator.objects.base import Json, Metadata, Resource


class Refund(Resource, frozen=True, kw_only=True):
    amount: int
    charge: str
    currency: str
    balance_transaction: str | None = None
    customer: None = None
    customer_account: None = None
    description: str | None = None
    destination_details: Json | None = None
    failure_balance_transaction: str | None = None
    failure_reason: str | None = None
    instructions_email: None = None
    metadata: Metadata = {}
    next_action: None = None
    payment_intent: str | None = None
    payment_method: str | None = None
    pending_reason: str | None = None
    presentment_details: None = None
    reason: str | None = None
    receipt_number: None = None
    source_transfer_reversal: str | None = None
    status: Literal["pending", "succeeded", "failed"] = "succeeded"
    transfer_reversal: str | None = None
    object: Literal["refund"] = "refund"
