"""/v1/refunds."""

from typing import Literal

from ticketing.simulator.api.endpoint import Call, Endpoint
from ticketing.simulator.api.lists import page
from ticketing.simulator.errors import invalid
from ticketing.simulator.objects.base import Listing, Metadata
from ticketing.simulator.objects.payment import Charge, PaymentIntent
from ticketing.simulator.objects.refund import Refund
from ticketing.simulator.operations import refunds
from ticketing.simulator.operations.session_rules import check_metadata
from ticketing.simulator.params import ListParams, Params, Positive


class CreateRefund(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    amount: Positive | None = None
    charge: str | None = None
    metadata: Metadata = {}
    payment_intent: str | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None
    refund_application_fee: bool = False
    reverse_transfer: bool = False


class ListRefunds(ListParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    charge: str | None = None
    payment_intent: str | None = None


def create(call: Call, params: CreateRefund) -> Refund:
    check_metadata(params.metadata)
    wish = refunds.Wish(
        amount=params.amount,
        reverse_transfer=params.reverse_transfer,
        refund_application_fee=params.refund_application_fee,
        reason=params.reason,
        metadata=params.metadata,
    )
    return refunds.create(call.world, _charge(call, params), wish)


def retrieve(call: Call, _: Params) -> Refund:
    return call.own(Refund)


def list_all(call: Call, params: ListRefunds) -> Listing:
    fields: dict[str, str | int | None] = {"charge": params.charge, "payment_intent": params.payment_intent}
    return page(call, Refund, params, url="/v1/refunds", fields=fields)


def _charge(call: Call, params: CreateRefund) -> Charge:
    store = call.world.store
    if params.charge:
        charge = store.get(Charge, params.charge, account=call.owner, param="charge")
        if params.payment_intent not in (None, charge.payment_intent):
            raise invalid("The charge does not belong to this payment_intent.", param="payment_intent")
        return charge
    if not params.payment_intent:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    intent = store.get(PaymentIntent, params.payment_intent, account=call.owner, param="payment_intent")
    if intent.latest_charge is None:
        raise invalid(f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.")
    return store.get(Charge, intent.latest_charge)


ENDPOINTS = [
    Endpoint(
        "POST",
        "/v1/refunds",
        CreateRefund,
        create,
        frozenset(["currency", "customer", "instructions_email", "origin"]),
    ),
    Endpoint("GET", "/v1/refunds", ListRefunds, list_all),
    Endpoint("GET", "/v1/refunds/{id}", Params, retrieve),
]
