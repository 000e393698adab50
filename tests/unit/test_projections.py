"""Folding the log: by the vectors that TypeScript satisfies too, and the seats by every domain event."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from realtime import projections, translate
from realtime import protocol as p
from realtime.projections import Counts
from tests.unit.examples import AT, EVENTS, GA, PAID, REFUNDED, VIP
from ticketing import domain_events as e
from ticketing.domain_events import AnyDomainEvent, EventStatus, ReleaseReason

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "sales_frames.json").read_text()
)
COUNTS = Counts(
    status=EventStatus.ON_SALE,
    types=(
        p.TypeCount(id=GA, name="General admission", price=2_000, allocation=100, held=10, sold=50),
        p.TypeCount(id=VIP, name="VIP", price=5_000, allocation=10, held=1, sold=0),
    ),
    sold_out_at=None,
)
HELD = e.HoldPlaced(order="x", lines=(e.Line(ticket_type=GA, quantity=2),), at=AT)
RELEASED = e.HoldReleased(order="x", lines=HELD.lines, reason=ReleaseReason.ABANDONED, at=AT)


def seats(counts: Counts) -> list[tuple[int, int]]:
    return [(kind.held, kind.sold) for kind in counts.types]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_the_venues_page_is_folded_as_the_vectors_say(vector: dict[str, Any]) -> None:
    snapshot = msgspec.convert(vector["snapshot"], type=p.SalesSnapshot)
    for frame in vector["facts"]:
        fact = msgspec.convert(frame["fact"], type=p.SalesFact)
        snapshot = projections.sales_after(snapshot, frame["seq"], fact)

    assert snapshot == msgspec.convert(vector["expected"], type=p.SalesSnapshot)


def test_the_vectors_show_every_kind_of_fact() -> None:
    shown = {frame["fact"]["t"] for vector in VECTORS for frame in vector["facts"]}

    assert shown == {kind.__struct_config__.tag for kind in p.SalesFact.__args__}


def test_a_hold_and_its_release_leave_the_seats_as_they_were() -> None:
    held = projections.counts_after(COUNTS, HELD)

    assert seats(held) == [(12, 50), (1, 0)]
    assert projections.counts_after(held, RELEASED) == COUNTS


def test_a_sale_takes_its_own_held_seats() -> None:
    assert seats(projections.counts_after(COUNTS, PAID)) == [(8, 52), (0, 1)]


def test_a_late_payment_takes_free_seats() -> None:
    late = replace(PAID, from_hold=False)

    assert seats(projections.counts_after(COUNTS, late)) == [(10, 52), (1, 1)]


def test_refunded_seats_and_those_of_a_lost_dispute_are_on_sale_again() -> None:
    refunded = projections.counts_after(COUNTS, REFUNDED)

    assert seats(refunded) == [(10, 48), (1, 0)]


def test_changed_terms_leave_what_is_held_and_sold_alone() -> None:
    terms = e.TypeTerms(ticket_type=GA, allocation=60, price=2_500)

    changed = projections.counts_after(COUNTS, e.AllocationChanged(types=(terms,), at=AT))

    assert [(kind.allocation, kind.price) for kind in changed.types] == [(60, 2_500), (10, 5_000)]
    assert seats(changed) == seats(COUNTS)


def test_a_status_and_the_selling_out_are_kept() -> None:
    paused = projections.counts_after(COUNTS, e.EventStatusChanged(status=EventStatus.PAUSED, at=AT))
    over = projections.counts_after(paused, e.SoldOut(sold=110, at=AT))

    assert (over.status, over.sold_out_at) == (EventStatus.PAUSED, AT)


@pytest.mark.parametrize(
    "happened",
    [happened for happened in EVENTS if isinstance(happened, e.TicketRedeemed | e.DoubleScanDetected)],
    ids=e.kind_of,
)
def test_the_door_changes_no_seats(happened: AnyDomainEvent) -> None:
    assert projections.counts_after(COUNTS, happened) is COUNTS


@pytest.mark.parametrize("happened", EVENTS, ids=e.kind_of)
def test_the_offices_page_and_the_seats_agree_after_every_domain_event(happened: AnyDomainEvent) -> None:
    page = p.SalesSnapshot(
        status=COUNTS.status,
        currency="USD",
        types=COUNTS.types,
        base=0,
        fee=0,
        total=0,
        refunded=p.Sums(base=0, fee=0, total=0),
        disputed=0,
        entered=0,
        sold_out_at=None,
        sales=(),
        entries=(),
        double_scans=(),
        doubts=(),
        refunds=(),
        disputes=(),
    )

    page = projections.sales_after(page, 1, translate.sales_fact(happened))
    counts = projections.counts_after(COUNTS, happened)

    assert (page.status, page.types, page.sold_out_at) == (counts.status, counts.types, counts.sold_out_at)


def test_anyone_sees_what_can_be_bought_now() -> None:
    state = projections.public_state(COUNTS)

    assert (state.left, state.sold_out) == (49, False)
    assert [(kind.id, kind.left) for kind in state.types] == [(GA, 40), (VIP, 9)]


def test_a_kind_is_sold_out_by_itself_and_comes_back_with_its_seats() -> None:
    last = e.HoldPlaced(order="x", lines=(e.Line(ticket_type=VIP, quantity=9),), at=AT)
    paid = replace(PAID, lines=(e.PaidLine(ticket_type=VIP, quantity=10, base=0, fee=0),))
    given_back = replace(REFUNDED, seats=(e.Line(ticket_type=VIP, quantity=1),))

    held = projections.counts_after(COUNTS, last)
    sold = projections.counts_after(held, paid)
    again = projections.counts_after(sold, given_back)

    vips = [projections.public_state(counts).types[1] for counts in (held, sold, again)]
    assert [(vip.left, vip.sold_out) for vip in vips] == [(0, False), (0, True), (1, False)]
    assert not projections.public_state(sold).sold_out


def test_held_seats_are_not_sold_out() -> None:
    all_held = replace(COUNTS, types=(replace(COUNTS.types[0], held=50), replace(COUNTS.types[1], held=10)))
    all_sold = replace(
        COUNTS, types=tuple(replace(kind, held=0, sold=kind.allocation) for kind in COUNTS.types)
    )

    assert projections.public_state(all_held).left == 0
    assert not projections.public_state(all_held).sold_out
    assert projections.public_state(all_sold).sold_out


def test_the_artists_bar_is_the_sum_of_all_types() -> None:
    state = projections.artist_state(replace(COUNTS, sold_out_at=AT))

    assert (state.allocation, state.sold, state.sold_out_at) == (110, 50, AT)
