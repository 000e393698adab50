"""/v1/application_fees and their refunds."""

from ticketing.simulator.api.endpoint import Call, Endpoint
from ticketing.simulator.api.lists import page
from ticketing.simulator.errors import no_such
from ticketing.simulator.objects.base import Listing, Metadata
from ticketing.simulator.objects.connect import ApplicationFee, FeeRefund
from ticketing.simulator.operations import fees
from ticketing.simulator.operations.session_rules import check_metadata
from ticketing.simulator.params import ListParams, Paging, Params, Positive


class ListFees(ListParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    charge: str | None = None


class CreateFeeRefund(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    amount: Positive | None = None
    metadata: Metadata = {}


def retrieve(call: Call, _: Params) -> ApplicationFee:
    return call.own(ApplicationFee)


def list_all(call: Call, params: ListFees) -> Listing:
    return page(call, ApplicationFee, params, url="/v1/application_fees", fields={"charge": params.charge})


def refund(call: Call, params: CreateFeeRefund) -> FeeRefund:
    check_metadata(params.metadata)
    return fees.refund(call.world, call.own(ApplicationFee), params.amount, metadata=params.metadata)


def retrieve_refund(call: Call, _: Params) -> FeeRefund:
    fee, back = call.own(ApplicationFee), call.own(FeeRefund, "refund")
    if back.fee != fee.id:
        raise no_such("fee refund", back.id)
    return back


def list_refunds(call: Call, params: Paging) -> Listing:
    fee = call.own(ApplicationFee)
    return page(call, FeeRefund, params, url=f"/v1/application_fees/{fee.id}/refunds", fields={"fee": fee.id})


ENDPOINTS = [
    Endpoint("GET", "/v1/application_fees", ListFees, list_all),
    Endpoint("GET", "/v1/application_fees/{id}", Params, retrieve),
    Endpoint("POST", "/v1/application_fees/{id}/refunds", CreateFeeRefund, refund),
    Endpoint("GET", "/v1/application_fees/{id}/refunds", Paging, list_refunds),
    Endpoint("GET", "/v1/application_fees/{id}/refunds/{refund}", Params, retrieve_refund),
]
