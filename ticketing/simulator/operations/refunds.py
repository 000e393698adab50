"""Refunds: what goes back to the fan, and what the venue and the platform give back with it."""

from dataclasses import dataclass
from typing import Any

from ticketing.simulator import events, ledger, money
from ticketing.simulator.currencies import shown
from ticketing.simulator.errors import invalid
from ticketing.simulator.ids import new
from ticketing.simulator.money import Sources, next_share
from ticketing.simulator.objects.base import Metadata
from ticketing.simulator.objects.connect import ApplicationFee, Transfer
from ticketing.simulator.objects.payment import Charge
from ticketing.simulator.objects.refund import Refund
from ticketing.simulator.operations import disputes, fees, transfers
from ticketing.simulator.world import World


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller asked for; `amount` None is everything that is left."""

    amount: int | None = None
    reverse_transfer: bool = False
    refund_application_fee: bool = False
    reason: str | None = None
    metadata: Metadata | None = None


def create(world: World, charge: Charge, wish: Wish) -> Refund:
    """Raises ApiError as Stripe refuses: too much, twice, disputed, nothing to reverse."""
    amount = charge.unrefunded if wish.amount is None else wish.amount
    _check(world, charge, wish, amount)
    owner = world.store.owner(charge)
    refund = Refund(
        id=new("re"),
        created=world.now,
        amount=amount,
        charge=charge.id,
        currency=charge.currency,
        metadata=wish.metadata or {},
        payment_intent=charge.payment_intent,
        payment_method=charge.payment_method,
        reason=wish.reason,
        **_progress(world),
    )
    world.store.add(refund, account=owner)
    refund = _give_back(world, refund, charge, wish, owner=owner)
    events.emit(world, "refund.created", refund, account=owner)
    charge = world.store.change(charge, **_refunded(charge, charge.amount_refunded + amount))
    events.emit(world, "charge.refunded", charge, account=owner)
    disputes.close_inquiry_if_refunded(world, charge)
    return refund


def resolve(world: World, refund: Refund, *, succeeded: bool) -> Refund:
    """A pending (or even succeeded) refund turns out well or comes back from the fan's bank."""
    if refund.status == "failed" or (succeeded and refund.status == "succeeded"):
        raise invalid(f"The refund is already {refund.status}.")
    if succeeded:
        done = world.store.change(refund, status="succeeded", pending_reason=None, destination_details=_CARD)
        events.emit(world, "refund.updated", done, account=world.store.owner(refund), before=refund)
        return done
    return _fail(world, refund)


def _check(world: World, charge: Charge, wish: Wish, amount: int) -> None:
    if charge.status != "succeeded":
        raise invalid(f"Charge {charge.id} has not succeeded; it cannot be refunded.", param="charge")
    dispute = disputes.of_charge(world, charge)
    if dispute and not dispute.is_charge_refundable:
        raise invalid(
            f"Charge {charge.id} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            param="charge",
        )
    if charge.unrefunded == 0:
        raise invalid(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > charge.unrefunded:
        asked, left = shown(amount, charge.currency), shown(charge.unrefunded, charge.currency)
        raise invalid(
            f"Refund amount ({asked}) is greater than unrefunded amount on charge ({left})", param="amount"
        )
    _check_way_back(charge, wish)


def _check_way_back(charge: Charge, wish: Wish) -> None:
    if wish.reverse_transfer and charge.transfer is None:
        raise invalid(
            "There is no transfer associated with this charge to reverse.", param="reverse_transfer"
        )
    if wish.refund_application_fee and charge.application_fee is None:
        raise invalid(
            f"There is no application fee on charge {charge.id} to refund.", param="refund_application_fee"
        )
    if wish.refund_application_fee and charge.transfer and not wish.reverse_transfer:
        raise invalid(
            "To refund the application fee of a destination charge, you must also reverse the transfer.",
            param="refund_application_fee",
        )


def _give_back(world: World, refund: Refund, charge: Charge, wish: Wish, *, owner: str) -> Refund:
    lines = money.refund(amount=refund.amount, owner=owner, ids=Sources(refund=refund.id))
    posted = ledger.post(world, lines, currency=refund.currency)
    links: dict[str, Any] = {"balance_transaction": posted["refund", refund.id].id}
    steps = {
        "before": charge.amount_refunded,
        "after": charge.amount_refunded + refund.amount,
        "whole": charge.amount,
    }
    if wish.reverse_transfer:
        transfer = world.store.get(Transfer, charge.transfer or "")
        if part := next_share(transfer.amount, **steps):
            links["transfer_reversal"] = transfers.reverse(world, transfer, part, refund=refund.id).id
    if wish.refund_application_fee:
        fee = world.store.get(ApplicationFee, charge.application_fee or "")
        # A manual refund of the fee may have come first: never more than is left of it.
        if part := min(next_share(fee.amount, **steps), fee.unrefunded):
            fees.refund(world, fee, part)
    return world.store.change(refund, **links)


def _fail(world: World, refund: Refund) -> Refund:
    owner = world.store.owner(refund)
    lines = money.failed_refund(amount=refund.amount, owner=owner, ids=Sources(refund=refund.id))
    entry = ledger.post(world, lines, currency=refund.currency)["refund_failure", refund.id]
    failed = world.store.change(
        refund,
        status="failed",
        pending_reason=None,
        failure_reason="lost_or_stolen_card",
        failure_balance_transaction=entry.id,
    )
    charge = world.store.get(Charge, refund.charge)
    world.store.change(charge, **_refunded(charge, charge.amount_refunded - refund.amount))
    events.emit(world, "refund.failed", failed, account=owner)
    return failed


def _refunded(charge: Charge, amount: int) -> dict[str, Any]:
    return {"amount_refunded": amount, "refunded": amount == charge.amount}


def _progress(world: World) -> dict[str, Any]:
    if world.switches.pending_refunds:
        return {"status": "pending", "pending_reason": "processing"}
    return {"status": "succeeded", "destination_details": _CARD}


_CARD = {
    "type": "card",
    "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
}
