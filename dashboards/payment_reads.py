"""How a venue stands with Stripe, as its payments page tells it. Frozen values, no rights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from dashboards import money_words, stripe_words
from dashboards.money_words import Said
from ticketing.models import ChargeMode, PlatformFees, TicketType, Venue
from ticketing.money import Split, split_of
from ticketing.payments import gateway

_EXAMPLE = 2_000
_SIGNED_LAST = "tos_acceptance"
"""What Stripe wants of every account until its owner has been through the whole sign-up."""


class Standing(StrEnum):
    """Where a venue is on its way to being paid."""

    NONE = "none"
    STARTED = "started"
    CHECKING = "checking"
    READY = "ready"
    STOPPED = "stopped"
    CLOSED = "closed"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payments:
    """The venue with Stripe: its standing, what is missing, why payments are stopped (both in words)."""

    standing: Standing
    direct: bool
    needs: tuple[str, ...]
    stopped: str
    express_pages: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTerms:
    """What NGN adds: the platform's rule and the venue's in words, with one ticket as an example."""

    platform: str
    own: str
    example: Split
    example_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutShown:
    """Money sent to the venue's bank, in minor units."""

    id: str
    amount: int
    currency: str
    arrives_at: datetime
    state: Said
    failure: str


def payments(venue: Venue) -> Payments:
    """How a venue stands, by what Stripe last told."""
    direct = venue.charge_mode == ChargeMode.DIRECT
    standing = _standing(venue)
    return Payments(
        standing=standing,
        direct=direct,
        needs=tuple(stripe_words.needs(venue.requirements_due)) if standing != Standing.DISCONNECTED else (),
        stopped=stripe_words.disabled(venue.disabled_reason),
        express_pages=not direct and standing in (Standing.READY, Standing.STOPPED),
    )


def _standing(venue: Venue) -> Standing:
    if venue.deauthorised_at is not None:
        return Standing.DISCONNECTED
    if venue.stripe_account_id is None:
        return Standing.NONE
    if venue.onboarding_complete:
        return Standing.READY
    if any(name.startswith(_SIGNED_LAST) for name in venue.requirements_due):
        return Standing.STARTED  # a new account is as "past due" to Stripe as one that it has stopped
    if venue.disabled_reason.startswith("rejected."):
        return Standing.CLOSED
    if venue.disabled_reason == "requirements.pending_verification":
        return Standing.CHECKING
    if venue.disabled_reason:
        return Standing.STOPPED
    return Standing.STARTED if venue.requirements_due else Standing.CHECKING


def fee_terms(venue: Venue) -> FeeTerms:
    """The fee rules that hold for a venue, and what they make of a ticket of its own."""
    policy, default = venue.fee_policy, (PlatformFees.objects.filter(pk=1).first() or PlatformFees()).policy
    kind = (
        TicketType.objects.filter(event__venue=venue, price__gt=0)
        .order_by("-event__starts_at", "position")
        .first()
    )
    return FeeTerms(
        platform=money_words.fee(default, venue.currency),
        own=money_words.fee(policy, venue.currency) if policy != default else "",
        example=split_of(price=kind.price if kind else _EXAMPLE, currency=venue.currency, policy=policy),
        example_of=kind.name if kind else "",
    )


def payouts(venue: Venue) -> list[PayoutShown] | None:
    """What Stripe paid out to the venue's bank, newest first; None while Stripe does not say."""
    if venue.stripe_account_id is None or venue.deauthorised_at is not None:
        return []
    try:
        return list(_shown(gateway.payouts(venue.stripe_account_id)))
    except (gateway.PaymentUnavailable, gateway.PaymentRefused):
        return None


def _shown(told: Iterable[gateway.PayoutTold]) -> Iterable[PayoutShown]:
    for payout in told:
        yield PayoutShown(
            id=payout.id,
            amount=payout.amount,
            currency=payout.currency,
            arrives_at=datetime.fromtimestamp(payout.arrives_at, UTC),
            state=money_words.payout(payout.status),
            failure=payout.failure,
        )
