"""/v1/payment_intents and /v1/charges: made by Checkout alone, so only read here."""

from ticketing.simulator.api.endpoint import Call, Endpoint
from ticketing.simulator.api.lists import page
from ticketing.simulator.objects.base import Listing
from ticketing.simulator.objects.payment import Charge, PaymentIntent
from ticketing.simulator.params import ListParams, Params


class ListCharges(ListParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    payment_intent: str | None = None
    transfer_group: str | None = None


def retrieve_intent(call: Call, _: Params) -> PaymentIntent:
    return call.own(PaymentIntent)


def list_intents(call: Call, params: ListParams) -> Listing:
    return page(call, PaymentIntent, params, url="/v1/payment_intents")


def retrieve_charge(call: Call, _: Params) -> Charge:
    return call.own(Charge)


def list_charges(call: Call, params: ListCharges) -> Listing:
    fields: dict[str, str | int | None] = {
        "payment_intent": params.payment_intent,
        "transfer_group": params.transfer_group,
    }
    return page(call, Charge, params, url="/v1/charges", fields=fields)


ENDPOINTS = [
    Endpoint(
        "GET", "/v1/payment_intents", ListParams, list_intents, frozenset(["customer", "customer_account"])
    ),
    Endpoint("GET", "/v1/payment_intents/{id}", Params, retrieve_intent, frozenset(["client_secret"])),
    Endpoint("GET", "/v1/charges", ListCharges, list_charges, frozenset(["customer"])),
    Endpoint("GET", "/v1/charges/{id}", Params, retrieve_charge),
]
