"""Disputes and inquiries."""

from typing import Literal

from ticketing.simulator.objects.balance import BalanceTransaction
from ticketing.simulator.objects.base import Json, Metadata, Resource, always

EVIDENCE = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
]
NO_EVIDENCE: Json = {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}}

Status = Literal[
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "won",
    "lost",
]


class Dispute(Resource, frozen=True, kw_only=True):
    amount: int
    charge: str
    currency: str
    evidence_details: Json
    is_charge_refundable: bool
    reason: str
    status: Status
    balance_transactions: list[BalanceTransaction] = []
    enhanced_eligibility_types: list[str] = []
    evidence: Json = always(NO_EVIDENCE)
    intended_submission_method: str | None = None
    livemode: bool = False
    metadata: Metadata = {}
    network_reason_code: str | None = None
    payment_intent: str | None = None
    payment_method_details: Json | None = None
    object: Literal["dispute"] = "dispute"

    @property
    def is_inquiry(self) -> bool:
        return self.status.startswith("warning_")

    @property
    def is_closed(self) -> bool:
        return self.status in ("won", "lost", "warning_closed")
