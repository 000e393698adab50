"""What the fan does on the hosted page, and what the bank makes of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ticketing.simulator import events, schedule
from ticketing.simulator.errors import invalid
from ticketing.simulator.ids import new
from ticketing.simulator.objects.base import Json
from ticketing.simulator.objects.checkout import Plan, Session
from ticketing.simulator.objects.payment import Charge, PaymentIntent
from ticketing.simulator.operations import charges, disputes, sessions
from ticketing.simulator.world import World

SETTLE, BOUNCE = "settle_payment", "bounce_payment"
DISPUTED_AFTER = 10


class Outcome(StrEnum):
    PAY = "pay"
    DECLINE = "decline"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    THREE_D_SECURE = "three_d_secure"
    ASYNC_OK = "async_ok"
    ASYNC_FAIL = "async_fail"
    PAY_THEN_DISPUTE = "pay_then_dispute"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Declined:
    """The session stays open; the fan may try again."""

    message: str


DECLINES: dict[Outcome, tuple[str, str]] = {
    Outcome.DECLINE: ("generic_decline", "Your card was declined."),
    Outcome.INSUFFICIENT_FUNDS: ("insufficient_funds", "Your card has insufficient funds."),
}


def pay(world: World, session: Session, *, outcome: Outcome, email: str | None = None) -> Declined | Session:
    """Tries one payment. Raises ApiError when the session is not open (`late` alone pays an expired one)."""
    session = _payable(world, session, outcome)
    owner = world.store.owner(session)
    email = session.customer_email or email or "fan@example.org"
    plan = world.store.get(Plan, session.id)
    intent = _intent(world, session, plan, owner=owner)
    if outcome in DECLINES:
        return _decline(world, session, plan, intent, owner=owner, outcome=outcome, email=email)
    session = world.store.change(session, **_completed(intent, email))
    if outcome in (Outcome.ASYNC_OK, Outcome.ASYNC_FAIL):
        return _begin_slow(world, session, plan, intent, owner=owner, outcome=outcome, email=email)
    how: Json = {**_method(outcome), "billing_details": charges.billing(email=email)}
    charge = charges.attempt(world, intent, plan, account=owner, status="pending", **how)
    return _succeed(
        world, session, plan, charge, owner=owner, event="checkout.session.completed", outcome=outcome
    )


def settle_if_processing(world: World, session: str) -> None:
    """A delayed payment method has paid after all."""
    found, plan, intent, charge, owner = _slow(world, session)
    if intent.status == "processing":
        _succeed(world, found, plan, charge, owner=owner, event="checkout.session.async_payment_succeeded")


def bounce_if_processing(world: World, session: str) -> None:
    """A delayed payment method has failed; the session stays complete and unpaid."""
    found, _, intent, charge, owner = _slow(world, session)
    if intent.status == "processing":
        _fail(
            world,
            intent,
            charge,
            code="generic_decline",
            message="The bank returned the payment.",
            owner=owner,
        )
        events.emit(world, "checkout.session.async_payment_failed", found, account=owner)


def _payable(world: World, session: Session, outcome: Outcome) -> Session:
    if session.status == "open" and session.expires_at <= world.now:
        session = sessions.expire(world, session)
    if outcome is Outcome.LATE and session.status == "open":
        session = sessions.expire(world, session)
    if outcome is Outcome.LATE and session.status == "expired":
        return session
    if session.status != "open":
        raise invalid(
            f"This Checkout Session is {session.status}: it can no longer be paid.", param="session"
        )
    return session


def _intent(world: World, session: Session, plan: Plan, *, owner: str) -> PaymentIntent:
    """Stripe makes the payment intent at the first attempt; further attempts reuse it."""
    known = world.store.find(PaymentIntent, session.payment_intent or "")
    if known and known.status == "requires_payment_method":
        return known
    identity = new("pi")
    intent = PaymentIntent(
        id=identity,
        created=world.now,
        amount=session.amount_total,
        currency=session.currency,
        client_secret=f"{identity}_secret_{new('simulated')}",
        payment_method_types=session.payment_method_types,
        allowed_payment_method_types=session.allowed_payment_method_types,
        application=world.application if owner else None,
        application_fee_amount=plan.application_fee_amount,
        description=plan.description,
        metadata=plan.metadata,
        on_behalf_of=plan.on_behalf_of,
        payment_method=new("pm"),
        receipt_email=plan.receipt_email,
        statement_descriptor=plan.statement_descriptor,
        statement_descriptor_suffix=plan.statement_descriptor_suffix,
        transfer_data=_transfer_data(plan),
        transfer_group=plan.transfer_group or (f"group_{identity}" if plan.destination else None),
    )
    return world.store.add(intent, account=owner)


def _transfer_data(plan: Plan) -> Json | None:
    if plan.destination is None:
        return None
    amount = {} if plan.transfer_amount is None else {"amount": plan.transfer_amount}
    return {"destination": plan.destination, **amount}


def _completed(intent: PaymentIntent, email: str) -> dict[str, Any]:
    return {
        "status": "complete",
        "url": None,
        "payment_intent": intent.id,
        "customer_details": {
            "address": None,
            "business_name": None,
            "email": email,
            "individual_name": None,
            "name": None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    }


def _succeed(
    world: World,
    session: Session,
    plan: Plan,
    charge: Charge,
    *,
    owner: str,
    event: str,
    outcome: Outcome = Outcome.PAY,
) -> Session:
    charge = world.store.change(
        charge, status="succeeded", paid=True, captured=True, amount_captured=charge.amount, outcome=_APPROVED
    )
    events.emit(world, "charge.succeeded", charge, account=owner)
    intent = world.store.change(
        world.store.get(PaymentIntent, charge.payment_intent or ""),
        status="succeeded",
        amount_received=charge.amount,
        latest_charge=charge.id,
        last_payment_error=None,
    )
    events.emit(world, "payment_intent.succeeded", intent, account=owner)
    session = world.store.change(session, payment_status="paid")
    events.emit(world, event, session, account=owner)
    charges.collect(world, charge, plan, account=owner)
    if outcome is Outcome.PAY_THEN_DISPUTE:
        schedule.at(world, world.now + DISPUTED_AFTER, job=disputes.DISPUTE, subject=charge.id)
    return session


def _decline(
    world: World,
    session: Session,
    plan: Plan,
    intent: PaymentIntent,
    *,
    owner: str,
    outcome: Outcome,
    email: str,
) -> Declined:
    code, message = DECLINES[outcome]
    how: Json = {**_method(outcome), "billing_details": charges.billing(email=email)}
    charge = charges.attempt(world, intent, plan, account=owner, status="pending", **how)
    world.store.change(session, payment_intent=intent.id)
    _fail(world, intent, charge, code=code, message=message, owner=owner)
    return Declined(message=message)


def _fail(
    world: World, intent: PaymentIntent, charge: Charge, *, code: str, message: str, owner: str
) -> None:
    charge = world.store.change(
        charge,
        status="failed",
        failure_code="card_declined",
        failure_message=message,
        outcome=_APPROVED
        | {"network_status": "declined_by_network", "type": "issuer_declined", "reason": code},
    )
    events.emit(world, "charge.failed", charge, account=owner)
    error = {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": code,
        "message": message,
        "charge": charge.id,
    }
    intent = world.store.change(
        intent, status="requires_payment_method", latest_charge=charge.id, last_payment_error=error
    )
    events.emit(world, "payment_intent.payment_failed", intent, account=owner)


def _begin_slow(
    world: World,
    session: Session,
    plan: Plan,
    intent: PaymentIntent,
    *,
    owner: str,
    outcome: Outcome,
    email: str,
) -> Session:
    how: Json = {**_method(outcome), "billing_details": charges.billing(email=email)}
    charge = charges.attempt(world, intent, plan, account=owner, status="pending", **how)
    events.emit(world, "charge.pending", charge, account=owner)
    intent = world.store.change(intent, status="processing", latest_charge=charge.id)
    events.emit(world, "payment_intent.processing", intent, account=owner)
    events.emit(world, "checkout.session.completed", session, account=owner)
    job = SETTLE if outcome is Outcome.ASYNC_OK else BOUNCE
    schedule.at(world, world.clock.now() + world.switches.async_seconds, job=job, subject=session.id)
    return session


def _slow(world: World, session: str) -> tuple[Session, Plan, PaymentIntent, Charge, str]:
    found = world.store.get(Session, session)
    intent = world.store.get(PaymentIntent, found.payment_intent or "")
    charge = world.store.get(Charge, intent.latest_charge or "")
    return found, world.store.get(Plan, session), intent, charge, world.store.owner(found)


def _method(outcome: Outcome) -> Json:
    if outcome in (Outcome.ASYNC_OK, Outcome.ASYNC_FAIL):
        bank = {"bank_name": "SIMULATED TEST BANK", "last4": "6789", "account_type": "checking"}
        return {"payment_method_details": {"type": "us_bank_account", "us_bank_account": bank}}
    secure = {"result": "authenticated", "version": "2.2.0"} if outcome is Outcome.THREE_D_SECURE else None
    card = {
        "brand": "visa",
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "funding": "credit",
        "last4": "4242",
        "network": "visa",
        "three_d_secure": secure,
    }
    return {"payment_method_details": {"type": "card", "card": card}}


_APPROVED: Json = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "seller_message": "SIMULATED",
    "type": "authorized",
}
