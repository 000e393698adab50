"""Checkout Sessions: the public object, its lines, and the plan that is carried out when somebody pays."""

from typing import Literal

from ticketing.simulator.objects.base import Json, Listing, Metadata, Resource, always


class Session(Resource, frozen=True, kw_only=True):
    amount_subtotal: int
    amount_total: int
    currency: str
    expires_at: int
    success_url: str
    url: str | None
    payment_method_types: list[str]
    adaptive_pricing: Json | None = None
    after_expiration: None = None
    allow_promotion_codes: None = None
    allowed_payment_method_types: list[str] | None = None
    automatic_tax: Json = always({"enabled": False, "liability": None, "provider": None, "status": None})
    billing_address_collection: str | None = None
    branding_settings: None = None
    cancel_url: str | None = None
    client_reference_id: str | None = None
    client_secret: None = None
    collected_information: None = None
    consent: None = None
    consent_collection: None = None
    currency_conversion: None = None
    custom_fields: list[Json] = []
    custom_text: Json = always(
        {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        }
    )
    customer: None = None
    customer_account: None = None
    customer_creation: str | None = "if_required"
    customer_details: Json | None = None
    customer_email: str | None = None
    discounts: list[Json] = []
    excluded_payment_method_types: list[str] | None = None
    integration_identifier: None = None
    invoice: None = None
    invoice_creation: Json = always({"enabled": False, "invoice_data": {"metadata": {}}})
    livemode: bool = False
    locale: str | None = None
    managed_payments: None = None
    metadata: Metadata = {}
    mode: Literal["payment"] = "payment"
    name_collection: None = None
    optional_items: None = None
    origin_context: str | None = None
    payment_intent: str | None = None
    payment_link: None = None
    payment_method_collection: str | None = "if_required"
    payment_method_configuration_details: None = None
    payment_method_options: Json = {}
    payment_status: Literal["paid", "unpaid"] = "unpaid"
    permissions: None = None
    phone_number_collection: Json = always({"enabled": False})
    presentment_details: None = None
    recovered_from: None = None
    redirect_on_completion: None = None
    return_url: None = None
    saved_payment_method_options: None = None
    setup_intent: None = None
    shipping_address_collection: None = None
    shipping_cost: None = None
    shipping_options: list[Json] = []
    status: Literal["open", "complete", "expired"] = "open"
    submit_type: str | None = None
    subscription: None = None
    tax_id_collection: None = None
    total_details: Json = always({"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0})
    ui_mode: Literal["hosted_page"] = "hosted_page"
    wallet_options: None = None
    object: Literal["checkout.session"] = "checkout.session"


class LineItem(Resource, frozen=True, kw_only=True):
    """One line; its product is kept inside so that the hosted page needs nothing else."""

    amount_subtotal: int
    amount_total: int
    currency: str
    description: str
    price: Json
    quantity: int
    adjustable_quantity: None = None
    amount_discount: int = 0
    amount_tax: int = 0
    discounts: list[Json] = []
    metadata: Metadata | None = None
    taxes: list[Json] = []
    object: Literal["item"] = "item"


class Plan(Resource, frozen=True, kw_only=True):
    """What `payment_intent_data` asked for, and the lines; stored beside the session under the session's id."""

    lines: list[LineItem]
    url: str
    destination: str | None = None
    transfer_amount: int | None = None
    application_fee_amount: int | None = None
    on_behalf_of: str | None = None
    description: str | None = None
    receipt_email: str | None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    transfer_group: str | None = None
    metadata: Metadata = {}
    object: Literal["sim.plan"] = "sim.plan"


def listing_of(session: str, lines: list[LineItem]) -> Listing:
    return Listing(url=f"/v1/checkout/sessions/{session}/line_items", data=lines)
