"""Connected accounts: created, onboarded, restricted, rejected, cut off."""

from typing import Any, Literal

from ticketing.simulator import events
from ticketing.simulator.errors import invalid, no_access
from ticketing.simulator.ids import new
from ticketing.simulator.objects.account import OUTSTANDING, Account, Deauthorized, OnboardingLink, owing
from ticketing.simulator.objects.base import Json, Listing
from ticketing.simulator.world import World

LINK_LIVES = 300
Standing = Literal["complete", "restrict", "reject"]


def accessible(world: World, account: str) -> Account:
    """The account, if the platform's key may (still) act for it."""
    found = world.store.find(Account, account)
    if found is None or world.store.find(Deauthorized, account):
        raise no_access(account)
    return found


def bank_account(account: str, *, country: str, currency: str) -> Json:
    return {
        "id": new("ba"),
        "object": "bank_account",
        "account": account,
        "bank_name": "SIMULATED TEST BANK",
        "country": country,
        "currency": currency,
        "default_for_currency": True,
        "last4": "6789",
        "metadata": {},
        "status": "new",
    }


def settle(world: World, account: Account, standing: Standing) -> Account:
    """What Stripe decides about an account after looking at its papers; sends `account.updated`."""
    changed = world.store.change(account, **_STANDINGS[standing](account))
    events.emit(world, "account.updated", changed, account=account.id, before=account)
    return changed


def deauthorize(world: World, account: Account) -> None:
    """The account's owner cuts the platform off in their own dashboard."""
    if world.store.find(Deauthorized, account.id):
        raise invalid(f"Account {account.id} has already disconnected.")
    world.store.add(Deauthorized(id=account.id, created=world.now))
    application = {"id": world.application, "object": "application", "name": "NGN Ticketing (SIMULATED)"}
    events.emit(world, "account.application.deauthorized", application, account=account.id)


def new_link(world: World, account: Account, *, return_url: str, refresh_url: str) -> OnboardingLink:
    link = OnboardingLink(
        id=new("link"),
        created=world.now,
        account=account.id,
        return_url=return_url,
        refresh_url=refresh_url,
        expires_at=world.now + LINK_LIVES,
    )
    return world.store.add(link)


def _complete(account: Account) -> dict[str, Any]:
    bank = bank_account(account.id, country=account.country, currency=account.default_currency)
    wanted = account.capabilities or dict.fromkeys(("card_payments", "transfers"), "")
    return {
        "business_type": "company",
        "capabilities": dict.fromkeys(wanted, "active"),
        "charges_enabled": True,
        "payouts_enabled": True,
        "details_submitted": True,
        "requirements": owing([], disabled_reason=None),
        "external_accounts": account.external_accounts
        if account.external_accounts.data
        else Listing(url=f"/v1/accounts/{account.id}/external_accounts", data=[bank]),
    }


def _restrict(account: Account) -> dict[str, Any]:
    due = OUTSTANDING if not account.details_submitted else ["company.verification.document"]
    return _stopped(account) | {"requirements": owing(due, disabled_reason="requirements.past_due")}


def _reject(account: Account) -> dict[str, Any]:
    return _stopped(account) | {"requirements": owing([], disabled_reason="rejected.other")}


def _stopped(account: Account) -> dict[str, Any]:
    return {
        "capabilities": dict.fromkeys(account.capabilities, "inactive"),
        "charges_enabled": False,
        "payouts_enabled": False,
    }


_STANDINGS = {"complete": _complete, "restrict": _restrict, "reject": _reject}
