"""Every call to Stripe, through the real SDK: `client.v1` services, no `payment_method_types`, explicit time-outs.

Nothing here touches the database, and no caller may hold a row lock. Facts: `shared/facts/stripe.md` 1.2, 1.5, 1.6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

import stripe
from django.conf import settings
from stripe import RequestOptions
from stripe.params import (
    AccountCreateParamsController,
    ApplicationFeeRefundCreateParams,
    ApplicationFeeRefundListParams,
    DisputeUpdateParams,
    EventListParams,
    PaymentIntentRetrieveParams,
    PayoutListParams,
    RefundCreateParams,
    RefundRetrieveParams,
    TransferCreateParams,
    TransferReversalCreateParams,
    TransferReversalListParams,
)
from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsLineItem,
    SessionCreateParamsPaymentIntentData,
)

from ticketing.models import ChargeMode, Dispute, Event, Order, OrderLine, Refund, Venue
from ticketing.order_id import display

Answer = TypeVar("Answer")
_CONNECT_S, _READ_S, _RETRIES = 3, 12, 2


class PaymentUnavailable(Exception):
    """Stripe could not be reached, or failed: what was asked may or may not have happened. Ask again."""


class PaymentRefused(Exception):
    """Stripe understood and said no: what was asked has not happened and will not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A Checkout Session as we need it. `status` is open, complete or expired; amounts are minor units."""

    id: str
    url: str
    status: str
    payment_status: str
    payment_intent_id: str | None
    amount_total: int
    currency: str
    order: str
    livemode: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A connected account: may it be paid, by all that Stripe asks? And if not, what is missing, in Stripe's words."""

    id: str
    complete: bool
    due: tuple[str, ...]
    disabled_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundTold:
    """A refund as Stripe tells of it. `refund_pk` is our own row's id, empty for one made in Stripe's dashboard;
    `reversed` is what of it was taken back from the venue, `fee_back` what of NGN's fee was given to it in return
    (None: in proportion, as Stripe does)."""

    id: str
    status: str
    amount: int
    charge_id: str
    payment_intent_id: str | None
    refund_pk: str
    reversed: int = 0
    fee_back: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeTold:
    """A dispute as Stripe tells of it: what it has taken for it so far and not given again (`withdrawn`), and the `fee`
    that it charged, in minor units."""

    id: str
    status: str
    amount: int
    currency: str
    reason: str
    charge_id: str
    payment_intent_id: str | None
    due_by: int | None
    fee: int
    withdrawn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalTold:
    """What of a transfer was taken back from the venue."""

    id: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeTold:
    """The objects behind a paid session, and what Stripe kept of it."""

    charge_id: str
    transfer_id: str | None
    application_fee_id: str | None
    stripe_fee: int | None
    balance_transaction_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Where an order's money is by Stripe's own objects: what was captured and refunded, what of the transfer and of
    the application fee has not been taken back and what of the fee has, and Stripe's fee on the charge."""

    captured: int
    refunded: int
    transferred: int
    fee_kept: int
    fee_returned: int
    stripe_fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutTold:
    """Money on its way from a connected account to its bank. `status` is Stripe's: paid, pending, in_transit, canceled
    or failed; `arrives_at` in UTC seconds; `failure` is Stripe's sentence, empty unless it failed."""

    id: str
    status: str
    amount: int
    currency: str
    arrives_at: int
    failure: str


@cache
def client() -> stripe.StripeClient:
    """The one client. Retries and time-outs are ours: the SDK's defaults are none and 80 s."""
    api = settings.ENV.stripe_api_base
    return stripe.StripeClient(
        settings.ENV.stripe_api_key,
        base_addresses={"api": api, "connect": api} if api else {},
        max_network_retries=_RETRIES,
        http_client=stripe.RequestsClient(timeout=(_CONNECT_S, _READ_S)),
    )


def create_session(*, order: Order, event: Event, lines: list[OrderLine]) -> Session:
    """Open the hosted payment page for an order: a charge that splits at the moment of sale.

    A destination charge, or for a venue of its own with Stripe (Standard) a direct charge on the venue's account.
    Idempotent by the order: asked again, Stripe answers with the same session.
    """
    metadata = {"order": str(order.pk), "event": str(event.pk), "venue": str(event.venue_id)}
    address = f"{settings.ENV.public_url.rstrip('/')}/o/{order.token}/"
    intent: SessionCreateParamsPaymentIntentData = {
        "application_fee_amount": order.fee,
        "description": f"{event.title} at {event.venue.name}, order {display(order.order_id)}",
        "metadata": metadata,
    }
    if order.charge_mode == ChargeMode.DESTINATION:
        intent["transfer_data"] = {"destination": order.stripe_account_id}
    params: SessionCreateParams = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "success_url": address,
        "cancel_url": f"{address}cancel/",
        "client_reference_id": str(order.pk),
        "customer_email": order.purchaser.email,
        "expires_at": int(order.session_expires_at.timestamp()),
        "line_items": [item for line in lines for item in _line_items(line, event, order.currency)],
        "payment_intent_data": intent,
        "metadata": metadata,
        # The price was shown in one currency, with its fee: nothing may change the total behind it.
        "adaptive_pricing": {"enabled": False},
        "allowed_payment_method_types": ["card", "link"],
    }
    options = _on_account(order, idempotency_key=f"session:{order.pk}")
    return _session(_call(lambda: client().v1.checkout.sessions.create(params, options)))


def retrieve_session(order: Order) -> Session:
    """Ask Stripe what became of an order's session."""
    session_id, options = order.stripe_session_id or "", _on_account(order)
    return _session(_call(lambda: client().v1.checkout.sessions.retrieve(session_id, {}, options)))


def expire_session(order: Order) -> Session:
    """End an order's session, if it is open still; either way, what Stripe says that it is now."""
    session_id, options = order.stripe_session_id or "", _on_account(order)
    try:
        return _session(_call(lambda: client().v1.checkout.sessions.expire(session_id, {}, options)))
    except PaymentRefused:
        return retrieve_session(order)


def retrieve_charge(order: Order) -> ChargeTold | None:
    """The objects behind a paid order; None while there is no charge."""
    params: PaymentIntentRetrieveParams = {"expand": ["latest_charge.balance_transaction"]}
    intent_id, options = order.stripe_payment_intent_id or "", _on_account(order)
    intent = _call(lambda: client().v1.payment_intents.retrieve(intent_id, params, options))
    charge = intent.latest_charge
    if charge is None or isinstance(charge, str):
        return None
    moved = charge.balance_transaction
    return ChargeTold(
        charge_id=charge.id,
        transfer_id=_id_of(charge.transfer if "transfer" in charge else None),
        application_fee_id=_id_of(charge.application_fee),
        stripe_fee=_stripe_fee(moved),
        balance_transaction_id=_id_of(moved),
    )


def retrieve_books(order: Order) -> Books:
    """What Stripe's own objects say that an order's money did. Raises PaymentRefused for a payment it does not know."""
    params: PaymentIntentRetrieveParams = {
        "expand": [
            "latest_charge.balance_transaction",
            "latest_charge.transfer",
            "latest_charge.application_fee",
        ]
    }
    intent_id, options = order.stripe_payment_intent_id or "", _on_account(order)
    intent = _call(lambda: client().v1.payment_intents.retrieve(intent_id, params, options))
    charge = intent.latest_charge
    if charge is None or isinstance(charge, str):
        return Books(captured=0, refunded=0, transferred=0, fee_kept=0, fee_returned=0, stripe_fee=0)
    transfer = charge.transfer if "transfer" in charge else None
    fee, moved = charge.application_fee, charge.balance_transaction
    return Books(
        captured=charge.amount_captured,
        refunded=charge.amount_refunded,
        transferred=_left_of(transfer, "amount_reversed"),
        fee_kept=_left_of(fee, "amount_refunded"),
        fee_returned=0 if fee is None or isinstance(fee, str) else fee.amount_refunded,
        stripe_fee=_stripe_fee(moved) or 0,
    )


def _left_of(moved: stripe.Transfer | stripe.ApplicationFee | str | None, taken_back: str) -> int:
    """What of a transfer or a fee has not been taken back."""
    return 0 if moved is None or isinstance(moved, str) else int(moved["amount"]) - int(moved[taken_back])


def _stripe_fee(moved: stripe.BalanceTransaction | str | None) -> int | None:
    """What Stripe kept for itself; None while a charge has not settled."""
    if moved is None or isinstance(moved, str):
        return None
    return sum(detail.amount for detail in moved.fee_details if detail.type == "stripe_fee")


def create_refund(*, refund: Refund, order: Order) -> RefundTold:
    """Send money back. Both flags are always said: their defaults leave the platform to pay (facts/stripe.md 1.3).

    Stripe returns of NGN's fee what the refund is of the payment. Where that is not the fee of these very tickets (an
    order of two types), the fee goes back by a call of its own. Idempotent by the refund's row, both together.
    """
    apart = returns_fee_apart(refund=refund, order=order)
    params: RefundCreateParams = {
        "payment_intent": order.stripe_payment_intent_id or "",
        "amount": refund.total,
        "metadata": {"refund": str(refund.pk), "order": str(order.pk)},
    }
    if order.charge_mode == ChargeMode.DESTINATION:
        params["reverse_transfer"] = True
    if order.fee:  # Stripe refuses the flag where there is no fee to give back
        params["refund_application_fee"] = refund.fee > 0 and not apart
    options = _on_account(order, idempotency_key=f"refund:{refund.pk}")
    told = refund_of(_call(lambda: client().v1.refunds.create(params, options)))
    return replace(told, fee_back=_return_fee(refund=refund, order=order)) if apart else told


def returns_fee_apart(*, refund: Refund, order: Order) -> bool:
    """Whether the fee of the refunded tickets is another share of it than the refund is of the whole payment."""
    return refund.fee > 0 and refund.fee * order.total != order.fee * refund.total


def _return_fee(*, refund: Refund, order: Order) -> int:
    """NGN's fee of a refund, to the venue that has paid for it; what of it there was to return. The money of the refund
    itself has moved already: a refusal here must not be taken for one of the refund."""
    charge = retrieve_charge(order)
    fee_id = (charge.application_fee_id if charge else None) or ""
    try:
        try:
            return _refund_fee(fee_id, refund, refund.fee)
        except PaymentRefused:
            # More of it was returned in Stripe's dashboard than its proportion, or this is asked once more.
            return _fee_returned(fee_id, refund) or _refund_fee(fee_id, refund, _fee_left(fee_id))
    except PaymentRefused as refusal:
        raise PaymentUnavailable(
            f"the fan has the money back, the venue not yet its fee: {refusal}"
        ) from refusal


def _refund_fee(fee_id: str, refund: Refund, amount: int) -> int:
    if amount == 0:
        return 0
    params: ApplicationFeeRefundCreateParams = {"amount": amount, "metadata": {"refund": str(refund.pk)}}
    key: RequestOptions = {"idempotency_key": f"refund-fee:{refund.pk}:{amount}"}
    return _call(lambda: client().v1.application_fees.refunds.create(fee_id, params, key)).amount


def _fee_left(fee_id: str) -> int:
    return _left_of(_call(lambda: client().v1.application_fees.retrieve(fee_id)), "amount_refunded")


def _fee_returned(fee_id: str, refund: Refund) -> int:
    """What of the fee was returned for this refund by a call whose answer was lost."""
    params: ApplicationFeeRefundListParams = {"limit": 100}
    made = _call(lambda: client().v1.application_fees.refunds.list(fee_id, params)).data
    mine = [one for one in made if one.metadata and "refund" in one.metadata]
    return sum(one.amount for one in mine if one.metadata and one.metadata["refund"] == str(refund.pk))


def retrieve_refund(refund_id: str, *, account: str) -> RefundTold:
    """Ask Stripe where a refund stands; `account` is the venue's for a direct charge, else empty."""
    params: RefundRetrieveParams = {"expand": ["transfer_reversal"]}
    options: RequestOptions = {"stripe_account": account} if account else {}
    return refund_of(_call(lambda: client().v1.refunds.retrieve(refund_id, params, options)))


def order_named_by(payment_intent_id: str, *, account: str) -> str:
    """The order that a payment was made for by its own metadata, empty if by none; anybody can write that."""
    options: RequestOptions = {"stripe_account": account} if account else {}
    metadata = _call(lambda: client().v1.payment_intents.retrieve(payment_intent_id, {}, options)).metadata
    return metadata["order"] if "order" in metadata else ""  # noqa: SIM401  # objects of the SDK have no get


def retrieve_dispute(dispute_id: str, *, account: str) -> DisputeTold:
    """Ask Stripe where a dispute stands; `account` is the venue's for a direct charge, else empty."""
    options: RequestOptions = {"stripe_account": account} if account else {}
    return dispute_of(_call(lambda: client().v1.disputes.retrieve(dispute_id, {}, options)))


def reverse_transfer(*, order: Order, dispute: Dispute, amount: int) -> ReversalTold:
    """Take back what the venue has of a disputed sale, which leaves it with nothing and NGN without its fee."""
    params: TransferReversalCreateParams = {"amount": amount, "metadata": {"dispute": dispute.stripe_id}}
    key: RequestOptions = {"idempotency_key": f"reversal:{dispute.pk}:{amount}"}
    transfer_id = order.stripe_transfer_id or ""
    made = _call(lambda: client().v1.transfers.reversals.create(transfer_id, params, key))
    return ReversalTold(id=made.id, amount=made.amount)


def find_reversal(*, order: Order, dispute: Dispute) -> ReversalTold | None:
    """The reversal that was made for a dispute, if its answer was lost."""
    params: TransferReversalListParams = {"limit": 100}
    transfer_id = order.stripe_transfer_id or ""
    made = _call(lambda: client().v1.transfers.reversals.list(transfer_id, params))
    for one in made.data:
        if one.metadata and "dispute" in one.metadata and one.metadata["dispute"] == dispute.stripe_id:
            return ReversalTold(id=one.id, amount=one.amount)
    return None


def repay_venue(*, order: Order, dispute: Dispute, amount: int) -> str:
    """A dispute was won after the venue's share had been reversed: the one bare transfer there is. The id."""
    params: TransferCreateParams = {
        "amount": amount,
        "currency": order.currency.lower(),
        "destination": order.stripe_account_id,
        "metadata": {"dispute": dispute.stripe_id, "order": str(order.pk)},
    }
    key: RequestOptions = {"idempotency_key": f"repayment:{dispute.pk}"}
    return _call(lambda: client().v1.transfers.create(params, key)).id


def repaid(transfer_id: str) -> int:
    """What of a bare transfer the venue has."""
    return _left_of(_call(lambda: client().v1.transfers.retrieve(transfer_id)), "amount_reversed")


def send_evidence(*, dispute: Dispute, order: Order, text: str, log_of_access: str) -> None:
    """Answer a dispute with what the door saw."""
    params: DisputeUpdateParams = {
        "evidence": {
            "access_activity_log": log_of_access,
            "product_description": text,
            "customer_email_address": order.purchaser.email,
        },
        "submit": True,
    }
    options = _on_account(order, idempotency_key=f"evidence:{dispute.pk}")
    _call(lambda: client().v1.disputes.update(dispute.stripe_id, params, options))


def undelivered_events(*, since: int, account: str = "") -> list[str]:
    """The raw bodies of events that Stripe could not deliver since a moment (UTC seconds), oldest first."""
    params: EventListParams = {"delivery_success": False, "created": {"gte": since}, "limit": 100}
    options: RequestOptions = {"stripe_account": account} if account else {}
    found = _call(lambda: list(client().v1.events.list(params, options).auto_paging_iter()))
    return [str(event) for event in reversed(found)]


def create_account(venue: Venue, *, email: str) -> str:
    """Open a connected account for a venue, once; its id. Express, or Standard for a venue that charges by itself."""
    account = _call(
        lambda: client().v1.accounts.create(
            {
                "controller": _CONTROLLERS[ChargeMode(venue.charge_mode)],
                "country": venue.country,
                "email": email,
                "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": True}},
                "business_profile": {"name": venue.name},
                "metadata": {"venue": str(venue.pk)},
            },
            # A venue that disconnected gets another account: the former one's id makes it another request.
            options={
                "idempotency_key": f"account:{venue.pk}:{venue.charge_mode}:{venue.stripe_account_id or ''}"
            },
        )
    )
    return account.id


def create_onboarding_link(account_id: str, *, return_url: str, refresh_url: str) -> str:
    """A single-use link to Stripe's onboarding pages, good for minutes. Never mail or log it."""
    link = _call(
        lambda: client().v1.account_links.create(
            {
                "account": account_id,
                "type": "account_onboarding",
                "return_url": return_url,
                "refresh_url": refresh_url,
                "collection_options": {"fields": "eventually_due"},
            }
        )
    )
    return link.url


def retrieve_account(account_id: str) -> Account:
    """Ask Stripe whether an account may be paid."""
    return account_of(_call(lambda: client().v1.accounts.retrieve(account_id)))


def account_of(account: stripe.Account) -> Account:
    """Our rule over Stripe's account: details, charges, payouts, transfers, and nothing that disables it."""
    capabilities, requirements = account.capabilities, account.requirements
    disabled = (requirements.disabled_reason if requirements else None) or ""
    due = (requirements.currently_due if requirements else None) or []
    active = capabilities is not None and _needed(account, capabilities) == "active"
    return Account(
        id=account.id,
        complete=bool(
            account.details_submitted
            and account.charges_enabled
            and account.payouts_enabled
            and active
            and not disabled
        ),
        due=tuple(due),
        disabled_reason=disabled,
    )


def payouts(account_id: str, *, limit: int = 50) -> list[PayoutTold]:
    """A connected account's newest payouts to its bank. A person waits for the answer, so it is asked for once."""
    params: PayoutListParams = {"limit": limit}
    options: RequestOptions = {"stripe_account": account_id, "max_network_retries": 0}
    return [_payout(found) for found in _call(lambda: client().v1.payouts.list(params, options)).data]


def _payout(payout: stripe.Payout) -> PayoutTold:
    return PayoutTold(
        id=payout.id,
        status=payout.status,
        amount=payout.amount,
        currency=payout.currency.upper(),
        arrives_at=payout.arrival_date,
        failure=payout.failure_message or "",
    )


def create_login_link(account_id: str) -> str:
    """A single-use link to the venue's own Express dashboard. Never mail or log it."""
    return _call(lambda: client().v1.accounts.login_links.create(account_id)).url


def refund_of(refund: stripe.Refund) -> RefundTold:
    """A refund of the SDK's as ours."""
    metadata = refund.metadata
    return RefundTold(
        id=refund.id,
        status=refund.status or "",
        amount=refund.amount,
        charge_id=_id_of(refund.charge) or "",
        payment_intent_id=_id_of(refund.payment_intent),
        refund_pk=metadata["refund"] if metadata and "refund" in metadata else "",
        reversed=_reversed_by(refund),
    )


def _reversed_by(refund: stripe.Refund) -> int:
    """Only an expanded reversal tells its amount."""
    reversal = refund.transfer_reversal if "transfer_reversal" in refund else None
    return 0 if reversal is None or isinstance(reversal, str) else reversal.amount


def dispute_of(dispute: stripe.Dispute) -> DisputeTold:
    """A dispute of the SDK's as ours."""
    due_by = dispute.evidence_details.due_by
    return DisputeTold(
        id=dispute.id,
        status=dispute.status,
        amount=dispute.amount,
        currency=dispute.currency.upper(),
        reason=dispute.reason,
        charge_id=_id_of(dispute.charge) or "",
        payment_intent_id=_id_of(dispute.payment_intent),
        due_by=int(due_by) if due_by else None,
        fee=sum(moved.fee for moved in dispute.balance_transactions),
        withdrawn=-sum(moved.amount for moved in dispute.balance_transactions),
    )


def _needed(account: stripe.Account, capabilities: stripe.Account.Capabilities) -> str | None:
    """What a sale needs of the account: transfers to it, or for one that charges by itself, card payments."""
    controller = account.controller
    dashboard = controller.stripe_dashboard if controller else None
    if dashboard is not None and dashboard.type == "full":
        return capabilities.card_payments
    return capabilities.transfers


def _on_account(order: Order, *, idempotency_key: str = "") -> RequestOptions:
    """Direct charges live on the venue's account, so everything about them is asked there."""
    options: RequestOptions = {"idempotency_key": idempotency_key} if idempotency_key else {}
    if order.charge_mode == ChargeMode.DIRECT:
        options["stripe_account"] = order.stripe_account_id
    return options


def _id_of(expandable: object) -> str | None:
    """The id of a field that holds an object or only its id."""
    return expandable if isinstance(expandable, str) or expandable is None else str(expandable["id"])  # type: ignore[index]


_CONTROLLERS: dict[ChargeMode, AccountCreateParamsController] = {
    ChargeMode.DESTINATION: {
        "stripe_dashboard": {"type": "express"},
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
    },
    ChargeMode.DIRECT: {
        "stripe_dashboard": {"type": "full"},
        "fees": {"payer": "account"},
        "losses": {"payments": "stripe"},
    },
}


def _line_items(line: OrderLine, event: Event, currency: str) -> list[SessionCreateParamsLineItem]:
    """The tickets, and NGN's fee as an item of its own: the fan sees both on the payment page too."""
    items = [(line.unit_base, f"{event.title} – {line.ticket_type.name}"), (line.unit_fee, "Service fee")]
    return [
        {
            "quantity": line.quantity,
            "price_data": {
                "currency": currency.lower(),
                "unit_amount": amount,
                "product_data": {"name": name},
            },
        }
        for amount, name in items
        if amount
    ]


def _session(session: stripe.checkout.Session) -> Session:
    intent, metadata = session.payment_intent, session.metadata
    return Session(
        id=session.id,
        url=session.url or "",
        status=session.status or "",
        payment_status=session.payment_status,
        payment_intent_id=intent if isinstance(intent, str) or intent is None else intent.id,
        amount_total=session.amount_total or 0,
        currency=(session.currency or "").upper(),
        order=metadata["order"] if metadata and "order" in metadata else "",
        livemode=session.livemode,
    )


def _call(ask: Callable[[], Answer]) -> Answer:
    """Turn the SDK's exceptions into the two that matter: may have happened, and has not happened.

    Only a judgement on the request itself says that nothing has happened. A key that is not let in, or an idempotency
    key used before with other words, says nothing of what an earlier call has done.
    """
    try:
        return ask()
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        raise PaymentRefused(f"{type(error).__name__}: {error.user_message or error}") from error
    except stripe.StripeError as error:
        raise PaymentUnavailable(type(error).__name__) from error
