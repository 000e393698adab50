"""/v1/transfers and their reversals."""

from ticketing.simulator.api.endpoint import Call, Endpoint
from ticketing.simulator.api.lists import page
from ticketing.simulator.currencies import ALLOWED
from ticketing.simulator.errors import invalid, no_such
from ticketing.simulator.money import next_share
from ticketing.simulator.objects.account import Account
from ticketing.simulator.objects.base import Listing, Metadata
from ticketing.simulator.objects.connect import ApplicationFee, Transfer, TransferReversal
from ticketing.simulator.objects.payment import Charge
from ticketing.simulator.operations import fees, transfers
from ticketing.simulator.operations.session_rules import check_destination, check_metadata
from ticketing.simulator.params import ListParams, Paging, Params, Positive


class CreateTransfer(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    amount: Positive
    currency: str
    destination: str
    description: str | None = None
    metadata: Metadata = {}
    transfer_group: str | None = None


class ListTransfers(ListParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    destination: str | None = None
    transfer_group: str | None = None


class CreateReversal(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    amount: Positive | None = None
    metadata: Metadata = {}
    refund_application_fee: bool = False


def create(call: Call, params: CreateTransfer) -> Transfer:
    call.platform_only()
    check_metadata(params.metadata)
    if params.currency not in ALLOWED:
        raise invalid(f"Invalid currency: {params.currency}", param="currency")
    account = call.world.store.get(Account, params.destination, param="destination")
    check_destination(account, param="destination")
    return transfers.create(
        call.world,
        account,
        amount=params.amount,
        currency=params.currency,
        description=params.description,
        transfer_group=params.transfer_group,
        metadata=params.metadata,
    )


def retrieve(call: Call, _: Params) -> Transfer:
    return call.own(Transfer)


def list_all(call: Call, params: ListTransfers) -> Listing:
    fields: dict[str, str | int | None] = {
        "destination": params.destination,
        "transfer_group": params.transfer_group,
    }
    return page(call, Transfer, params, url="/v1/transfers", fields=fields)


def reverse(call: Call, params: CreateReversal) -> TransferReversal:
    transfer = call.own(Transfer)
    check_metadata(params.metadata)
    if transfer.unreversed == 0:
        raise invalid(f"Transfer {transfer.id} is already fully reversed.", param="id")
    amount = transfer.unreversed if params.amount is None else params.amount
    fee = _fee(call, transfer) if params.refund_application_fee else None
    reversal = transfers.reverse(call.world, transfer, amount, metadata=params.metadata)
    if fee:
        before, after = transfer.amount_reversed, transfer.amount_reversed + amount
        part = next_share(fee.amount, before=before, after=after, whole=transfer.amount)
        if part := min(part, fee.unrefunded):
            fees.refund(call.world, fee, part)
    return reversal


def retrieve_reversal(call: Call, _: Params) -> TransferReversal:
    transfer, reversal = call.own(Transfer), call.own(TransferReversal, "reversal")
    if reversal.transfer != transfer.id:
        raise no_such("transfer reversal", reversal.id)
    return reversal


def list_reversals(call: Call, params: Paging) -> Listing:
    transfer = call.own(Transfer)
    url, fields = f"/v1/transfers/{transfer.id}/reversals", {"transfer": transfer.id}
    return page(call, TransferReversal, params, url=url, fields=dict(fields))


def _fee(call: Call, transfer: Transfer) -> ApplicationFee:
    payment = call.world.store.get(Charge, transfer.destination_payment or "")
    if payment.application_fee is None:
        raise invalid(
            f"There is no application fee on transfer {transfer.id} to refund.",
            param="refund_application_fee",
        )
    return call.world.store.get(ApplicationFee, payment.application_fee)


ENDPOINTS = [
    Endpoint(
        "POST", "/v1/transfers", CreateTransfer, create, frozenset(["source_transaction", "source_type"])
    ),
    Endpoint("GET", "/v1/transfers", ListTransfers, list_all),
    Endpoint("GET", "/v1/transfers/{id}", Params, retrieve),
    Endpoint("POST", "/v1/transfers/{id}/reversals", CreateReversal, reverse, frozenset(["description"])),
    Endpoint("GET", "/v1/transfers/{id}/reversals", Paging, list_reversals),
    Endpoint("GET", "/v1/transfers/{id}/reversals/{reversal}", Params, retrieve_reversal),
]
