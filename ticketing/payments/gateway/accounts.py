"""Connected accounts: opened, asked about, and what Stripe pays out to their banks."""

from __future__ import annotations

from dataclasses import dataclass

import stripe
from stripe import RequestOptions
from stripe.params import AccountCreateParamsController, PayoutListParams

from ticketing.models import ChargeMode, Venue
from ticketing.payments.gateway import speaking


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A connected account: may it be paid, by all that Stripe asks? And if not, what is missing, in Stripe's words."""

    id: str
    complete: bool
    due: tuple[str, ...]
    disabled_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutTold:
    """Money on its way from a connected account to its bank. `status` is Stripe's: paid, pending, in_transit, canceled
    or failed; `arrives_at` in UTC seconds; `failure` is Stripe's sentence, empty unless it failed."""

    id: str
    status: str
    amount: int
    currency: str
    arrives_at: int
    failure: str


def create_account(venue: Venue, *, email: str) -> str:
    """Open a connected account for a venue, once; its id. Express, or Standard for a venue that charges by itself."""
    account = speaking.ask(
        lambda v1: v1.accounts.create(
            {
                "controller": _CONTROLLERS[ChargeMode(venue.charge_mode)],
                "country": venue.country,
                "email": email,
                "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": True}},
                "business_profile": {"name": venue.name},
                "metadata": {"venue": str(venue.pk)},
            },
            # A venue that disconnected gets another account: the former one's id makes it another request.
            options={
                "idempotency_key": f"account:{venue.pk}:{venue.charge_mode}:{venue.stripe_account_id or ''}"
            },
        )
    )
    return account.id


def create_onboarding_link(account_id: str, *, return_url: str, refresh_url: str) -> str:
    """A single-use link to Stripe's onboarding pages, good for minutes. Never mail or log it."""
    link = speaking.ask(
        lambda v1: v1.account_links.create(
            {
                "account": account_id,
                "type": "account_onboarding",
                "return_url": return_url,
                "refresh_url": refresh_url,
                "collection_options": {"fields": "eventually_due"},
            }
        )
    )
    return link.url


def retrieve_account(account_id: str) -> Account:
    """Ask Stripe whether an account may be paid."""
    return account_of(speaking.ask(lambda v1: v1.accounts.retrieve(account_id)))


def account_of(account: stripe.Account) -> Account:
    """Our rule over Stripe's account: details, charges, payouts, transfers, and nothing that disables it."""
    capabilities, requirements = account.capabilities, account.requirements
    disabled = (requirements.disabled_reason if requirements else None) or ""
    due = (requirements.currently_due if requirements else None) or []
    active = capabilities is not None and _needed(account, capabilities) == "active"
    return Account(
        id=account.id,
        complete=bool(
            account.details_submitted
            and account.charges_enabled
            and account.payouts_enabled
            and active
            and not disabled
        ),
        due=tuple(due),
        disabled_reason=disabled,
    )


def payouts(account_id: str, *, limit: int = 50) -> list[PayoutTold]:
    """A connected account's newest payouts to its bank. A person waits for the answer, so it is asked for once."""
    params: PayoutListParams = {"limit": limit}
    options: RequestOptions = {"stripe_account": account_id, "max_network_retries": 0}
    return [_payout(found) for found in speaking.ask(lambda v1: v1.payouts.list(params, options)).data]


def _payout(payout: stripe.Payout) -> PayoutTold:
    return PayoutTold(
        id=payout.id,
        status=payout.status,
        amount=payout.amount,
        currency=payout.currency.upper(),
        arrives_at=payout.arrival_date,
        failure=payout.failure_message or "",
    )


def create_login_link(account_id: str) -> str:
    """A single-use link to the venue's own Express dashboard. Never mail or log it."""
    return speaking.ask(lambda v1: v1.accounts.login_links.create(account_id)).url


def _needed(account: stripe.Account, capabilities: stripe.Account.Capabilities) -> str | None:
    """What a sale needs of the account: transfers to it, or for one that charges by itself, card payments."""
    controller = account.controller
    dashboard = controller.stripe_dashboard if controller else None
    if dashboard is not None and dashboard.type == "full":
        return capabilities.card_payments
    return capabilities.transfers


_CONTROLLERS: dict[ChargeMode, AccountCreateParamsController] = {
    ChargeMode.DESTINATION: {
        "stripe_dashboard": {"type": "express"},
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
    },
    ChargeMode.DIRECT: {
        "stripe_dashboard": {"type": "full"},
        "fees": {"payer": "account"},
        "losses": {"payments": "stripe"},
    },
}
