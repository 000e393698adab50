"""Application fees given back to the connected account."""

from ticketing.simulator import events, ledger, money
from ticketing.simulator.errors import invalid
from ticketing.simulator.ids import new
from ticketing.simulator.money import Sources
from ticketing.simulator.objects.base import Listing, Metadata
from ticketing.simulator.objects.connect import ApplicationFee, FeeRefund
from ticketing.simulator.world import World


def refund(
    world: World, fee: ApplicationFee, amount: int | None, *, metadata: Metadata | None = None
) -> FeeRefund:
    """`amount` None is everything that is left of the fee."""
    amount = fee.unrefunded if amount is None else amount
    if fee.unrefunded == 0:
        raise invalid(
            f"Application fee {fee.id} has already been refunded.", code="application_fee_already_refunded"
        )
    if amount > fee.unrefunded:
        raise invalid(f"Only {fee.unrefunded} of this application fee is left to refund.", param="amount")
    identity = new("fr")
    lines = money.fee_refund(amount=amount, account=fee.account, ids=Sources(fee_refund=identity))
    posted = ledger.post(world, lines, currency=fee.currency)
    back = FeeRefund(
        id=identity,
        created=world.now,
        amount=amount,
        currency=fee.currency,
        fee=fee.id,
        balance_transaction=posted["application_fee_refund", identity].id,
        metadata=metadata or {},
    )
    world.store.add(back)
    _note(world, fee, back)
    return back


def _note(world: World, fee: ApplicationFee, back: FeeRefund) -> None:
    total = fee.amount_refunded + back.amount
    refunds = Listing(url=fee.refunds.url, data=[back, *fee.refunds.data][:10])
    changed = world.store.change(fee, amount_refunded=total, refunded=total == fee.amount, refunds=refunds)
    events.emit(world, "application_fee.refunded", changed)
