"""Disputes: an inquiry moves no money, a chargeback takes amount and fee at once, a win brings the amount back."""

from typing import Any

from ticketing.simulator import events, ledger, money
from ticketing.simulator.errors import invalid
from ticketing.simulator.ids import new
from ticketing.simulator.objects.base import Json, Metadata
from ticketing.simulator.objects.dispute import Dispute
from ticketing.simulator.objects.payment import Charge
from ticketing.simulator.world import World

DISPUTE = "dispute_charge"
TIME_TO_ANSWER = 7 * 24 * 3600
BLANK: Json = {
    "due_by": None,
    "enhanced_eligibility": {},
    "has_evidence": False,
    "past_due": False,
    "submission_count": 0,
    "submission_method": "not_submitted",
}


def of_charge(world: World, charge: Charge) -> Dispute | None:
    found = world.store.select(Dispute, fields={"charge": charge.id}, limit=1)
    return found[0] if found else None


def open_dispute(
    world: World,
    charge: Charge,
    *,
    inquiry: bool = False,
    amount: int | None = None,
    reason: str = "fraudulent",
) -> Dispute:
    """The fan's bank complains. One dispute per charge; raises ApiError when it makes no sense."""
    amount = charge.unrefunded if amount is None else amount
    if charge.status != "succeeded" or not 0 < amount <= charge.amount:
        raise invalid(f"Charge {charge.id} cannot be disputed for {amount}.")
    if of_charge(world, charge):
        raise invalid(f"Charge {charge.id} is already disputed.")
    dispute = Dispute(
        id=new("du"),
        created=world.now,
        amount=amount,
        charge=charge.id,
        currency=charge.currency,
        evidence_details={**BLANK, "due_by": world.now + TIME_TO_ANSWER},
        is_charge_refundable=inquiry,
        payment_intent=charge.payment_intent,
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    owner = world.store.owner(charge)
    world.store.add(dispute, account=owner)
    world.store.change(charge, disputed=True)
    if inquiry:
        events.emit(world, "charge.dispute.created", dispute, account=owner)
        return dispute
    return _withdraw(world, dispute, owner=owner, event="charge.dispute.created")


def dispute_if_possible(world: World, charge: str) -> None:
    found = world.store.get(Charge, charge)
    if found.unrefunded and not of_charge(world, found):
        open_dispute(world, found)


def escalate(world: World, dispute: Dispute) -> Dispute:
    """An inquiry becomes a chargeback, of what has not been refunded since."""
    if not dispute.is_inquiry or dispute.is_closed:
        raise invalid(f"The dispute is {dispute.status}: only an open inquiry can escalate.")
    amount = min(dispute.amount, world.store.get(Charge, dispute.charge).unrefunded)
    changed = world.store.change(dispute, amount=amount, status="needs_response", is_charge_refundable=False)
    return _withdraw(world, changed, owner=world.store.owner(dispute), event="charge.dispute.updated")


def update(
    world: World, dispute: Dispute, *, evidence: dict[str, str], metadata: Metadata, submit: bool
) -> Dispute:
    """Evidence is staged, or handed to the bank by `submit`."""
    _must_be_open(dispute)
    details = dispute.evidence_details | {
        "has_evidence": bool(evidence) or dispute.evidence_details["has_evidence"]
    }
    changes: dict[str, Any] = {
        "evidence": dispute.evidence | evidence,
        "metadata": {name: value for name, value in (dispute.metadata | metadata).items() if value},
        "evidence_details": details,
    }
    if submit:
        changes["status"] = "warning_under_review" if dispute.is_inquiry else "under_review"
        details |= {"submission_count": details["submission_count"] + 1, "submission_method": "manual"}
    changed = world.store.change(dispute, **changes)
    events.emit(world, "charge.dispute.updated", changed, account=world.store.owner(dispute), before=dispute)
    return changed


def resolve(world: World, dispute: Dispute, *, won: bool) -> Dispute:
    """The bank's verdict; an inquiry just ends."""
    _must_be_open(dispute)
    owner = world.store.owner(dispute)
    if dispute.is_inquiry:
        return _close(world, dispute, owner=owner, status="warning_closed")
    if won:
        lines = money.dispute_reinstated(amount=dispute.amount, owner=owner, dispute=dispute.id)
        entry = ledger.post(world, lines, currency=dispute.currency)["adjustment", dispute.id]
        dispute = world.store.change(
            dispute, status="won", balance_transactions=[*dispute.balance_transactions, entry]
        )
        events.emit(world, "charge.dispute.funds_reinstated", dispute, account=owner)
    return _close(world, dispute, owner=owner, status="won" if won else "lost")


def accept(world: World, dispute: Dispute) -> Dispute:
    """The merchant gives in (`disputes.close`): lost."""
    return resolve(world, dispute, won=False)


def close_inquiry_if_refunded(world: World, charge: Charge) -> None:
    dispute = of_charge(world, charge)
    if charge.refunded and dispute and dispute.is_inquiry and not dispute.is_closed:
        _close(world, dispute, owner=world.store.owner(dispute), status="warning_closed")


def _withdraw(world: World, dispute: Dispute, *, owner: str, event: str) -> Dispute:
    fee = world.settings.prices.dispute
    lines = money.dispute_withdrawn(amount=dispute.amount, fee=fee, owner=owner, dispute=dispute.id)
    entry = ledger.post(world, lines, currency=dispute.currency)["adjustment", dispute.id]
    dispute = world.store.change(dispute, balance_transactions=[*dispute.balance_transactions, entry])
    events.emit(world, event, dispute, account=owner)
    events.emit(world, "charge.dispute.funds_withdrawn", dispute, account=owner)
    return dispute


def _close(world: World, dispute: Dispute, *, owner: str, status: str) -> Dispute:
    closed = world.store.change(dispute, status=status)
    events.emit(world, "charge.dispute.closed", closed, account=owner)
    return closed


def _must_be_open(dispute: Dispute) -> None:
    if dispute.is_closed:
        raise invalid("This dispute is already closed", code="dispute_closed")
