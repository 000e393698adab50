"""When Stripe would refuse to create a Checkout Session, in Stripe's words where we know them."""

from urllib.parse import urlsplit

from ticketing.simulator.currencies import ALLOWED, minimum, shown
from ticketing.simulator.errors import ApiError, invalid, unsupported
from ticketing.simulator.objects.account import Account
from ticketing.simulator.operations import accounts
from ticketing.simulator.operations.session_request import CreateSession
from ticketing.simulator.world import World

SHORTEST, LONGEST = 30 * 60, 24 * 3600
MOST_LINES = 100
LARGEST = 99_999_999
METHODS = {"card", "link", "us_bank_account", "sepa_debit"}
REMOVED_UI_MODES = {"hosted": "hosted_page", "embedded": "embedded_page", "custom": "elements"}


def check(world: World, request: CreateSession, *, account: Account | None) -> None:
    """Raises ApiError. `account` is the connected account that the request acts for (Stripe-Account)."""
    for rule in (_mode, _ui_mode, _methods, _urls, _texts, _lines, _total):
        rule(request)
    _expiry(request, now=world.now)
    _split(request, direct=account is not None)
    _receiver(world, request, account)


def total_of(request: CreateSession) -> int:
    return sum(line.price_data.unit_amount * line.quantity for line in request.line_items)


def _mode(request: CreateSession) -> None:
    if request.mode is None:
        raise invalid("Missing required param: mode.", param="mode", code="parameter_missing")
    if request.mode in ("setup", "subscription"):
        raise unsupported("mode", why=f"{request.mode!r}; only 'payment' is")
    if request.mode != "payment":
        raise invalid("Invalid mode: must be one of payment, setup, or subscription", param="mode")


def _ui_mode(request: CreateSession) -> None:
    if request.ui_mode == "hosted_page":
        return
    if request.ui_mode in REMOVED_UI_MODES:
        raise invalid(
            f"Invalid ui_mode: {request.ui_mode!r} was removed in 2026-03-25.dahlia; "
            f"use {REMOVED_UI_MODES[request.ui_mode]!r}.",
            param="ui_mode",
        )
    if request.ui_mode in ("embedded_page", "elements", "form"):
        raise unsupported(
            "ui_mode", why=f"{request.ui_mode!r} needs Stripe.js; only 'hosted_page' is simulated"
        )
    raise invalid(f"Invalid ui_mode: {request.ui_mode!r}", param="ui_mode")


def _methods(request: CreateSession) -> None:
    if request.payment_method_types is not None:
        raise invalid(
            "The parameter `payment_method_types` is no longer supported in this API version (removed in "
            "2026-09-30.endive). Use dynamic payment methods, `excluded_payment_method_types` or "
            "`allowed_payment_method_types`.",
            param="payment_method_types",
            code="payment_method_types_no_longer_supported",
        )
    for method in request.allowed_payment_method_types or []:
        if method not in METHODS:
            raise unsupported("allowed_payment_method_types", why=f"{method!r}; known are {sorted(METHODS)}")
    if request.adaptive_pricing and request.adaptive_pricing.enabled:
        raise unsupported("adaptive_pricing[enabled]", why="only false is")


def _urls(request: CreateSession) -> None:
    if request.success_url is None:
        raise invalid("Missing required param: success_url.", param="success_url", code="parameter_missing")
    for param in ("success_url", "cancel_url"):
        check_url(getattr(request, param), param=param)


def check_url(url: str | None, *, param: str) -> None:
    if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
        raise invalid("Not a valid URL", param=param, code="url_invalid")


def _texts(request: CreateSession) -> None:
    email = request.customer_email
    if email is not None and not ("@" in email[1:-1] and " " not in email):
        raise invalid(f"Invalid email address: {email}", param="customer_email", code="email_invalid")
    if len(request.client_reference_id or "") > 200:
        raise invalid(
            "Invalid string: client_reference_id must be at most 200 characters", param="client_reference_id"
        )
    check_metadata(request.metadata)
    check_metadata(request.payment_intent_data.metadata, param="payment_intent_data[metadata]")


def check_metadata(metadata: dict[str, str], *, param: str = "metadata") -> None:
    if len(metadata) > 50:
        raise invalid("You can have up to 50 metadata keys", param=param)
    if any(len(key) > 40 or len(value) > 500 for key, value in metadata.items()):
        raise invalid("Metadata keys have at most 40 characters, values at most 500", param=param)


def _lines(request: CreateSession) -> None:
    if not request.line_items:
        raise invalid("Missing required param: line_items.", param="line_items", code="parameter_missing")
    if len(request.line_items) > MOST_LINES:
        raise invalid(f"Too many line items: at most {MOST_LINES}", param="line_items")
    currencies = {line.price_data.currency for line in request.line_items}
    for currency in currencies:
        if currency not in ALLOWED:
            raise invalid(f"Invalid currency: {currency}", param="line_items[0][price_data][currency]")
    if len(currencies | {request.currency or request.line_items[0].price_data.currency}) > 1:
        raise invalid("All prices on a Checkout Session must have the same currency.", param="line_items")


def _total(request: CreateSession) -> None:
    total, currency = total_of(request), request.line_items[0].price_data.currency
    if total < minimum(currency):
        raise invalid(
            f"The Checkout Session's total amount due must add up to at least {shown(minimum(currency), currency)}",
            code="amount_too_small",
        )
    if total > LARGEST:
        raise invalid(f"Amount must be no more than {shown(LARGEST, currency)}", code="amount_too_large")


def _expiry(request: CreateSession, *, now: int) -> None:
    if request.expires_at is None:
        return
    if request.expires_at < now + SHORTEST:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
            param="expires_at",
        )
    if request.expires_at > now + LONGEST:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )


def _split(request: CreateSession, *, direct: bool) -> None:
    data, total = request.payment_intent_data, total_of(request)
    fee, transfer = data.application_fee_amount, data.transfer_data
    if fee is not None and not direct and transfer is None:
        raise _bad_fee(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using "
            "a Stripe-Account header) or destination payment (using `transfer_data[destination]`)."
        )
    if fee is not None and fee > total:
        raise _bad_fee(f"The application fee ({fee}) cannot be greater than the total amount ({total}).")
    if transfer and transfer.amount is not None and fee is not None:
        raise _bad_fee("You cannot pass both application_fee_amount and transfer_data[amount].")
    if transfer and (transfer.amount or 0) > total:
        raise invalid(
            "transfer_data[amount] cannot be greater than the total amount.",
            param="payment_intent_data[transfer_data][amount]",
        )
    if transfer and direct:
        raise unsupported("payment_intent_data[transfer_data]", why="together with Stripe-Account")


def _bad_fee(message: str) -> ApiError:
    return invalid(message, param="payment_intent_data[application_fee_amount]")


def _receiver(world: World, request: CreateSession, account: Account | None) -> None:
    data = request.payment_intent_data
    if account is not None and not account.can("card_payments"):
        raise invalid(
            f"The account {account.id} cannot create charges: its `card_payments` capability is not active.",
            code="account_capability_inactive",
        )
    if data.transfer_data is not None:
        _destination(
            _reachable(world, data.transfer_data.destination), param="payment_intent_data[transfer_data]"
        )
    if data.on_behalf_of and (
        data.transfer_data is None or data.transfer_data.destination != data.on_behalf_of
    ):
        raise unsupported("payment_intent_data[on_behalf_of]", why="other than equal to the destination")
    if data.on_behalf_of and not _reachable(world, data.on_behalf_of).can("card_payments"):
        raise invalid("on_behalf_of needs an account whose `card_payments` capability is active.")


def _destination(account: Account, *, param: str) -> None:
    check_destination(account, param=f"{param}[destination]")
    if account.dashboard == "full":
        raise unsupported(
            f"{param}[destination]",
            why="Stripe's Connect matrix rules out destination charges for accounts with the full dashboard; "
            "use direct charges (Stripe-Account)",
        )


def check_destination(account: Account, *, param: str) -> None:
    if not account.can("transfers"):
        raise invalid(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            param=param,
            code="insufficient_capabilities_for_transfer",
        )


def _reachable(world: World, account: str) -> Account:
    try:
        return accounts.accessible(world, account)
    except ApiError:
        raise invalid(
            f"No such destination: '{account}'",
            param="payment_intent_data[transfer_data][destination]",
            code="resource_missing",
        ) from None
