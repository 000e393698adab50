"""What became of an order's tickets: by the vectors, and whatever facts there are, in whatever order they came."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing import outcome
from ticketing.outcome import Admission, TicketFact
from ticketing.scans import Outcome

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "outcome.json").read_text(encoding="utf-8")
)
TICKETS = [TicketFact(id=f"t{n}", number=n) for n in range(1, 5)]
STANDS = (Outcome.REDEMPTION, Outcome.SECOND, Outcome.BEYOND_ORDER)


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[TicketFact], list[Admission]]:
    closings = st.none() | st.integers(0, 40)
    tickets = [replace(t, closed_at=draw(closings)) for t in TICKETS[: draw(st.integers(1, len(TICKETS)))]]
    by_code = st.builds(
        Admission,
        scan_id=st.uuids().map(str),
        at=st.integers(0, 40),
        ticket=st.sampled_from([t.id for t in tickets]),
        undone=st.booleans(),
        after_revocation=st.booleans(),
    )
    by_order = st.builds(
        Admission,
        scan_id=st.uuids().map(str),
        at=st.integers(0, 40),
        ticket=st.none(),
        people=st.integers(1, 4),
        undone=st.booleans(),
        after_revocation=st.booleans(),
    )
    return tickets, draw(st.lists(by_code | by_order, max_size=12, unique_by=lambda a: a.scan_id))


@pytest.mark.parametrize("vector", VECTORS["orders"], ids=lambda v: v["name"])
def test_an_order_is_judged_as_the_vectors_say(vector: dict[str, Any]) -> None:
    tickets = [TicketFact(**told) for told in vector["tickets"]]
    admissions = [Admission(**told) for told in vector["admissions"]]

    for told in (admissions, admissions[::-1]):
        judged = outcome.judge(tickets, told)

        assert judged.entries == vector["entries"]
        assert judged.outcomes == vector["outcomes"]
        assert judged.beyond == vector["beyond"]


@pytest.mark.parametrize("vector", VECTORS["moments"], ids=lambda v: v["name"])
def test_a_moment_is_believed_as_the_vectors_say(vector: dict[str, Any]) -> None:
    told = {name: vector[name] for name in ("scanned_at", "received_at", "step_starts_at")}

    moment = outcome.moment_of(**told)

    assert (moment.at, moment.clock_wrong) == (vector["at"], vector["clock_wrong"])


@given(orders(), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_come_is_nothing(
    order: tuple[list[TicketFact], list[Admission]], dice: Any
) -> None:
    tickets, admissions = order
    shuffled = list(admissions)
    dice.shuffle(shuffled)

    assert outcome.judge(tickets, shuffled) == outcome.judge(tickets[::-1], admissions)


@given(orders())
def test_each_ticket_has_the_earliest_entry_that_stands_and_every_admission_an_outcome(
    order: tuple[list[TicketFact], list[Admission]],
) -> None:
    tickets, admissions = order

    judged = outcome.judge(tickets, admissions)

    assert judged.outcomes.keys() == {a.scan_id for a in admissions}
    for ticket in tickets:
        mine = [a for a in admissions if a.ticket == ticket.id and judged.outcomes[a.scan_id] in STANDS]
        if mine:
            earliest = min(mine, key=lambda a: (a.at, a.scan_id))
            assert judged.entries[ticket.id] == earliest.scan_id
            assert [a for a in mine if judged.outcomes[a.scan_id] is Outcome.REDEMPTION] == [earliest]


@given(orders())
def test_nobody_is_counted_twice_and_nobody_is_lost(
    order: tuple[list[TicketFact], list[Admission]],
) -> None:
    tickets, admissions = order

    judged = outcome.judge(tickets, admissions)

    for admission in admissions:
        counted = list(judged.entries.values()).count(admission.scan_id)
        stands = judged.outcomes[admission.scan_id] in (Outcome.REDEMPTION, Outcome.BEYOND_ORDER)
        assert counted + judged.beyond.get(admission.scan_id, 0) == (admission.people if stands else 0)


@given(orders())
def test_no_ticket_is_entered_after_it_was_closed_nor_by_what_does_not_stand(
    order: tuple[list[TicketFact], list[Admission]],
) -> None:
    tickets, admissions = order
    by_id = {a.scan_id: a for a in admissions}

    entries = outcome.judge(tickets, admissions).entries

    for ticket in tickets:
        if entry := entries.get(ticket.id):
            assert ticket.closed_at is None or by_id[entry].at < ticket.closed_at
            assert not by_id[entry].undone
            assert not by_id[entry].after_revocation


@given(orders(), st.integers(0, 11))
def test_taking_one_back_again_changes_nothing_for_the_others_before_it(
    order: tuple[list[TicketFact], list[Admission]], which: int
) -> None:
    """An undo can only bring tickets to others; it takes none from anybody."""
    tickets, admissions = order
    if which >= len(admissions):
        return
    undone = [replace(a, undone=True) if i == which else a for i, a in enumerate(admissions)]

    before, after = outcome.judge(tickets, admissions), outcome.judge(tickets, undone)

    for admission in admissions[:which] + admissions[which + 1 :]:
        was, now = (list(j.entries.values()).count(admission.scan_id) for j in (before, after))
        if admission.ticket is not None:
            assert now >= was
