"""Every simulated endpoint, in one list."""

from ticketing.simulator.api import (
    accounts,
    balance,
    checkout,
    disputes,
    events,
    fees,
    payments,
    refunds,
    transfers,
)

ENDPOINTS = [
    *accounts.ENDPOINTS,
    *checkout.ENDPOINTS,
    *payments.ENDPOINTS,
    *refunds.ENDPOINTS,
    *transfers.ENDPOINTS,
    *fees.ENDPOINTS,
    *balance.ENDPOINTS,
    *disputes.ENDPOINTS,
    *events.ENDPOINTS,
]
