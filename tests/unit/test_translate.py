"""Each audience is told what is its own, and nothing else gets through."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import msgspec
import pytest

from realtime import protocol as p
from realtime import translate
from tests.unit.examples import (
    ANCHOR,
    AT,
    CLOSED,
    DEVICE_PK,
    EVENTS,
    GA,
    ORDER_PK,
    PAID,
    REFUNDED,
    TICKET_PK,
    VIP,
)
from ticketing import domain_events
from ticketing.admission import TicketStatus
from ticketing.domain_events import AnyDomainEvent

AUDIENCES: tuple[tuple[str, Callable[[AnyDomainEvent], p.AnyFact], object], ...] = (
    ("door", translate.door_fact, p.DoorFact),
    ("sales", translate.sales_fact, p.SalesFact),
)
DOOR_KINDS = {
    "order_paid": p.TicketsIssued,
    "ticket_redeemed": p.TicketEntered,
    "ticket_undone": p.TicketUndone,
    "redemption_moved": p.EntryMoved,
    "double_scan_detected": p.TicketSeenTwice,
    "admission_doubted": p.EntryDoubted,
    "door_policy_changed": p.DoorPolicy,
    "tickets_closed": p.TicketsChanged,
    "tickets_reopened": p.TicketsChanged,
}
SALES_KINDS = {
    "event_status_changed": p.StatusChanged,
    "hold_placed": p.SeatsHeld,
    "hold_released": p.SeatsReleased,
    "order_paid": p.SaleMade,
    "allocation_threshold_reached": p.ThresholdReached,
    "sold_out": p.AllocationSoldOut,
    "ticket_redeemed": p.FanEntered,
    "ticket_undone": p.EntryUndone,
    "redemption_moved": p.AdmissionMoved,
    "double_scan_detected": p.DoubleScan,
    "admission_doubted": p.AdmissionDoubted,
    "door_policy_changed": p.Nothing,
    "tickets_closed": p.Nothing,
    "tickets_reopened": p.Nothing,
    "refund_made": p.RefundSent,
    "refund_failed": p.RefundReturned,
    "dispute_changed": p.DisputeMoved,
    "dispute_money_moved": p.DisputeMoneyMoved,
    "allocation_changed": p.TermsChanged,
}


@pytest.mark.parametrize("happened", EVENTS, ids=domain_events.kind_of)
def test_the_door_is_told_of_tickets_and_of_nothing_else(happened: AnyDomainEvent) -> None:
    fact = translate.door_fact(happened)

    assert type(fact) is DOOR_KINDS.get(domain_events.kind_of(happened), p.Nothing)


@pytest.mark.parametrize("happened", EVENTS, ids=domain_events.kind_of)
def test_the_office_is_told_of_everything_in_its_own_words(happened: AnyDomainEvent) -> None:
    fact = translate.sales_fact(happened)

    assert type(fact) is SALES_KINDS[domain_events.kind_of(happened)]


@pytest.mark.parametrize(("name", "see", "union"), AUDIENCES, ids=["door", "sales"])
@pytest.mark.parametrize("happened", EVENTS, ids=domain_events.kind_of)
def test_every_fact_is_one_that_the_protocol_can_carry(
    name: str, see: Callable[[AnyDomainEvent], p.AnyFact], union: object, happened: AnyDomainEvent
) -> None:
    frame = p.encode(p.TopicFact(topic=f"{name}:x", seq=1, fact=see(happened)))

    read = msgspec.json.decode(frame, type=p.TopicFact)

    assert read.fact == see(happened)
    assert type(read.fact) in get_args(union)


@pytest.mark.parametrize(("name", "see", "union"), AUDIENCES, ids=["door", "sales"])
@pytest.mark.parametrize("happened", EVENTS, ids=domain_events.kind_of)
def test_no_key_of_an_order_a_ticket_or_a_device_gets_through(
    name: str, see: Callable[[AnyDomainEvent], p.AnyFact], union: object, happened: AnyDomainEvent
) -> None:
    told = msgspec.json.encode(see(happened)).decode()

    assert [secret for secret in (ORDER_PK, TICKET_PK, DEVICE_PK) if secret in told] == []


def test_the_door_is_told_what_each_closed_ticket_is_now_and_nothing_of_the_money() -> None:
    told = translate.door_fact(CLOSED)

    assert told == p.TicketsChanged(
        tickets=(
            p.TicketNow(anchor=ANCHOR, status=TicketStatus.REFUNDED),
            p.TicketNow(anchor="cd" * 16, status=TicketStatus.REFUNDED),
        ),
        order=p.OrderNow(hash="0123456789abcdef", admits=1),
    )


def test_a_refund_is_told_with_its_split_and_the_seats_that_are_free_again() -> None:
    told = translate.sales_fact(REFUNDED)

    assert told == p.RefundSent(
        order_id="3G9230VQVSQ",
        base=4_000,
        fee=400,
        total=4_400,
        currency="USD",
        seats=(p.SaleLine(ticket_type=GA, quantity=2),),
        at=AT,
        of_sale=True,
    )


def test_the_office_never_learns_a_tickets_code_and_the_door_never_a_price() -> None:
    office = msgspec.json.encode(translate.sales_fact(PAID)).decode()
    door = msgspec.json.encode(translate.door_fact(PAID)).decode()

    assert ANCHOR not in office
    assert [amount for amount in ("9600", "9000", "600", PAID.order_id) if amount in door] == []


def test_no_field_of_any_domain_event_or_message_can_hold_a_person() -> None:
    """The canary: a name, an email, a qr_hash, a seed or a token has no field to travel in."""
    forbidden = ("email", "purchaser", "user", "qr_hash", "seed", "secret", "token", "session", "phone")
    outbound = {
        kind
        for module in (domain_events, p)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind is not p.Authenticate
    }

    fields = {(kind.__name__, name) for kind in outbound for name in kind.__struct_fields__}

    assert len(outbound) > 40
    assert [field for field in sorted(fields) if any(word in field[1] for word in forbidden)] == []


def test_a_sale_is_told_with_its_split_and_its_lines() -> None:
    told = translate.sales_fact(PAID)

    assert told == p.SaleMade(
        order_id="3G9230VQVSQ",
        lines=(p.SaleLine(ticket_type=GA, quantity=2), p.SaleLine(ticket_type=VIP, quantity=1)),
        quantity=3,
        base=9_000,
        fee=600,
        total=9_600,
        currency="USD",
        at=AT,
        from_hold=True,
    )


def test_the_door_is_told_each_new_tickets_short_code_and_type() -> None:
    told = translate.door_fact(PAID)

    assert isinstance(told, p.TicketsIssued)
    assert told.tickets[0] == p.TicketRow(anchor=ANCHOR, ticket_type="General admission")
    assert [row.ticket_type for row in told.tickets] == ["General admission", "General admission", "VIP 🥂"]
