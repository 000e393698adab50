"""Money: the split of a sale. Integers in the currency's minor unit throughout; nothing here ever sees a float.

The fan pays `base + fee`; the venue nets exactly `base`, NGN gets `fee`. The fee is rounded once **per ticket** and
then multiplied, so that refunding any one ticket is exactly proportional (facts/stripe.md 1.3). Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

DECIMALS = {"USD": 2, "EUR": 2, "GBP": 2, "CAD": 2, "AUD": 2, "JPY": 0}
"""The currencies we sell in, with the decimals of their minor unit. The rest is refused, never guessed."""
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$", "JPY": "¥"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeePolicy:
    """A fee per ticket: `fixed` minor units plus `basis_points` (1/100 %) of the price."""

    fixed: int
    basis_points: int

    def __post_init__(self) -> None:
        if self.fixed < 0 or not 0 <= self.basis_points <= 10_000:
            raise ValueError("a fee is at least 0 and at most 100 % of the price")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What the fan pays, and who gets it, in minor units of `currency`: base to the venue, fee to NGN."""

    base: int
    fee: int
    currency: str

    @property
    def total(self) -> int:
        """What the fan is charged."""
        return self.base + self.fee

    def times(self, quantity: int) -> Split:
        """The split of `quantity` tickets at this price."""
        return Split(base=self.base * quantity, fee=self.fee * quantity, currency=self.currency)

    def plus(self, other: Split) -> Split:
        """The split of two purchases in one currency together."""
        if self.currency != other.currency:
            raise ValueError("an order is in one currency")
        return Split(base=self.base + other.base, fee=self.fee + other.fee, currency=self.currency)


def split_of(*, price: int, currency: str, policy: FeePolicy) -> Split:
    """Split one ticket's price. Half a minor unit rounds up. A free ticket carries no fee."""
    if currency not in DECIMALS:
        raise ValueError(f"{currency} is not a currency we sell in: {', '.join(sorted(DECIMALS))}")
    if price < 0:
        raise ValueError("a price is never negative")
    percentage = (price * policy.basis_points + 5_000) // 10_000
    return Split(base=price, fee=policy.fixed + percentage if price else 0, currency=currency)


def display(amount: int, currency: str) -> str:
    """`2200, USD` as `$22.00`; `-500, JPY` as `-¥500`."""
    decimals = DECIMALS[currency]
    value = Decimal(abs(amount)).scaleb(-decimals)
    return f"{'-' if amount < 0 else ''}{_SIGNS[currency]}{value:,.{decimals}f}"
