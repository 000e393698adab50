"""May this ticket enter, and if not, why? Pure: what is known of a code, in; one verdict, out.

The order of judgement is the design's: form, chain, void or refunded, used, window. A ticket that is already in is
"already in" even for an old code, since that is what staff must act on. `tests/vectors/admission.json` holds the same
rule for the door phone's own judgement (`bouncer_client/src/core/admission.ts`).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ticketing import live_code


class TicketStatus(StrEnum):
    """A ticket's life: `active` until scanned; `refunded` and `void` never enter."""

    ACTIVE = "active"
    REDEEMED = "redeemed"
    REFUNDED = "refunded"
    VOID = "void"


class RefusalReason(StrEnum):
    """Why a code does not open the door."""

    NOT_A_TICKET = "not_a_ticket"
    UNKNOWN = "unknown"
    REFUNDED = "refunded"
    VOID = "void"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A ticket's first entry: `at` in UTC milliseconds, and the door (the device's name) that let it in.

    `scan_id` is the scan that it was made by, where that is known: a phone knows its own entry by it.
    """

    at: int
    door: str
    scan_id: str | None = None


class Admitted(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="t", tag="admitted"
):
    """GREEN. Welcome."""

    ticket_type: str
    entry: Entry


class AlreadyIn(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="t", tag="already_in"
):
    """RED. Let in before, at this time and door."""

    ticket_type: str
    entry: Entry


class Stale(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="t", tag="stale"
):
    """AMBER. A genuine ticket's code, but `age_s` seconds old (negative: from a clock ahead of ours).

    0 means that the door window has only just begun: the first `live_code.GUARD` steps never admit.
    """

    age_s: int


class Refused(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="t", tag="refused"
):
    """RED. Not a ticket for this door."""

    reason: RefusalReason


class ByOrder(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="t", tag="by_order"
):
    """People were let in by an Order ID: `counted` of them have a ticket of that order; `known` is whether there is
    such an order."""

    known: bool
    counted: int


Verdict = Admitted | AlreadyIn | Stale | Refused | ByOrder


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the ticket that a code walks to."""

    ticket_type: str
    status: TicketStatus
    entry: Entry | None


def decide(
    *, code: live_code.LiveCode | None, standing: Standing | None, now_step: int, here: Entry
) -> Verdict:
    """Judge one scan. `here` is the entry that an admission would make; `now_step` the step in force at the scan."""
    if code is None:
        return Refused(reason=RefusalReason.NOT_A_TICKET)
    if standing is None:
        return Refused(reason=RefusalReason.UNKNOWN)
    if standing.status is TicketStatus.REFUNDED:
        return Refused(reason=RefusalReason.REFUNDED)
    if standing.status is TicketStatus.VOID:
        return Refused(reason=RefusalReason.VOID)
    if standing.entry is not None:
        return AlreadyIn(ticket_type=standing.ticket_type, entry=standing.entry)
    age_s = live_code.age_of(code=code, now_step=now_step)
    if age_s or code.step <= live_code.GUARD:
        return Stale(age_s=age_s)
    return Admitted(ticket_type=standing.ticket_type, entry=here)
