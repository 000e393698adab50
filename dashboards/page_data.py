"""What the pages hand to their scripts as JSON. Moments are UTC milliseconds, amounts minor units. Pure."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

import msgspec

from dashboards.reads import ShowNumbers
from realtime import protocol
from realtime.snapshots import Stamped
from ticketing import live_code
from ticketing.cancellation import Progress
from ticketing.catalogue import EventPage
from ticketing.clock import millis
from ticketing.money import FeePolicy
from ticketing.wallet import OrderPage, WalletTicket


def event_data(page: EventPage) -> dict[str, Any]:
    """For the buy form (src/event/buy_form.ts)."""
    offers = [
        {
            "id": str(kind.id),
            "base": kind.split.base,
            "fee": kind.split.fee,
            "left": kind.left,
            "sold_out": kind.sold_out,
            "limit": kind.per_order_limit,
        }
        for kind in page.types
    ]
    return {
        "event_id": str(page.id),
        "currency": page.currency,
        "ends_at": millis(page.ends_at),
        "offers": offers,
    }


def sales_data(show: ShowNumbers, sales: Stamped[protocol.SalesSnapshot]) -> dict[str, Any]:
    """For the sales page (src/sales/page.ts): the snapshot, and the place in the log from which to follow."""
    return {
        "event_id": str(show.id),
        "time_zone": show.time_zone.key,
        "artist": " & ".join(show.artists) or show.title,
        "since": sales.seq,
        "epoch": sales.epoch,
        "snapshot": msgspec.to_builtins(sales.value),
    }


def wallet_data(order: OrderPage) -> dict[str, Any]:
    """For the wallet (src/wallet/data.ts). Holds the seeds: for who holds the order's link, and for no cache."""
    chain = {
        "salt": order.chain.salt.hex(),
        "steps": order.chain.steps,
        "starts_at": order.window_starts_ms,
        "step_s": live_code.STEP_S,
        "guard": live_code.GUARD,
    }
    tickets = [
        {
            **_state(ticket),
            "number": ticket.number,
            "type": ticket.ticket_type,
            "seed": ticket.seed.hex(),
            "certificate": ticket.certificate,
        }
        for ticket in order.tickets
    ]
    return {"time_zone": order.time_zone.key, "chain": chain, "tickets": tickets}


def fee_data(policy: FeePolicy, currency: str) -> dict[str, Any]:
    """For the form of prices (src/office/terms.ts): the venue's fee rule."""
    return {"currency": currency, "policy": dataclasses.asdict(policy)}


def progress_data(progress: Progress) -> dict[str, Any]:
    """How far the refunds of a cancelled show are (src/office/progress.ts)."""
    return dataclasses.asdict(progress)


def order_state(order: OrderPage, now: datetime) -> dict[str, Any]:
    """What a waiting page or an open wallet asks for again and again: no seeds in it."""
    tickets = [_state(ticket) for ticket in order.tickets]
    return {"state": order.status.value, "server_time": millis(now), "tickets": tickets}


def _state(ticket: WalletTicket) -> dict[str, Any]:
    return {
        "id": str(ticket.id),
        "status": ticket.status.value,
        "redeemed_at": millis(ticket.redeemed_at) if ticket.redeemed_at else None,
        "redeemed_door": ticket.redeemed_door,
    }
