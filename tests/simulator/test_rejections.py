"""What Stripe would refuse is refused, with Stripe's codes; what the simulator cannot do is refused, not ignored."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.simulator.harness import KEY, World, acting_for, line, sale


def split(**changes: Any) -> dict[str, Any]:
    return {"payment_intent_data": changes}


REFUSED: dict[str, tuple[dict[str, Any], str | None, str | None, str]] = {
    "unknown": ({"colour": "red"}, "parameter_unknown", "colour", "unknown parameter"),
    "unknown, nested": (
        {"line_items": [line("GA", 2200) | {"price_cents": 1}]},
        "parameter_unknown",
        "line_items[0][price_cents]",
        "unknown parameter",
    ),
    "wrong type": (
        {"expires_at": "soon"},
        "parameter_invalid_integer",
        "expires_at",
        "Invalid integer: soon",
    ),
    "wrong type, nested": (
        {"adaptive_pricing": {"enabled": "perhaps"}},
        None,
        "adaptive_pricing[enabled]",
        "Invalid boolean",
    ),
    "not an array": ({"line_items": "GA"}, None, "line_items", "Invalid array"),
    "empty text": (
        {"client_reference_id": ""},
        "parameter_invalid_empty",
        "client_reference_id",
        "empty string",
    ),
    "payment_method_types": (
        {"payment_method_types": ["card"]},
        "payment_method_types_no_longer_supported",
        "payment_method_types",
        "allowed_payment_method_types",
    ),
    "ui_mode hosted": ({"ui_mode": "hosted"}, None, "ui_mode", "use 'hosted_page'"),
    "ui_mode elements": ({"ui_mode": "elements"}, "simulator_unsupported", "ui_mode", "only 'hosted_page'"),
    "mode missing": ({"mode": None}, "parameter_missing", "mode", "Missing required param"),
    "mode subscription": ({"mode": "subscription"}, "simulator_unsupported", "mode", "only 'payment'"),
    "no success_url": ({"success_url": None}, "parameter_missing", "success_url", "Missing required param"),
    "bad success_url": (
        {"success_url": "javascript:alert(1)"},
        "url_invalid",
        "success_url",
        "Not a valid URL",
    ),
    "no lines": ({"line_items": []}, "parameter_missing", "line_items", "Missing required param"),
    "missing currency": (
        {"line_items": [{"quantity": 1, "price_data": {"unit_amount": 1, "product_data": {"name": "x"}}}]},
        "parameter_missing",
        "line_items[0][price_data][currency]",
        "Missing required param",
    ),
    "quantity 0": (
        {"line_items": [line("GA", 2200, quantity=0)]},
        "parameter_invalid_integer",
        "line_items[0][quantity]",
        "Invalid integer",
    ),
    "two currencies": (
        {"line_items": [line("GA", 2200), line("GA", 2200, currency="eur")]},
        None,
        "line_items",
        "same currency",
    ),
    "unknown currency": (
        {"line_items": [line("GA", 2200, currency="xyz")]},
        None,
        "line_items[0][price_data][currency]",
        "Invalid currency",
    ),
    "too small": ({"line_items": [line("GA", 49)]}, "amount_too_small", None, r"at least \$0\.50"),
    "too large": ({"line_items": [line("GA", 100_000_000)]}, "amount_too_large", None, "no more than"),
    "bad email": ({"customer_email": "nobody"}, "email_invalid", "customer_email", "Invalid email"),
    "a removed feature of Stripe's that is not simulated": (
        {"automatic_tax": {"enabled": True}},
        "simulator_unsupported",
        "automatic_tax",
        "does not simulate",
    ),
    "adaptive pricing": (
        {"adaptive_pricing": {"enabled": True}},
        "simulator_unsupported",
        "adaptive_pricing[enabled]",
        "only false",
    ),
    "too much metadata": (
        {"metadata": {f"key{n}": "x" for n in range(51)}},
        None,
        "metadata",
        "50 metadata keys",
    ),
    "fee without a receiver": (
        split(application_fee_amount=200),
        None,
        "payment_intent_data[application_fee_amount]",
        "direct payment",
    ),
    "unknown destination": (
        split(transfer_data={"destination": "acct_test_nobody"}),
        "resource_missing",
        "payment_intent_data[transfer_data][destination]",
        "No such destination",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_session_is_refused_with_code_parameter_and_reason(shared: World, name: str) -> None:
    changes, code, param, said = REFUSED[name]
    before = shared.state["objects"].get("checkout.session", 0)

    with pytest.raises(stripe.InvalidRequestError, match=said) as refusal:
        shared.session(**changes)

    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (400, code, param)
    assert refusal.value.error is not None
    assert refusal.value.error.type == "invalid_request_error"
    assert shared.state["objects"].get("checkout.session", 0) == before


@pytest.mark.parametrize("seconds", [29 * 60, 24 * 3600 + 60, -1])
def test_a_session_lives_between_half_an_hour_and_a_day(shared: World, seconds: int) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="expires_at"):
        shared.session(expires_at=int(time.time()) + seconds)


def test_thirty_one_minutes_and_no_expiry_at_all_are_taken(shared: World) -> None:
    expires_at = int(time.time()) + 31 * 60

    assert shared.session(expires_at=expires_at).expires_at == expires_at
    open_ended = shared.session()
    assert open_ended.expires_at - open_ended.created == 24 * 3600


def test_the_fee_may_be_the_whole_total_but_not_more(shared: World) -> None:
    venue = shared.venue()
    to_venue = {"transfer_data": {"destination": venue.id}}

    assert shared.session(payment_intent_data={"application_fee_amount": 2200, **to_venue}).status == "open"
    with pytest.raises(stripe.InvalidRequestError, match="cannot be greater than the total"):
        shared.session(payment_intent_data={"application_fee_amount": 2201, **to_venue})


def test_fee_and_fixed_transfer_exclude_each_other(shared: World) -> None:
    data = {"application_fee_amount": 1, "transfer_data": {"destination": shared.venue().id, "amount": 1}}

    with pytest.raises(stripe.InvalidRequestError, match="cannot pass both"):
        shared.session(payment_intent_data=data)


def test_a_venue_that_has_not_been_onboarded_receives_nothing(shared: World) -> None:
    venue = shared.venue(ready=False)

    with pytest.raises(stripe.InvalidRequestError, match="capabilities enabled: transfers") as refusal:
        shared.session(venue.id)
    with pytest.raises(stripe.InvalidRequestError, match="card_payments"):
        shared.session(at=venue.id)

    assert refusal.value.code == "insufficient_capabilities_for_transfer"


def test_a_standard_account_must_use_direct_charges(shared: World) -> None:
    venue = shared.venue(dashboard="full", payer="account")

    with pytest.raises(stripe.InvalidRequestError, match="use direct charges"):
        shared.session(venue.id)
    assert shared.session(at=venue.id).status == "open"


def test_a_missing_or_wrong_key_is_unauthorised(shared: World) -> None:
    stranger = stripe.StripeClient("sk_test_somebody_else_0000", base_addresses={"api": shared.url})

    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided: sk_test_"):
        stranger.v1.balance.retrieve()
    answer = shared.get("/v1/balance")
    assert (answer.status, answer.json["error"]["type"]) == (401, "invalid_request_error")
    assert "somebody_else" not in answer.text


@pytest.mark.parametrize("version", ["2024-06-20", ""])
def test_another_api_version_is_refused(shared: World, version: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}", **({"Stripe-Version": version} if version else {})}

    answer = shared.request("GET", "/v1/balance", **headers)

    assert answer.status == 400
    assert "2026-10-28.endive" in answer.json["error"]["message"]


def test_an_unknown_account_is_forbidden(shared: World) -> None:
    theirs = acting_for("acct_test_nobody")

    with pytest.raises(stripe.PermissionError) as refusal:
        shared.v1.balance.retrieve({}, theirs)

    assert refusal.value.error is not None
    assert (refusal.value.http_status, refusal.value.error.code) == (403, "account_invalid")


MISSING: dict[str, Callable[[World], Any]] = {
    "session": lambda world: world.v1.checkout.sessions.retrieve("cs_test_none"),
    "payment intent": lambda world: world.v1.payment_intents.retrieve("pi_test_none"),
    "charge": lambda world: world.v1.charges.retrieve("ch_test_none"),
    "refund": lambda world: world.v1.refunds.retrieve("re_test_none"),
    "transfer": lambda world: world.v1.transfers.retrieve("tr_test_none"),
    "fee": lambda world: world.v1.application_fees.retrieve("fee_test_none"),
    "dispute": lambda world: world.v1.disputes.retrieve("du_test_none"),
    "event": lambda world: world.v1.events.retrieve("evt_test_none"),
    "payout": lambda world: world.v1.payouts.retrieve("po_test_none"),
    "balance transaction": lambda world: world.v1.balance_transactions.retrieve("txn_test_none"),
    "cursor": lambda world: world.v1.charges.list({"starting_after": "ch_test_none"}),
}


@pytest.mark.parametrize("what", MISSING)
def test_what_does_not_exist_is_a_404_with_stripes_code(shared: World, what: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such") as refusal:
        MISSING[what](shared)

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_an_endpoint_that_is_not_simulated_says_so(shared: World) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        shared.v1.customers.create({"email": "fan@example.org"})
    assert shared.get("/v2/core/accounts").status == 404


MALFORMED = [
    "a[=1",
    "a]b=1",
    "line_items[0][quantity]=1&line_items=2",
    "a=1&a=2",
    "=1",
    "x%ff=%ff",
    "a" + "[b]" * 20,
]


@pytest.mark.parametrize("body", MALFORMED)
def test_a_body_that_is_not_stripes_form_encoding_is_a_clear_400(shared: World, body: str) -> None:
    headers = {
        "Authorization": f"Bearer {KEY}",
        "Stripe-Version": "2026-10-28.endive",
        "Content-Type": "application/x-www-form-urlencoded",
    }

    answer = shared.request("POST", "/v1/checkout/sessions", body, **headers)

    assert answer.status == 400
    assert answer.json["error"]["type"] == "invalid_request_error"


def test_a_body_that_is_too_large_is_refused_as_the_sdk_expects(shared: World) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shared.session(metadata={f"key{number}": "x" * 500 for number in range(900)})
    with pytest.raises(stripe.APIError, match="too large"):
        shared.session(client_reference_id="x" * 1_100_000)


def test_numbers_beyond_all_reason_are_refused(shared: World) -> None:
    asked: Any = {"amount": 10**30, "currency": "usd", "destination": shared.venue().id}

    with pytest.raises(stripe.InvalidRequestError, match="Invalid integer"):
        shared.v1.transfers.create(asked)
    with pytest.raises(stripe.InvalidRequestError, match="Invalid integer"):
        shared.session(line_items=[line("GA", 10**30)])
    with pytest.raises(stripe.InvalidRequestError, match="expires_at"):
        shared.session(expires_at=10**30)


def test_the_sale_of_the_design_is_taken_as_it_stands(shared: World) -> None:
    session = shared.v1.checkout.sessions.create(sale(shared.venue().id))

    assert (session.amount_total, session.currency, session.payment_status) == (2200, "usd", "unpaid")
    assert session.id.startswith("cs_test_")
    assert session.livemode is False
