"""Posts the lines of `money` as Stripe's balance transactions, and keeps the books of the outside world beside them."""

from collections.abc import Iterable

import msgspec

from ticketing.simulator.ids import new
from ticketing.simulator.money import Line, balanced
from ticketing.simulator.objects.balance import BalanceTransaction
from ticketing.simulator.objects.base import Json
from ticketing.simulator.world import World

SETTLES_AFTER = 2 * 24 * 3600
SETTLED_LATER = {"charge", "payment", "application_fee"}
REPORTING = {
    "adjustment": "dispute",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "payment": "charge",
    "payment_refund": "refund",
    "payout_failure": "payout_reversal",
    "stripe_fee": "fee",
    "transfer_refund": "transfer_reversal",
}


class Unbalanced(RuntimeError):
    """A bug in the simulator: money would appear or vanish."""


def post(world: World, lines: Iterable[Line], *, currency: str) -> dict[tuple[str, str], BalanceTransaction]:
    """Books one operation; the new balance transactions by (type, source)."""
    lines = list(lines)
    if not balanced(lines):
        raise Unbalanced(str(lines))
    operation = world.store.run("SELECT COALESCE(MAX(seq), 0) + 1 FROM ledger")[0][0]
    posted: dict[tuple[str, str], BalanceTransaction] = {}
    for line in lines:
        available_on = world.now + (SETTLES_AFTER if line.type in SETTLED_LATER else 0)
        world.store.run(
            "INSERT INTO ledger (operation, party, currency, net, available_on) VALUES (?, ?, ?, ?, ?)",
            operation,
            line.party,
            currency,
            line.net,
            available_on,
        )
        if not line.is_outside:
            entry = _transaction(world, line, currency=currency, available_on=available_on)
            posted[entry.type, entry.source] = world.store.add(entry, account=line.party)
    return posted


def balances(world: World, *, party: str) -> dict[str, tuple[int, int]]:
    """(available, pending) by currency, as of the simulator's clock."""
    rows = world.store.run(
        "SELECT currency, SUM(net * (available_on <= ?)), SUM(net * (available_on > ?)) FROM ledger "
        "WHERE party = ? GROUP BY currency ORDER BY currency",
        world.now,
        world.now,
        party,
    )
    return {currency: (available, pending) for currency, available, pending in rows}


def totals(world: World) -> dict[str, dict[str, int]]:
    """party -> currency -> everything it has, outside parties included."""
    found: dict[str, dict[str, int]] = {}
    for party, currency, net in world.store.run(
        "SELECT party, currency, SUM(net) FROM ledger GROUP BY party, currency ORDER BY party, currency"
    ):
        found.setdefault(party or "platform", {})[currency] = net
    return found


def as_of(world: World, entry: BalanceTransaction) -> BalanceTransaction:
    """Pending money becomes available by the clock alone, so its status is worked out when it is shown."""
    status = "available" if entry.available_on <= world.now else "pending"
    return msgspec.structs.replace(entry, status=status)


def _transaction(world: World, line: Line, *, currency: str, available_on: int) -> BalanceTransaction:
    return BalanceTransaction(
        id=new("txn"),
        created=world.now,
        amount=line.amount,
        available_on=available_on,
        currency=currency,
        fee=line.fee,
        fee_details=_fee_details(world, line, currency),
        net=line.net,
        reporting_category=REPORTING.get(line.type, line.type),
        source=line.source,
        type=line.type,
    )


def _fee_details(world: World, line: Line, currency: str) -> list[Json]:
    stripe: Json = {
        "amount": line.stripe_fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    ours: Json = {
        "amount": line.application_fee,
        "application": world.application,
        "currency": currency,
        "description": "Application fee",
        "type": "application_fee",
    }
    return [each for each in (stripe, ours) if each["amount"]]
