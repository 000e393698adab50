"""Checkout Sessions: opened, and expired by request or by the clock."""

from typing import Any

import msgspec

from ticketing.simulator import events, schedule
from ticketing.simulator.errors import invalid
from ticketing.simulator.ids import new
from ticketing.simulator.objects.account import Account
from ticketing.simulator.objects.base import Json
from ticketing.simulator.objects.checkout import LineItem, Plan, Session
from ticketing.simulator.objects.payment import PaymentIntent
from ticketing.simulator.operations import session_rules
from ticketing.simulator.operations.session_request import CreateSession, Line
from ticketing.simulator.world import World

EXPIRE = "expire_session"


def create(world: World, request: CreateSession, *, account: Account | None) -> Session:
    session_rules.check(world, request, account=account)
    session = _opened(world, request)
    owner = account.id if account else ""
    world.store.add(session, account=owner)
    world.store.add(_plan(world, request, session), account=owner)
    schedule.at(world, session.expires_at, job=EXPIRE, subject=session.id)
    return session


def expire(world: World, session: Session) -> Session:
    """Only while it is open: the answer to the race with a payment is in the refusal."""
    if session.status != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session.status}`.",
            param="session",
        )
    owner = world.store.owner(session)
    _cancel_intent(world, session, owner)
    expired = world.store.change(session, status="expired", url=None)
    events.emit(world, "checkout.session.expired", expired, account=owner)
    return expired


def expire_if_open(world: World, session: str) -> None:
    """The clock's own expiry; a session that was paid or expired meanwhile is left alone."""
    found = world.store.get(Session, session)
    if found.status == "open":
        expire(world, found)


def _cancel_intent(world: World, session: Session, owner: str) -> None:
    intent = world.store.find(PaymentIntent, session.payment_intent or "")
    if intent and intent.status == "requires_payment_method":
        canceled = world.store.change(
            intent, status="canceled", canceled_at=world.now, cancellation_reason="abandoned"
        )
        events.emit(world, "payment_intent.canceled", canceled, account=owner)


def _opened(world: World, request: CreateSession) -> Session:
    total, identity = session_rules.total_of(request), new("cs")
    same: dict[str, Any] = {
        name: getattr(request, name)
        for name in [
            "allowed_payment_method_types",
            "billing_address_collection",
            "cancel_url",
            "client_reference_id",
            "customer_email",
            "locale",
            "metadata",
            "submit_type",
        ]
    }
    return Session(
        id=identity,
        created=world.now,
        amount_subtotal=total,
        amount_total=total,
        currency=request.line_items[0].price_data.currency,
        expires_at=request.expires_at or world.now + session_rules.LONGEST,
        success_url=request.success_url or "",
        url=f"{world.base_url()}/c/pay/{identity}",
        payment_method_types=request.allowed_payment_method_types or ["card", "link"],
        adaptive_pricing={"enabled": False},
        **same,
    )


def _plan(world: World, request: CreateSession, session: Session) -> Plan:
    data = request.payment_intent_data
    same = msgspec.structs.asdict(data)
    for name in ("transfer_data", "capture_method"):
        del same[name]
    return Plan(
        id=session.id,
        created=session.created,
        lines=[_line(world, line) for line in request.line_items],
        url=session.url or "",
        destination=data.transfer_data.destination if data.transfer_data else None,
        transfer_amount=data.transfer_data.amount if data.transfer_data else None,
        **same,
    )


def _line(world: World, line: Line) -> LineItem:
    amount = line.price_data.unit_amount * line.quantity
    return LineItem(
        id=new("li"),
        created=world.now,
        amount_subtotal=amount,
        amount_total=amount,
        currency=line.price_data.currency,
        description=line.price_data.product_data.name,
        price=_price(world, line),
        quantity=line.quantity,
        metadata=line.metadata,
    )


def _price(world: World, line: Line) -> Json:
    return {
        "id": new("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": world.now,
        "currency": line.price_data.currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": new("prod"),
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": line.price_data.unit_amount,
        "unit_amount_decimal": str(line.price_data.unit_amount),
    }
