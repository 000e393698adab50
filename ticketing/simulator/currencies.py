"""The currencies that are simulated, their smallest charge, and how they are written."""

ZERO_DECIMAL = {"jpy", "krw"}
SMALLEST = {"gbp": 30, "sek": 300, "nok": 300, "dkk": 250, "mxn": 1000}
ALLOWED = ZERO_DECIMAL | set(SMALLEST) | {"usd", "eur", "cad", "aud", "nzd", "chf", "sgd"}
SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def minimum(currency: str) -> int:
    """In minor units; Stripe's list as remembered, 50 where it says nothing else."""
    return SMALLEST.get(currency, 50)


def shown(amount: int, currency: str) -> str:
    """For people: `$22.00`, `-¥500`, `SEK 3.00`."""
    sign = SIGNS.get(currency, f"{currency.upper()} ")
    minus, amount = ("-" if amount < 0 else ""), abs(amount)
    digits = f"{amount:,}" if currency in ZERO_DECIMAL else f"{amount // 100:,}.{amount % 100:02d}"
    return f"{minus}{sign}{digits}"
