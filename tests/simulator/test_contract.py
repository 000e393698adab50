"""The simulator against the installed SDK: no parameter that Stripe does not have, no promised field missing."""

from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
import stripe
from stripe import params as sdk
from stripe.params import checkout as sdk_checkout
from typing_extensions import is_typeddict

from tests.simulator.harness import World, acting_for
from ticketing.simulator.api.endpoint import Endpoint
from ticketing.simulator.api.table import ENDPOINTS
from ticketing.simulator.settings import API_VERSION

PARAMS: dict[tuple[str, str], Any] = {
    ("POST", "/v1/accounts"): sdk.AccountCreateParams,
    ("GET", "/v1/accounts"): sdk.AccountListParams,
    ("GET", "/v1/accounts/{id}"): sdk.AccountRetrieveParams,
    ("POST", "/v1/accounts/{id}/login_links"): sdk.AccountLoginLinkCreateParams,
    ("POST", "/v1/account_links"): sdk.AccountLinkCreateParams,
    ("POST", "/v1/checkout/sessions"): sdk_checkout.SessionCreateParams,
    ("GET", "/v1/checkout/sessions"): sdk_checkout.SessionListParams,
    ("GET", "/v1/checkout/sessions/{id}"): sdk_checkout.SessionRetrieveParams,
    ("POST", "/v1/checkout/sessions/{id}/expire"): sdk_checkout.SessionExpireParams,
    ("GET", "/v1/checkout/sessions/{id}/line_items"): sdk_checkout.SessionLineItemListParams,
    ("GET", "/v1/payment_intents"): sdk.PaymentIntentListParams,
    ("GET", "/v1/payment_intents/{id}"): sdk.PaymentIntentRetrieveParams,
    ("GET", "/v1/charges"): sdk.ChargeListParams,
    ("GET", "/v1/charges/{id}"): sdk.ChargeRetrieveParams,
    ("POST", "/v1/refunds"): sdk.RefundCreateParams,
    ("GET", "/v1/refunds"): sdk.RefundListParams,
    ("GET", "/v1/refunds/{id}"): sdk.RefundRetrieveParams,
    ("POST", "/v1/transfers"): sdk.TransferCreateParams,
    ("GET", "/v1/transfers"): sdk.TransferListParams,
    ("GET", "/v1/transfers/{id}"): sdk.TransferRetrieveParams,
    ("POST", "/v1/transfers/{id}/reversals"): sdk.TransferReversalCreateParams,
    ("GET", "/v1/transfers/{id}/reversals"): sdk.TransferReversalListParams,
    ("GET", "/v1/transfers/{id}/reversals/{reversal}"): sdk.TransferReversalRetrieveParams,
    ("GET", "/v1/application_fees"): sdk.ApplicationFeeListParams,
    ("GET", "/v1/application_fees/{id}"): sdk.ApplicationFeeRetrieveParams,
    ("POST", "/v1/application_fees/{id}/refunds"): sdk.ApplicationFeeRefundCreateParams,
    ("GET", "/v1/application_fees/{id}/refunds"): sdk.ApplicationFeeRefundListParams,
    ("GET", "/v1/application_fees/{id}/refunds/{refund}"): sdk.ApplicationFeeRefundRetrieveParams,
    ("GET", "/v1/balance"): sdk.BalanceRetrieveParams,
    ("GET", "/v1/balance_transactions"): sdk.BalanceTransactionListParams,
    ("GET", "/v1/balance_transactions/{id}"): sdk.BalanceTransactionRetrieveParams,
    ("GET", "/v1/payouts"): sdk.PayoutListParams,
    ("GET", "/v1/payouts/{id}"): sdk.PayoutRetrieveParams,
    ("GET", "/v1/disputes"): sdk.DisputeListParams,
    ("GET", "/v1/disputes/{id}"): sdk.DisputeRetrieveParams,
    ("POST", "/v1/disputes/{id}"): sdk.DisputeUpdateParams,
    ("POST", "/v1/disputes/{id}/close"): sdk.DisputeCloseParams,
    ("GET", "/v1/events"): sdk.EventListParams,
    ("GET", "/v1/events/{id}"): sdk.EventRetrieveParams,
}
OPTIONS = set(stripe.RequestOptions.__annotations__)
# Taken in only to be refused with the reason why it is gone.
REMOVED = {"payment_method_types"}


def hints_of(model: Any) -> dict[str, Any]:
    """The SDK imports some names for type checkers only; those are looked up in its front module."""
    names: dict[str, Any] = {}
    while True:
        try:
            return get_type_hints(model, localns=names)
        except NameError as missing:
            name = str(missing.name)
            names[name] = getattr(stripe, name, dict)


def test_the_simulated_version_is_the_sdks_own() -> None:
    assert stripe.api_version == API_VERSION


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_an_endpoint_knows_exactly_the_parameters_that_the_sdk_knows(endpoint: Endpoint) -> None:
    theirs = set(PARAMS[endpoint.method, endpoint.path].__annotations__) - OPTIONS
    unsimulated = {name for name in endpoint.unsimulated if "." not in name}

    ours = {field.name for field in msgspec.structs.fields(endpoint.params)} - REMOVED

    assert ours | unsimulated == theirs
    assert ours & unsimulated == set()


def test_no_nested_parameter_is_unknown_to_the_sdk() -> None:
    for endpoint in ENDPOINTS:
        _compare(endpoint.params, PARAMS[endpoint.method, endpoint.path], endpoint.path)


def _compare(ours: Any, theirs: Any, where: str) -> None:
    hints = hints_of(theirs)
    for field in msgspec.structs.fields(ours):
        if field.name in REMOVED:
            continue
        assert field.name in hints, f"{where}[{field.name}]"
        part = next((each for each in _alternatives(field.type) if hasattr(each, "__struct_fields__")), None)
        match = next((each for each in _alternatives(hints[field.name]) if is_typeddict(each)), None)
        if part is not None:
            assert match is not None, f"{where}[{field.name}]"
            _compare(part, match, f"{where}[{field.name}]")


def _alternatives(hint: Any) -> Iterator[Any]:
    """The types that a value may have, lists and optionals unwrapped."""
    arguments = [each for each in get_args(hint) if each is not type(None)]
    if not arguments or is_typeddict(hint):
        yield hint
    else:
        for each in arguments:
            yield from _alternatives(each)


def test_every_object_has_every_field_that_the_sdk_promises(world: World) -> None:
    for shown in _one_of_each(world):
        _promised(shown.to_dict(), type(shown), type(shown).__name__)


# Present only when asked for, or only in cases that are not simulated.
ABSENT = {
    "Account": {"company", "deleted", "groups", "individual"},
    "Balance": {"connect_reserved", "instant_available", "issuing", "refund_and_dispute_prefunding"},
    "Charge": {"authorization_code", "level3", "radar_options", "refunds"},
    "Session": {"line_items"},
}


def test_nullable_fields_are_there_as_null_so_that_reading_them_never_fails(world: World) -> None:
    for shown in _one_of_each(world):
        name = type(shown).__name__
        if name not in ("Event", "AccountLink"):
            promised = {each for each in hints_of(type(shown)) if not each.startswith("_")} - {"OBJECT_NAME"}
            assert promised - set(shown.to_dict()) - ABSENT.get(name, set()) == set(), name


def _one_of_each(world: World) -> list[stripe.StripeObject]:
    venue = world.venue()
    theirs = acting_for(venue.id)
    link: Any = {
        "account": venue.id,
        "type": "account_onboarding",
        "refresh_url": world.url,
        "return_url": world.url,
    }
    charge, disputed = world.sold(venue.id), world.sold(venue.id)
    refund = world.v1.refunds.create(
        {"charge": charge.id, "reverse_transfer": True, "refund_application_fee": True}
    )
    world.control(f"charges/{disputed.id}/dispute")
    world.control("clock", advance_s=3 * 24 * 3600)
    world.control(f"accounts/{venue.id}", action="payout")
    session = world.v1.checkout.sessions.list().data[0]
    return [
        world.v1.accounts.retrieve(venue.id),
        world.v1.account_links.create(link),
        session,
        world.v1.checkout.sessions.line_items.list(session.id).data[0],
        world.v1.payment_intents.retrieve(str(charge.payment_intent)),
        charge,
        world.v1.charges.list({}, theirs).data[0],
        refund,
        world.v1.transfers.retrieve(str(charge.transfer)),
        world.v1.transfers.reversals.list(str(charge.transfer)).data[0],
        world.v1.application_fees.retrieve(str(charge.application_fee)),
        world.v1.application_fees.refunds.list(str(charge.application_fee)).data[0],
        world.v1.balance.retrieve(),
        world.v1.balance_transactions.list().data[0],
        world.v1.disputes.list().data[0],
        world.v1.payouts.list({}, theirs).data[0],
        world.v1.events.list().data[0],
    ]


def _promised(shown: Any, model: Any, where: str) -> None:
    """Whatever the SDK does not call Optional must be there, all the way down, and of the right kind."""
    hints = hints_of(model)
    for name, hint in hints.items():
        if name.startswith("_") or name == "OBJECT_NAME":
            continue
        optional = get_origin(hint) is Union and type(None) in get_args(hint)
        assert optional or shown.get(name) is not None, f"{where}.{name} is missing"
        value = shown.get(name)
        nested = next((each for each in _alternatives(hint) if _is_object(each)), None)
        if nested is not None and isinstance(value, dict) and value and value.get("object") != "list":
            _promised(value, nested, f"{where}.{name}")
        plain = {str: str, int: int, bool: bool}.get(hint)
        assert plain is None or isinstance(value, plain), f"{where}.{name} is {value!r}"


def _is_object(hint: Any) -> bool:
    if not (isinstance(hint, type) and issubclass(hint, stripe.StripeObject)):
        return False
    return hint.__name__ not in ("StripeObject", "UntypedStripeObject", "ListObject")
