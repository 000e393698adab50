"""What came up at a door, in words for a venue's office. Pure."""

from __future__ import annotations

from dashboards.money_words import Said
from ticketing.review import ToReview, Why

_WORDS = {
    Why.SECOND: Said(text="Let in twice", tone="bad", advice="Two phones let the same ticket in."),
    Why.TICKET_CLOSED: Said(
        text="In without a ticket", tone="bad", advice="The ticket had been refunded or closed by then."
    ),
    Why.AFTER_REVOCATION: Said(
        text="By a removed phone",
        tone="bad",
        advice="The phone had been removed by then; it counts for nothing.",
    ),
    Why.BEYOND_ORDER: Said(
        text="More than the order had",
        tone="bad",
        advice="More people came in by this order than it has tickets.",
    ),
    Why.ORDER_UNKNOWN: Said(
        text="Unknown order",
        tone="bad",
        advice="Somebody was let in by an Order ID that is none of this show's.",
    ),
    Why.CODE_UNKNOWN: Said(
        text="Unknown code",
        tone="bad",
        advice="A phone let somebody in by a code that is no ticket of this show.",
    ),
    Why.UNKNOWN: Said(
        text="Nobody knows",
        tone="warn",
        advice="The phone was closed in mid-scan: ask who stood at that door.",
    ),
    Why.BEFORE_REFUND: Said(
        text="In before the refund",
        tone="warn",
        advice="The fan came in, and the ticket was refunded after that.",
    ),
    Why.BY_ORDER: Said(
        text="By Order ID", tone="", advice="Let in without a code; the order has the tickets for it."
    ),
    Why.CLOCK_WRONG: Said(
        text="Wrong clock", tone="warn", advice="The phone's clock was wrong: the time is the code's own."
    ),
}


def said(line: ToReview) -> Said:
    """Why to look at it."""
    return _WORDS[line.why]
