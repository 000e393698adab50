"""/v1/accounts, /v1/account_links, login links."""

from typing import Literal

import msgspec

from ticketing.simulator.api.endpoint import Call, Endpoint
from ticketing.simulator.api.lists import page
from ticketing.simulator.errors import invalid, unsupported
from ticketing.simulator.ids import new
from ticketing.simulator.objects.account import OUTSTANDING, Account, owing
from ticketing.simulator.objects.base import Json, Listing, Metadata
from ticketing.simulator.operations import accounts
from ticketing.simulator.operations.session_rules import check_metadata, check_url
from ticketing.simulator.params import ListParams, Params, Part

CURRENCIES = {
    "AU": "aud",
    "CA": "cad",
    "CH": "chf",
    "GB": "gbp",
    "JP": "jpy",
    "KR": "krw",
    "MX": "mxn",
    "NO": "nok",
    "NZ": "nzd",
    "SE": "sek",
    "DK": "dkk",
    "SG": "sgd",
    "US": "usd",
} | dict.fromkeys(("AT", "BE", "DE", "ES", "FI", "FR", "IE", "IT", "LU", "NL", "PT"), "eur")


class Requested(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    requested: bool = False


class Capabilities(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    card_payments: Requested = Requested()
    transfers: Requested = Requested()


class Fees(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    payer: Literal["account", "application"] = "account"


class Losses(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    payments: Literal["application", "stripe"] = "stripe"


class Dashboard(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    type: Literal["express", "full", "none"] = "full"


class Controller(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    fees: Fees = Fees()
    losses: Losses = Losses()
    stripe_dashboard: Dashboard = Dashboard()
    requirement_collection: Literal["stripe", "application"] = "stripe"


class BusinessProfile(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mcc: str | None = None
    name: str | None = None
    product_description: str | None = None
    support_email: str | None = None
    support_phone: str | None = None
    support_url: str | None = None
    url: str | None = None


class CreateAccount(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    business_profile: BusinessProfile = BusinessProfile()
    business_type: Literal["company", "government_entity", "individual", "non_profit"] | None = None
    capabilities: Capabilities = Capabilities()
    controller: Controller | None = None
    country: str = "US"
    default_currency: str | None = None
    email: str | None = None
    metadata: Metadata = {}
    type: Literal["custom", "express", "standard"] | None = None


UNSIMULATED = frozenset(
    [
        "account_token",
        "company",
        "documents",
        "external_account",
        "groups",
        "individual",
        "settings",
        "tos_acceptance",
    ]
)
# `type` is deprecated; these are the controllers that it stood for.
TYPES = {
    "express": Controller(
        fees=Fees(payer="application"),
        losses=Losses(payments="application"),
        stripe_dashboard=Dashboard(type="express"),
    ),
    "standard": Controller(),
}


class CollectionOptions(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    fields: Literal["currently_due", "eventually_due"] = "currently_due"
    future_requirements: Literal["include", "omit"] = "omit"


class CreateLink(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account: str
    type: Literal["account_onboarding", "account_update"]
    refresh_url: str
    return_url: str
    collection_options: CollectionOptions = CollectionOptions()


class Link(msgspec.Struct, frozen=True, kw_only=True):
    created: int
    url: str
    expires_at: int | msgspec.UnsetType = msgspec.UNSET
    object: Literal["account_link", "login_link"] = "account_link"


def create(call: Call, params: CreateAccount) -> Account:
    call.platform_only()
    controller = _controller(params)
    check_metadata(params.metadata)
    if params.country not in CURRENCIES:
        raise unsupported("country", why=f"{params.country!r}; known are {', '.join(sorted(CURRENCIES))}")
    identity = new("acct")
    wanted = [name for name in ("card_payments", "transfers") if getattr(params.capabilities, name).requested]
    account = Account(
        id=identity,
        created=call.world.now,
        business_profile=msgspec.to_builtins(params.business_profile),
        business_type=params.business_type,
        capabilities=dict.fromkeys(wanted, "inactive"),
        controller={**msgspec.to_builtins(controller), "is_controller": True, "type": "application"},
        country=params.country,
        default_currency=params.default_currency or CURRENCIES[params.country],
        email=params.email,
        external_accounts=Listing(url=f"/v1/accounts/{identity}/external_accounts"),
        future_requirements=owing([], disabled_reason=None),
        metadata=params.metadata,
        requirements=owing(OUTSTANDING, disabled_reason="requirements.past_due"),
        settings=_settings(),
        tos_acceptance={"date": None, "ip": None, "user_agent": None},
        type=_type_of(controller),
    )
    return call.world.store.add(account)


def retrieve(call: Call, _: Params) -> Account:
    return accounts.accessible(call.world, call.path["id"])


def list_all(call: Call, params: ListParams) -> Listing:
    call.platform_only()
    gone = "id NOT IN (SELECT id FROM objects WHERE kind = 'sim.deauthorized')"
    return page(call, Account, params, url="/v1/accounts", conditions=(gone,))


def create_link(call: Call, params: CreateLink) -> Link:
    call.platform_only()
    account = accounts.accessible(call.world, params.account)
    for param in ("refresh_url", "return_url"):
        check_url(getattr(params, param), param=param)
    if params.type == "account_update":
        raise unsupported(
            "type", why="'account_update'; Stripe allows it only where the platform collects requirements"
        )
    link = accounts.new_link(
        call.world, account, return_url=params.return_url, refresh_url=params.refresh_url
    )
    url = f"{call.world.base_url()}/setup/{link.id}"
    return Link(created=link.created, expires_at=link.expires_at, url=url)


def create_login_link(call: Call, _: Params) -> Link:
    account = accounts.accessible(call.world, call.path["id"])
    if account.dashboard != "express":
        raise invalid(f"Cannot create a login link for {account.id}: it is not an Express account.")
    if not account.details_submitted:
        raise invalid(f"Cannot create a login link for {account.id}, which has not completed onboarding.")
    url = f"{call.world.base_url()}/dashboard?account={account.id}"
    return Link(created=call.world.now, url=url, object="login_link")


def _controller(params: CreateAccount) -> Controller:
    if params.type and params.controller:
        raise invalid("You may not provide the `type` and `controller` parameters together.", param="type")
    if params.type == "custom" or (params.controller and params.controller.stripe_dashboard.type == "none"):
        raise unsupported("type" if params.type else "controller[stripe_dashboard][type]", why="no dashboard")
    controller = params.controller or TYPES[params.type or "standard"]
    if controller.requirement_collection == "application":
        raise unsupported("controller[requirement_collection]", why="'application'")
    if controller.losses.payments == "application" and controller.fees.payer != "application":
        raise invalid(
            "When `controller[losses][payments]` is `application`, `controller[fees][payer]` must be too.",
            param="controller[losses][payments]",
        )
    return controller


def _type_of(controller: Controller) -> str:
    if controller == TYPES["express"]:
        return "express"
    return "standard" if controller == TYPES["standard"] else "none"


def _settings() -> Json:
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": "SIMULATED", "timezone": "Etc/UTC"},
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
    }


ENDPOINTS = [
    Endpoint("POST", "/v1/accounts", CreateAccount, create, UNSIMULATED),
    Endpoint("GET", "/v1/accounts", ListParams, list_all),
    Endpoint("GET", "/v1/accounts/{id}", Params, retrieve),
    Endpoint("POST", "/v1/account_links", CreateLink, create_link, frozenset(["collect"])),
    Endpoint("POST", "/v1/accounts/{id}/login_links", Params, create_login_link),
]
