"""Money: the split of a sale. Integers in the currency's minor unit throughout; nothing here ever sees a float.

The fan pays `base + fee`; the venue nets exactly `base`, NGN gets `fee`. The fee is rounded once **per ticket** and
then multiplied, so that refunding any one ticket is exactly proportional (facts/stripe.md 1.3). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

DECIMALS = {"USD": 2, "EUR": 2, "GBP": 2, "CAD": 2, "AUD": 2, "JPY": 0}
"""The currencies we sell in, with the decimals of their minor unit. The rest is refused, never guessed."""
SMALLEST_CHARGE = {"USD": 50, "EUR": 50, "GBP": 30, "CAD": 50, "AUD": 50, "JPY": 50}
"""What Stripe charges at least, in minor units, by its list of minimum amounts."""
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$", "JPY": "¥"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeePolicy:
    """A fee per ticket: `fixed` minor units plus `basis_points` (1/100 %) of the price, within minimum and maximum."""

    fixed: int
    basis_points: int
    minimum: int = 0
    maximum: int | None = None

    def __post_init__(self) -> None:
        if self.fixed < 0 or not 0 <= self.basis_points <= 10_000:
            raise ValueError("a fee is at least 0 and at most 100 % of the price")
        if self.minimum < 0 or (self.maximum is not None and self.maximum < self.minimum):
            raise ValueError("a fee's minimum is at least 0 and at most its maximum")

    def fee_of(self, price: int) -> int:
        """The fee on one ticket, in minor units, rounded once: half a unit goes up. A free ticket carries none."""
        if price == 0:
            return 0
        fee = max(self.minimum, self.fixed + (price * self.basis_points + 5_000) // 10_000)
        return fee if self.maximum is None else min(fee, self.maximum)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeOverride:
    """A venue's own word on its fee, field by field; None leaves the field to the platform's default."""

    fixed: int | None = None
    basis_points: int | None = None
    minimum: int | None = None
    maximum: int | None = None

    def over(self, default: FeePolicy) -> FeePolicy:
        """The rule that holds for the venue. A maximum never cuts below the minimum, whosever they are."""
        minimum = default.minimum if self.minimum is None else self.minimum
        maximum = default.maximum if self.maximum is None else self.maximum
        return FeePolicy(
            fixed=default.fixed if self.fixed is None else self.fixed,
            basis_points=default.basis_points if self.basis_points is None else self.basis_points,
            minimum=minimum,
            maximum=None if maximum is None else max(minimum, maximum),
        )


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


class CurrencyUnsupported(ValueError):
    """A currency that we do not sell in."""


def split_of(*, price: int, currency: str, policy: FeePolicy) -> Split:
    """Split one ticket's price. Raises CurrencyUnsupported."""
    if currency not in DECIMALS:
        raise CurrencyUnsupported(f"{currency} is not a currency we sell in: {', '.join(sorted(DECIMALS))}")
    if price < 0:
        raise ValueError("a price is never negative")
    return Split(base=price, fee=policy.fee_of(price), currency=currency)


def too_small(split: Split) -> bool:
    """Whether Stripe would refuse to charge for one ticket. A free one is never charged."""
    return 0 < split.total < SMALLEST_CHARGE[split.currency]


def lowest_price(*, currency: str, policy: FeePolicy) -> int:
    """The lowest price, of those that are not free, at which one ticket can be paid for."""
    smallest = SMALLEST_CHARGE[currency]
    return next(price for price in range(1, smallest + 1) if price + policy.fee_of(price) >= smallest)


def display(amount: int, currency: str) -> str:
    """`2200, USD` as `$22.00`; `-500, JPY` as `-¥500`."""
    decimals = DECIMALS[currency]
    value = Decimal(abs(amount)).scaleb(-decimals)
    return f"{'-' if amount < 0 else ''}{_SIGNS[currency]}{value:,.{decimals}f}"


def plain(amount: int, currency: str) -> str:
    """The number alone, for input fields and machines: `2200, USD` as `22.00`; `-500, JPY` as `-500`."""
    decimals = DECIMALS[currency]
    return f"{Decimal(amount).scaleb(-decimals):.{decimals}f}"


def typed(text: str, currency: str) -> int | None:
    """What a person typed as an amount, in minor units; None for what could be read in two ways, or in none.

    `20`, `20.5`, `20.50`, `$1,000.00`; never negative, and never more decimals than the currency has.
    """
    bare = text.strip().removeprefix(_SIGNS[currency]).strip()
    whole, _, part = bare.partition(".")
    decimals = DECIMALS[currency]
    in_thousands = re.fullmatch(r"\d{1,9}|\d{1,3}(,\d{3}){1,2}", whole, re.ASCII)
    if not in_thousands or not re.fullmatch(rf"\d{{0,{decimals}}}", part, re.ASCII) or bare.endswith("."):
        return None
    minor_units: int = 10**decimals
    return int(whole.replace(",", "")) * minor_units + int(part.ljust(decimals, "0") or "0")


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount divided by weights (at least one, none negative), so that the parts add up to it to the last unit.

    Each part is off by less than one unit; what rounding leaves goes to the largest remainders, first come first.
    """
    whole = sum(weights)
    if whole == 0:
        return [amount, *[0] * (len(weights) - 1)]
    sign = -1 if amount < 0 else 1
    parts = [divmod(abs(amount) * weight, whole) for weight in weights]
    left = abs(amount) - sum(part for part, _ in parts)
    richest = sorted(range(len(parts)), key=lambda at: -parts[at][1])[:left]
    return [sign * (part + (at in richest)) for at, (part, _) in enumerate(parts)]
