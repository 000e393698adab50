"""Payouts of a connected account's available balance to its bank."""

from ticketing.simulator import events, ledger, money
from ticketing.simulator.errors import invalid
from ticketing.simulator.ids import new
from ticketing.simulator.objects.account import Account
from ticketing.simulator.objects.balance import Payout
from ticketing.simulator.world import World


def pay_out(world: World, account: Account) -> list[Payout]:
    """Everything available, one payout per currency. Raises ApiError when there is nothing, or payouts are off."""
    if not account.payouts_enabled:
        raise invalid(f"Payouts are not enabled for {account.id}.")
    due = {
        currency: available
        for currency, (available, _) in ledger.balances(world, party=account.id).items()
        if available > 0
    }
    if not due:
        raise invalid(f"{account.id} has no available balance to pay out (sales settle after two days).")
    return [_pay(world, account, amount, currency) for currency, amount in due.items()]


def fail(world: World, payout: Payout) -> Payout:
    """The bank sends it back."""
    if payout.status != "paid":
        raise invalid(f"The payout is already {payout.status}.")
    owner = world.store.owner(payout)
    lines = money.failed_payout(amount=payout.amount, account=owner, payout=payout.id)
    entry = ledger.post(world, lines, currency=payout.currency)["payout_failure", payout.id]
    failed = world.store.change(
        payout,
        status="failed",
        failure_code="account_closed",
        failure_message="The bank account has been closed",
        failure_balance_transaction=entry.id,
    )
    events.emit(world, "payout.failed", failed, account=owner)
    return failed


def _pay(world: World, account: Account, amount: int, currency: str) -> Payout:
    identity = new("po")
    lines = money.payout(amount=amount, account=account.id, payout=identity)
    entry = ledger.post(world, lines, currency=currency)["payout", identity]
    banks = account.external_accounts.data
    payout = Payout(
        id=identity,
        created=world.now,
        amount=amount,
        arrival_date=world.now,
        currency=currency,
        balance_transaction=entry.id,
        destination=banks[0]["id"] if banks else None,
    )
    world.store.add(payout, account=account.id)
    events.emit(world, "payout.paid", payout, account=account.id)
    return payout
