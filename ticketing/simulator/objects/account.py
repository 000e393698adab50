"""Connected accounts and the links that lead into their onboarding."""

from typing import Literal

from ticketing.simulator.objects.base import Json, Listing, Metadata, Resource

# What an account still owes before its onboarding form has been filled in.
OUTSTANDING = ["business_type", "external_account", "tos_acceptance.date", "tos_acceptance.ip"]


class Account(Resource, frozen=True, kw_only=True):
    country: str
    default_currency: str
    controller: Json
    capabilities: dict[str, str]
    external_accounts: Listing
    requirements: Json
    future_requirements: Json
    settings: Json
    tos_acceptance: Json
    type: str
    email: str | None = None
    business_type: str | None = None
    business_profile: Json | None = None
    charges_enabled: bool = False
    payouts_enabled: bool = False
    details_submitted: bool = False
    metadata: Metadata = {}
    object: Literal["account"] = "account"

    @property
    def fees_paid_by_platform(self) -> bool:
        return bool(self.controller["fees"]["payer"] != "account")

    @property
    def dashboard(self) -> str:
        """Which of Stripe's dashboards the account sees: express, full or none."""
        return str(self.controller["stripe_dashboard"]["type"])

    def can(self, capability: str) -> bool:
        return self.capabilities.get(capability) == "active"


class OnboardingLink(Resource, frozen=True, kw_only=True):
    """The hidden side of an account link: single use, five minutes."""

    account: str
    return_url: str
    refresh_url: str
    expires_at: int
    opened: bool = False
    finished: bool = False
    object: Literal["sim.onboarding_link"] = "sim.onboarding_link"


class Deauthorized(Resource, frozen=True, kw_only=True):
    """Marks an account that has cut the platform off: from then on the key has no access to it."""

    object: Literal["sim.deauthorized"] = "sim.deauthorized"


def owing(fields: list[str], *, disabled_reason: str | None) -> Json:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": fields,
        "disabled_reason": disabled_reason,
        "errors": [],
        "eventually_due": fields,
        "past_due": fields,
        "pending_verification": [],
    }
