"""Every call to Stripe, through the real SDK: `client.v1` services, explicit time-outs, one file an idea.

Nothing here touches the database, and no caller may hold a row lock. Facts: `shared/facts/stripe.md` 1.2, 1.5, 1.6.
"""

from ticketing.payments.gateway.accounts import (
    Account,
    PayoutTold,
    account_of,
    create_account,
    create_login_link,
    create_onboarding_link,
    payouts,
    retrieve_account,
)
from ticketing.payments.gateway.charges import (
    Books,
    ChargeTold,
    order_named_by,
    retrieve_books,
    retrieve_charge,
)
from ticketing.payments.gateway.disputes import (
    DisputeTold,
    ReversalTold,
    dispute_of,
    find_reversal,
    repaid,
    repay_venue,
    retrieve_dispute,
    reverse_transfer,
    send_evidence,
)
from ticketing.payments.gateway.events import undelivered_events
from ticketing.payments.gateway.refunds import (
    RefundTold,
    create_refund,
    refund_of,
    retrieve_refund,
    returns_fee_apart,
)
from ticketing.payments.gateway.sessions import Session, create_session, expire_session, retrieve_session
from ticketing.payments.gateway.speaking import PaymentRefused, PaymentUnavailable, client

__all__ = [
    "Account",
    "Books",
    "ChargeTold",
    "DisputeTold",
    "PaymentRefused",
    "PaymentUnavailable",
    "PayoutTold",
    "RefundTold",
    "ReversalTold",
    "Session",
    "account_of",
    "client",
    "create_account",
    "create_login_link",
    "create_onboarding_link",
    "create_refund",
    "create_session",
    "dispute_of",
    "expire_session",
    "find_reversal",
    "order_named_by",
    "payouts",
    "refund_of",
    "repaid",
    "repay_venue",
    "retrieve_account",
    "retrieve_books",
    "retrieve_charge",
    "retrieve_dispute",
    "retrieve_refund",
    "retrieve_session",
    "returns_fee_apart",
    "reverse_transfer",
    "send_evidence",
    "undelivered_events",
]
