"""/v1/disputes."""

from ticketing.simulator.api.endpoint import Call, Endpoint
from ticketing.simulator.api.lists import page
from ticketing.simulator.errors import invalid
from ticketing.simulator.objects.base import Listing, Metadata
from ticketing.simulator.objects.dispute import EVIDENCE, Dispute
from ticketing.simulator.operations import disputes
from ticketing.simulator.operations.session_rules import check_metadata
from ticketing.simulator.params import ListParams, Params

LONGEST_EVIDENCE = 20_000


class UpdateDispute(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    evidence: dict[str, str] = {}
    metadata: Metadata = {}
    submit: bool = True


class ListDisputes(ListParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    charge: str | None = None
    payment_intent: str | None = None


def retrieve(call: Call, _: Params) -> Dispute:
    return call.own(Dispute)


def list_all(call: Call, params: ListDisputes) -> Listing:
    fields: dict[str, str | int | None] = {"charge": params.charge, "payment_intent": params.payment_intent}
    return page(call, Dispute, params, url="/v1/disputes", fields=fields)


def update(call: Call, params: UpdateDispute) -> Dispute:
    check_metadata(params.metadata)
    for name, text in params.evidence.items():
        if name not in EVIDENCE:
            param = f"evidence[{name}]"
            raise invalid(f"Received unknown parameter: {param}", param=param, code="parameter_unknown")
        if len(text) > LONGEST_EVIDENCE:
            raise invalid(
                f"Evidence is at most {LONGEST_EVIDENCE} characters long.", param=f"evidence[{name}]"
            )
    return disputes.update(
        call.world,
        call.own(Dispute),
        evidence=params.evidence,
        metadata=params.metadata,
        submit=params.submit,
    )


def close(call: Call, _: Params) -> Dispute:
    return disputes.accept(call.world, call.own(Dispute))


ENDPOINTS = [
    Endpoint("GET", "/v1/disputes", ListDisputes, list_all),
    Endpoint("GET", "/v1/disputes/{id}", Params, retrieve),
    Endpoint("POST", "/v1/disputes/{id}", UpdateDispute, update, frozenset(["intended_submission_method"])),
    Endpoint("POST", "/v1/disputes/{id}/close", Params, close),
]
