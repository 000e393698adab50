"""What became of an order's tickets at the door. Pure: the *set* of all facts in, one outcome out, in whatever order
the phones told them.

An admission stands if it was not taken back, nor made after its phone had been shut out. Of the admissions that stand,
a ticket's earliest is its entry; every further one was one too many. Who came in by an Order ID claims tickets of the
order that nobody showed, in the order of the moments; what is beyond them was too many as well. A ticket that was
refunded by then lets nobody in; who was in before stays in. `tests/vectors/outcome.json` holds the same in examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ticketing import live_code
from ticketing.scans import Outcome

PLAUSIBLE_MS = 180_000
"""How far a phone's own time may be from the time that the code itself proves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When somebody came in, UTC milliseconds, as far as that can be believed."""

    at: int
    clock_wrong: bool


def moment_of(*, scanned_at: int, received_at: int, step_starts_at: int | None) -> Moment:
    """When a scan was made, by three witnesses: the phone's clock (`scanned_at`, already corrected), the moment at
    which the server heard of it, and the code, which was shown for 15 seconds only.

    `step_starts_at` is None for an Order ID, which proves no time. All in UTC milliseconds.
    """
    if step_starts_at is None:
        clock_wrong = scanned_at > received_at + PLAUSIBLE_MS
        return Moment(at=min(scanned_at, received_at), clock_wrong=clock_wrong)
    shown_at = step_starts_at + live_code.STEP_S * 500
    clock_wrong = abs(scanned_at - shown_at) > PLAUSIBLE_MS
    return Moment(at=min(shown_at if clock_wrong else scanned_at, received_at), clock_wrong=clock_wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFact:
    """A ticket of the order: its `number` in it, and when a refund or a dispute closed it, if one did."""

    id: str
    number: int
    closed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A scan by which a phone let people in. `ticket` is None when they came in by their Order ID: then there may be
    several (`people`)."""

    scan_id: str
    at: int
    ticket: str | None
    people: int = 1
    undone: bool = False
    after_revocation: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """`entries` names the scan by which each ticket that is in came in; `outcomes` says what each admission is, and
    `beyond` how many people of an admission by Order ID no ticket was left for."""

    entries: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    beyond: Mapping[str, int] = field(default_factory=dict)


def judge(tickets: Iterable[TicketFact], admissions: Iterable[Admission]) -> Judged:
    """The outcome of one order. Every admission's ticket must be among the tickets."""
    by_id = {ticket.id: ticket for ticket in tickets}
    entries: dict[str, str] = {}
    outcomes: dict[str, Outcome] = {}
    beyond: dict[str, int] = {}
    manual: list[Admission] = []
    for admission in sorted(admissions, key=lambda a: (a.at, a.scan_id)):
        if (fallen := _fallen(admission)) is not None:
            outcomes[admission.scan_id] = fallen
        elif admission.ticket is None:
            manual.append(admission)
        else:
            outcomes[admission.scan_id] = _by_code(admission, by_id[admission.ticket], entries)
    in_order = sorted(by_id.values(), key=lambda ticket: ticket.number)
    for admission in manual:
        claimed = _claim(admission, in_order, entries)
        missing = admission.people - claimed
        outcomes[admission.scan_id] = Outcome.BEYOND_ORDER if missing else Outcome.REDEMPTION
        if missing:
            beyond[admission.scan_id] = missing
    return Judged(entries, outcomes, beyond)


def _fallen(admission: Admission) -> Outcome | None:
    """Why an admission does not stand."""
    if admission.undone:
        return Outcome.UNDONE
    return Outcome.AFTER_REVOCATION if admission.after_revocation else None


def _by_code(admission: Admission, ticket: TicketFact, entries: dict[str, str]) -> Outcome:
    if not _was_open(ticket, admission.at):
        return Outcome.TICKET_CLOSED
    if ticket.id in entries:
        return Outcome.SECOND
    entries[ticket.id] = admission.scan_id
    return Outcome.REDEMPTION


def _claim(admission: Admission, tickets: Sequence[TicketFact], entries: dict[str, str]) -> int:
    """Take so many tickets that nobody showed; how many there were."""
    free = [t for t in tickets if t.id not in entries and _was_open(t, admission.at)]
    mine = free[: admission.people]
    entries.update((ticket.id, admission.scan_id) for ticket in mine)
    return len(mine)


def _was_open(ticket: TicketFact, at: int) -> bool:
    return ticket.closed_at is None or at < ticket.closed_at
