"""The parameters of `POST /v1/checkout/sessions` that are acted out, and the names of those that are not."""

from typing import Literal

from ticketing.simulator.objects.base import Metadata
from ticketing.simulator.params import NotNegative, Params, Part, Positive


class ProductData(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    description: str | None = None
    metadata: Metadata = {}


class PriceData(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    currency: str
    product_data: ProductData
    unit_amount: NotNegative


class Line(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    price_data: PriceData
    quantity: Positive
    metadata: Metadata = {}


class TransferData(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    destination: str
    amount: Positive | None = None


class PaymentIntentData(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    application_fee_amount: NotNegative | None = None
    capture_method: Literal["automatic", "automatic_async"] = "automatic_async"
    description: str | None = None
    metadata: Metadata = {}
    on_behalf_of: str | None = None
    receipt_email: str | None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    transfer_data: TransferData | None = None
    transfer_group: str | None = None


class AdaptivePricing(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    enabled: bool = False


class CreateSession(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    line_items: list[Line] = []
    mode: str | None = None
    ui_mode: str = "hosted_page"
    success_url: str | None = None
    cancel_url: str | None = None
    client_reference_id: str | None = None
    customer_email: str | None = None
    expires_at: int | None = None
    metadata: Metadata = {}
    payment_intent_data: PaymentIntentData = PaymentIntentData()
    adaptive_pricing: AdaptivePricing | None = None
    allowed_payment_method_types: list[str] | None = None
    billing_address_collection: Literal["auto"] | None = None
    currency: str | None = None
    locale: str | None = None
    submit_type: Literal["auto", "book", "donate", "pay"] | None = None
    # Removed from this endpoint in 2026-09-30.endive: taken in only to be refused with the reason.
    payment_method_types: list[str] | None = None


UNSIMULATED = frozenset(
    [
        "after_expiration",
        "allow_promotion_codes",
        "automatic_tax",
        "branding_settings",
        "consent_collection",
        "custom_fields",
        "custom_text",
        "customer",
        "customer_account",
        "customer_creation",
        "customer_update",
        "discounts",
        "excluded_payment_method_types",
        "integration_identifier",
        "invoice_creation",
        "managed_payments",
        "name_collection",
        "optional_items",
        "origin_context",
        "payment_method_collection",
        "payment_method_configuration",
        "payment_method_data",
        "payment_method_options",
        "permissions",
        "phone_number_collection",
        "redirect_on_completion",
        "return_url",
        "saved_payment_method_options",
        "setup_intent_data",
        "shipping_address_collection",
        "shipping_options",
        "subscription_data",
        "tax_id_collection",
        "wallet_options",
        "line_items.adjustable_quantity",
        "line_items.price",
        "line_items.tax_rates",
        "line_items.price_data.product",
        "line_items.price_data.recurring",
        "line_items.price_data.tax_behavior",
        "line_items.price_data.unit_amount_decimal",
        "line_items.price_data.product_data.images",
        "line_items.price_data.product_data.tax_code",
        "line_items.price_data.product_data.tax_details",
        "line_items.price_data.product_data.unit_label",
        "payment_intent_data.setup_future_usage",
        "payment_intent_data.shipping",
    ]
)
