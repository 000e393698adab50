"""Payment intents and charges."""

from typing import Literal

from ticketing.simulator.objects.base import Json, Metadata, Resource, always


class PaymentIntent(Resource, frozen=True, kw_only=True):
    amount: int
    currency: str
    client_secret: str
    payment_method_types: list[str]
    allowed_payment_method_types: list[str] | None = None
    amount_capturable: int = 0
    amount_details: Json = always({"tip": {}})
    amount_received: int = 0
    application: str | None = None
    application_fee_amount: int | None = None
    automatic_payment_methods: None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    capture_method: str = "automatic_async"
    confirmation_method: str = "automatic"
    customer: None = None
    customer_account: None = None
    description: str | None = None
    excluded_payment_method_types: None = None
    hooks: None = None
    last_payment_error: Json | None = None
    latest_charge: str | None = None
    livemode: bool = False
    managed_payments: None = None
    metadata: Metadata = {}
    next_action: None = None
    on_behalf_of: str | None = None
    payment_details: None = None
    payment_method: str | None = None
    payment_method_configuration_details: None = None
    payment_method_options: Json = {}
    payment_record: None = None
    presentment_details: None = None
    processing: None = None
    receipt_email: str | None = None
    review: None = None
    setup_future_usage: None = None
    shipping: None = None
    source: None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    status: Literal["requires_payment_method", "processing", "succeeded", "canceled"] = (
        "requires_payment_method"
    )
    transfer_data: Json | None = None
    transfer_group: str | None = None
    object: Literal["payment_intent"] = "payment_intent"


class Charge(Resource, frozen=True, kw_only=True):
    """A charge, or (`py_...`, on the connected account) the payment that a transfer makes there."""

    amount: int
    currency: str
    billing_details: Json
    status: Literal["succeeded", "pending", "failed"]
    amount_captured: int = 0
    amount_refunded: int = 0
    application: str | None = None
    application_fee: str | None = None
    application_fee_amount: int | None = None
    balance_transaction: str | None = None
    calculated_statement_descriptor: str | None = None
    captured: bool = False
    customer: None = None
    description: str | None = None
    disputed: bool = False
    failure_balance_transaction: None = None
    failure_code: str | None = None
    failure_message: str | None = None
    fraud_details: Json = {}
    livemode: bool = False
    metadata: Metadata = {}
    on_behalf_of: str | None = None
    outcome: Json | None = None
    paid: bool = False
    payment_intent: str | None = None
    payment_method: str | None = None
    payment_method_details: Json | None = None
    presentment_details: None = None
    receipt_email: str | None = None
    receipt_number: None = None
    receipt_url: None = None
    refunded: bool = False
    review: None = None
    shipping: None = None
    source: None = None
    source_transfer: str | None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    transfer: str | None = None
    transfer_data: Json | None = None
    transfer_group: str | None = None
    object: Literal["charge"] = "charge"

    @property
    def unrefunded(self) -> int:
        return self.amount - self.amount_refunded
