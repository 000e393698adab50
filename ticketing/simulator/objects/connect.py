"""Money between the platform and its connected accounts: transfers, application fees, and both ways back."""

from typing import Literal

from ticketing.simulator.objects.base import Listing, Metadata, Resource


class TransferReversal(Resource, frozen=True, kw_only=True):
    amount: int
    currency: str
    transfer: str
    balance_transaction: str | None = None
    destination_payment_refund: str | None = None
    metadata: Metadata = {}
    source_refund: str | None = None
    object: Literal["transfer_reversal"] = "transfer_reversal"


class Transfer(Resource, frozen=True, kw_only=True):
    amount: int
    currency: str
    destination: str
    reversals: Listing
    amount_reversed: int = 0
    balance_transaction: str | None = None
    description: str | None = None
    destination_payment: str | None = None
    livemode: bool = False
    metadata: Metadata = {}
    reversed: bool = False
    source_transaction: str | None = None
    source_type: str = "card"
    transfer_group: str | None = None
    object: Literal["transfer"] = "transfer"

    @property
    def unreversed(self) -> int:
        return self.amount - self.amount_reversed


class FeeRefund(Resource, frozen=True, kw_only=True):
    amount: int
    currency: str
    fee: str
    balance_transaction: str | None = None
    metadata: Metadata = {}
    object: Literal["fee_refund"] = "fee_refund"


class ApplicationFee(Resource, frozen=True, kw_only=True):
    """`charge` is the one on the connected account; `originating_transaction` the platform's (destination charges)."""

    account: str
    amount: int
    application: str
    charge: str
    currency: str
    refunds: Listing
    amount_refunded: int = 0
    balance_transaction: str | None = None
    fee_source: dict[str, str] | None = None
    livemode: bool = False
    originating_transaction: str | None = None
    refunded: bool = False
    object: Literal["application_fee"] = "application_fee"

    @property
    def unrefunded(self) -> int:
        return self.amount - self.amount_refunded
