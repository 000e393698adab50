"""Transfers to connected accounts, and their reversals."""

from ticketing.simulator import events, ledger, money
from ticketing.simulator.errors import invalid
from ticketing.simulator.ids import new
from ticketing.simulator.money import Sources
from ticketing.simulator.objects.account import Account
from ticketing.simulator.objects.base import Listing, Metadata
from ticketing.simulator.objects.connect import Transfer, TransferReversal
from ticketing.simulator.objects.payment import Charge
from ticketing.simulator.objects.refund import Refund
from ticketing.simulator.operations.charges import billing
from ticketing.simulator.world import World


def create(
    world: World,
    account: Account,
    *,
    amount: int,
    currency: str,
    description: str | None,
    transfer_group: str | None,
    metadata: Metadata,
) -> Transfer:
    """A bare transfer, for instance to pay a venue back after a dispute was won."""
    ids = Sources(transfer=new("tr"), payment=new("py"))
    lines = money.transfer(amount=amount, account=account.id, ids=ids)
    posted = ledger.post(world, lines, currency=currency)
    transfer = Transfer(
        id=ids.transfer,
        created=world.now,
        amount=amount,
        currency=currency,
        destination=account.id,
        reversals=Listing(url=f"/v1/transfers/{ids.transfer}/reversals"),
        balance_transaction=posted["transfer", ids.transfer].id,
        description=description,
        destination_payment=ids.payment,
        metadata=metadata,
        transfer_group=transfer_group,
    )
    world.store.add(transfer)
    world.store.add(_payment(world, transfer, entry=posted["payment", ids.payment].id), account=account.id)
    events.emit(world, "transfer.created", transfer)
    return transfer


def reverse(
    world: World,
    transfer: Transfer,
    amount: int,
    *,
    refund: str | None = None,
    metadata: Metadata | None = None,
) -> TransferReversal:
    if amount > transfer.unreversed:
        raise invalid(
            f"Transfer {transfer.id} has only {transfer.unreversed} left to reverse, not {amount}.",
            param="amount",
        )
    ids = Sources(reversal=new("trr"), payment_refund=new("pyr"))
    lines = money.reversal(amount=amount, account=transfer.destination, ids=ids)
    posted = ledger.post(world, lines, currency=transfer.currency)
    _take_back(world, transfer, amount, ids=ids, entry=posted["payment_refund", ids.payment_refund].id)
    reversal = TransferReversal(
        id=ids.reversal,
        created=world.now,
        amount=amount,
        currency=transfer.currency,
        transfer=transfer.id,
        balance_transaction=posted["transfer_refund", ids.reversal].id,
        destination_payment_refund=ids.payment_refund,
        metadata=metadata or {},
        source_refund=refund,
    )
    world.store.add(reversal)
    _note(world, transfer, reversal)
    return reversal


def _note(world: World, transfer: Transfer, reversal: TransferReversal) -> None:
    total = transfer.amount_reversed + reversal.amount
    reversals = Listing(url=transfer.reversals.url, data=[reversal, *transfer.reversals.data][:10])
    changed = world.store.change(
        transfer, amount_reversed=total, reversed=total == transfer.amount, reversals=reversals
    )
    events.emit(world, "transfer.reversed", changed)


def _take_back(world: World, transfer: Transfer, amount: int, *, ids: Sources, entry: str) -> None:
    """The same seen from the connected account: its payment is refunded."""
    payment = world.store.get(Charge, transfer.destination_payment or "")
    total = payment.amount_refunded + amount
    world.store.change(payment, amount_refunded=total, refunded=total == payment.amount)
    back = Refund(
        id=ids.payment_refund,
        created=world.now,
        amount=amount,
        charge=payment.id,
        currency=payment.currency,
        balance_transaction=entry,
        source_transfer_reversal=ids.reversal,
    )
    world.store.add(back, account=transfer.destination)


def _payment(world: World, transfer: Transfer, *, entry: str) -> Charge:
    return Charge(
        id=transfer.destination_payment or "",
        created=world.now,
        amount=transfer.amount,
        amount_captured=transfer.amount,
        currency=transfer.currency,
        application=world.application,
        balance_transaction=entry,
        billing_details=billing(email=None),
        captured=True,
        paid=True,
        source_transfer=transfer.id,
        status="succeeded",
    )
