"""Charges: attempted, and (when they succeed) turned into money on every balance that they touch."""

from typing import Any

from ticketing.simulator import events, ledger, money
from ticketing.simulator.ids import new
from ticketing.simulator.money import Line, Sources
from ticketing.simulator.objects.account import Account
from ticketing.simulator.objects.base import Json, Listing
from ticketing.simulator.objects.checkout import Plan
from ticketing.simulator.objects.connect import ApplicationFee, Transfer
from ticketing.simulator.objects.payment import Charge, PaymentIntent
from ticketing.simulator.world import World


def attempt(world: World, intent: PaymentIntent, plan: Plan, *, account: str, **how: Any) -> Charge:
    """A charge without any money yet; `how` gives its status, payer and payment method."""
    charge = Charge(
        id=new("ch"),
        created=world.now,
        amount=intent.amount,
        currency=intent.currency,
        application=world.application if account or plan.destination else None,
        application_fee_amount=plan.application_fee_amount,
        calculated_statement_descriptor="SIMULATED",
        description=plan.description,
        metadata=intent.metadata,
        on_behalf_of=plan.on_behalf_of,
        payment_intent=intent.id,
        payment_method=intent.payment_method,
        receipt_email=plan.receipt_email,
        statement_descriptor=plan.statement_descriptor,
        statement_descriptor_suffix=plan.statement_descriptor_suffix,
        transfer_data=intent.transfer_data,
        transfer_group=plan.transfer_group or (f"group_{intent.id}" if plan.destination else None),
        **how,
    )
    return world.store.add(charge, account=account)


def collect(world: World, charge: Charge, plan: Plan, *, account: str) -> Charge:
    """Moves the money of a succeeded charge. Stripe does so a moment later, hence `charge.updated`."""
    ids = Sources(charge=charge.id, transfer=new("tr"), payment=new("py"), fee=new("fee"))
    lines = _lines(world, charge, plan, account=account, ids=ids)
    posted = ledger.post(world, lines, currency=charge.currency)
    links: dict[str, Any] = {"balance_transaction": posted["charge", ids.charge].id}
    if plan.destination:
        transfer = _transfer(world, charge, plan, ids=ids, entry=posted["transfer", ids.transfer].id)
        _payment(world, charge, transfer, plan, entry=posted["payment", ids.payment].id, ids=ids)
        links["transfer"] = transfer.id
    if plan.application_fee_amount:
        entry = posted["application_fee", ids.fee].id
        links["application_fee"] = _fee(world, charge, plan, account=account, ids=ids, entry=entry).id
    collected = world.store.change(charge, **links)
    events.emit(world, "charge.updated", collected, account=account, before=charge)
    return collected


def billing(*, email: str | None, name: str | None = None) -> Json:
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": address, "email": email, "name": name, "phone": None, "tax_id": None}


def _lines(world: World, charge: Charge, plan: Plan, *, account: str, ids: Sources) -> list[Line]:
    stripe_fee, fee = world.settings.prices.processing(charge.amount), plan.application_fee_amount or 0
    if plan.destination:
        return money.destination_sale(
            total=charge.amount,
            transferred=plan.transfer_amount or charge.amount,
            application_fee=fee,
            stripe_fee=stripe_fee,
            account=plan.destination,
            ids=ids,
        )
    if account:
        return money.direct_sale(
            total=charge.amount,
            application_fee=fee,
            stripe_fee=stripe_fee,
            account=account,
            platform_pays=world.store.get(Account, account).fees_paid_by_platform,
            ids=ids,
        )
    return money.plain_sale(total=charge.amount, stripe_fee=stripe_fee, ids=ids)


def _transfer(world: World, charge: Charge, plan: Plan, *, ids: Sources, entry: str) -> Transfer:
    transfer = Transfer(
        id=ids.transfer,
        created=world.now,
        amount=plan.transfer_amount or charge.amount,
        currency=charge.currency,
        destination=plan.destination or "",
        reversals=Listing(url=f"/v1/transfers/{ids.transfer}/reversals"),
        balance_transaction=entry,
        destination_payment=ids.payment,
        source_transaction=charge.id,
        transfer_group=charge.transfer_group,
    )
    world.store.add(transfer)
    events.emit(world, "transfer.created", transfer)
    return transfer


def _payment(
    world: World, charge: Charge, transfer: Transfer, plan: Plan, *, entry: str, ids: Sources
) -> None:
    """The other end of the transfer: a charge-like object on the connected account."""
    payment = Charge(
        id=ids.payment,
        created=world.now,
        amount=transfer.amount,
        amount_captured=transfer.amount,
        currency=charge.currency,
        application=world.application,
        application_fee=ids.fee if plan.application_fee_amount else None,
        application_fee_amount=plan.application_fee_amount,
        balance_transaction=entry,
        billing_details=billing(email=None),
        captured=True,
        paid=True,
        source_transfer=transfer.id,
        status="succeeded",
        transfer_group=transfer.transfer_group,
    )
    world.store.add(payment, account=transfer.destination)


def _fee(
    world: World, charge: Charge, plan: Plan, *, account: str, ids: Sources, entry: str
) -> ApplicationFee:
    source = ids.payment if plan.destination else charge.id
    fee = ApplicationFee(
        id=ids.fee,
        created=world.now,
        account=plan.destination or account,
        amount=plan.application_fee_amount or 0,
        application=world.application,
        charge=source,
        currency=charge.currency,
        refunds=Listing(url=f"/v1/application_fees/{ids.fee}/refunds"),
        balance_transaction=entry,
        fee_source={"charge": source, "type": "charge"},
        originating_transaction=charge.id if plan.destination else None,
    )
    world.store.add(fee)
    events.emit(world, "application_fee.created", fee)
    return fee
