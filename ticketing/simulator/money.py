"""Pure arithmetic of sales, refunds, disputes and payouts, in minor units. Every set of lines sums to zero.

Parties: `PLATFORM` (the API key's own balance), a connected account's id, and three outside parties: the customers'
banks, Stripe's own income, and the bank accounts that payouts go to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PLATFORM = ""
CUSTOMERS = "outside:customers"
STRIPE = "outside:stripe"
BANKS = "outside:banks"


@dataclass(frozen=True, slots=True)
class Prices:
    """What Stripe charges: list prices remembered, not verified (see README.md); configurable."""

    basis_points: int = 290
    fixed: int = 30
    dispute: int = 1500

    def processing(self, amount: int) -> int:
        return share(amount, self.basis_points, 10_000) + self.fixed


@dataclass(frozen=True, slots=True)
class Line:
    """One change of one party's balance; `amount` less the fees taken from it is what arrives."""

    party: str
    type: str
    amount: int
    source: str = ""
    stripe_fee: int = 0
    application_fee: int = 0

    @property
    def fee(self) -> int:
        return self.stripe_fee + self.application_fee

    @property
    def net(self) -> int:
        return self.amount - self.fee

    @property
    def is_outside(self) -> bool:
        return self.party.startswith("outside:")


def share(amount: int, part: int, whole: int) -> int:
    """amount * part / whole, half up, without floats."""
    return (2 * amount * part + whole) // (2 * whole)


def next_share(amount: int, *, before: int, after: int, whole: int) -> int:
    """What moves of `amount` when `before` of `whole` had moved and now `after` has: the parts always add up."""
    return share(amount, after, whole) - share(amount, before, whole)


def balanced(lines: Sequence[Line]) -> bool:
    return sum(line.net for line in lines) == 0


@dataclass(frozen=True, slots=True)
class Sources:
    """The ids that the lines of one operation point back to."""

    charge: str = ""
    transfer: str = ""
    payment: str = ""
    fee: str = ""
    refund: str = ""
    reversal: str = ""
    payment_refund: str = ""
    fee_refund: str = ""


def destination_sale(
    *, total: int, transferred: int, application_fee: int, stripe_fee: int, account: str, ids: Sources
) -> list[Line]:
    """The platform charges, transfers to the account, and takes its fee back out of that transfer."""
    lines = [
        Line(PLATFORM, "charge", total, ids.charge, stripe_fee=stripe_fee),
        Line(PLATFORM, "transfer", -transferred, ids.transfer),
        Line(account, "payment", transferred, ids.payment, application_fee=application_fee),
    ]
    return lines + _collected(application_fee, ids) + _customer_pays(total, stripe_fee)


def direct_sale(
    *, total: int, application_fee: int, stripe_fee: int, account: str, platform_pays: bool, ids: Sources
) -> list[Line]:
    """The account charges; Stripe's own fee is the account's or, by `fees.payer=application`, the platform's."""
    own = 0 if platform_pays else stripe_fee
    lines = [Line(account, "charge", total, ids.charge, stripe_fee=own, application_fee=application_fee)]
    if platform_pays:
        lines.append(Line(PLATFORM, "stripe_fee", -stripe_fee, ids.charge))
    return lines + _collected(application_fee, ids) + _customer_pays(total, stripe_fee)


def plain_sale(*, total: int, stripe_fee: int, ids: Sources) -> list[Line]:
    charge = Line(PLATFORM, "charge", total, ids.charge, stripe_fee=stripe_fee)
    return [charge, *_customer_pays(total, stripe_fee)]


def refund(*, amount: int, owner: str, ids: Sources) -> list[Line]:
    return [Line(owner, "refund", -amount, ids.refund), Line(CUSTOMERS, "refund", amount)]


def failed_refund(*, amount: int, owner: str, ids: Sources) -> list[Line]:
    return [Line(owner, "refund_failure", amount, ids.refund), Line(CUSTOMERS, "refund_failure", -amount)]


def transfer(*, amount: int, account: str, ids: Sources) -> list[Line]:
    return [
        Line(PLATFORM, "transfer", -amount, ids.transfer),
        Line(account, "payment", amount, ids.payment),
    ]


def reversal(*, amount: int, account: str, ids: Sources) -> list[Line]:
    return [
        Line(PLATFORM, "transfer_refund", amount, ids.reversal),
        Line(account, "payment_refund", -amount, ids.payment_refund),
    ]


def fee_refund(*, amount: int, account: str, ids: Sources) -> list[Line]:
    return [
        Line(PLATFORM, "application_fee_refund", -amount, ids.fee_refund),
        Line(account, "application_fee_refund", amount, ids.fee_refund),
    ]


def dispute_withdrawn(*, amount: int, fee: int, owner: str, dispute: str) -> list[Line]:
    return [
        Line(owner, "adjustment", -amount, dispute, stripe_fee=fee),
        Line(CUSTOMERS, "adjustment", amount),
        Line(STRIPE, "stripe_fee", fee),
    ]


def dispute_reinstated(*, amount: int, owner: str, dispute: str) -> list[Line]:
    return [Line(owner, "adjustment", amount, dispute), Line(CUSTOMERS, "adjustment", -amount)]


def payout(*, amount: int, account: str, payout: str) -> list[Line]:
    return [Line(account, "payout", -amount, payout), Line(BANKS, "payout", amount)]


def failed_payout(*, amount: int, account: str, payout: str) -> list[Line]:
    return [Line(account, "payout_failure", amount, payout), Line(BANKS, "payout_failure", -amount)]


def _collected(application_fee: int, ids: Sources) -> list[Line]:
    return [Line(PLATFORM, "application_fee", application_fee, ids.fee)] if application_fee else []


def _customer_pays(total: int, stripe_fee: int) -> list[Line]:
    return [Line(CUSTOMERS, "charge", -total), Line(STRIPE, "stripe_fee", stripe_fee)]
