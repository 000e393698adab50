"""The sections of the dashboard, as HTML."""

from datetime import UTC, datetime
from html import escape

from ticketing.simulator import ledger
from ticketing.simulator.currencies import shown
from ticketing.simulator.objects.account import Account, Deauthorized
from ticketing.simulator.objects.dispute import Dispute
from ticketing.simulator.objects.event import Event
from ticketing.simulator.objects.payment import Charge
from ticketing.simulator.operations import disputes as dispute_rules
from ticketing.simulator.pages.layout import hidden
from ticketing.simulator.world import World

NEWEST = 25


def heading(title: str, done: str, *, is_account: bool) -> str:
    note = f'<p class="good" role="status">Done: {escape(done)}.</p>' if done else ""
    back = '<p><a class="button" href="/dashboard">To the platform</a></p>' if is_account else ""
    return f"<h1>{escape(title)}</h1>{note}{back}"


def balances(world: World, account: str) -> str:
    found = ledger.balances(world, party=account)
    cards = "".join(
        f'<div class="card"><p class="soft">{escape(currency.upper())} balance</p>'
        f'<p class="total">{escape(shown(available + pending, currency))}</p>'
        f'<p class="soft">{escape(shown(available, currency))} available, '
        f"{escape(shown(pending, currency))} pending</p>"
        "</div>"
        for currency, (available, pending) in found.items()
    )
    return f'<h2>Balance</h2><div class="cards">{cards or "<p>No money has moved yet.</p>"}</div>'


def payments(world: World, account: str) -> str:
    charges = world.store.select(Charge, account=account or None, limit=NEWEST)
    # On the platform's page the connected accounts' ends of transfers would only repeat its own charges.
    rows = [_payment(world, each, account) for each in charges if account or each.source_transfer is None]
    return _table("Payments", ("When", "Payment", "Status", "Amount", "Actions"), rows)


def disputes(world: World, account: str) -> str:
    found = world.store.select(Dispute, account=account or None, limit=NEWEST)
    return _table(
        "Disputes", ("When", "Dispute", "Status", "Amount", "Actions"), [_dispute(each) for each in found]
    )


def accounts(world: World) -> str:
    found = world.store.select(Account, limit=NEWEST)
    return _table(
        "Connected accounts",
        ("Since", "Account", "Status", "Balance", "Actions"),
        [_account(world, each) for each in found],
    )


def events(world: World) -> str:
    found = world.store.select(Event, limit=NEWEST)
    return _table(
        "Events and their deliveries",
        ("When", "Event", "Deliveries", "Actions"),
        [_event(world, each) for each in found],
    )


def _payment(world: World, charge: Charge, account: str) -> list[str]:
    status: str = "refunded" if charge.refunded else charge.status
    if charge.amount_refunded and not charge.refunded:
        status = f"{shown(charge.amount_refunded, charge.currency)} refunded"
    buttons = "" if charge.source_transfer else _payment_buttons(world, charge, account)
    who = escape(str(charge.billing_details.get("email") or ""))
    return [
        _time(charge.created),
        f"<code>{escape(charge.id)}</code><br>{who}",
        escape(status) + (", disputed" if charge.disputed else ""),
        escape(shown(charge.amount, charge.currency)),
        buttons,
    ]


def _payment_buttons(world: World, charge: Charge, account: str) -> str:
    if charge.status != "succeeded":
        return ""
    shown_on, named = hidden("account_shown", account), hidden("id", charge.id)
    dispute = dispute_rules.of_charge(world, charge)
    refund = (
        f'<form class="inline" method="post" action="/dashboard/refund">{shown_on}'
        f'{hidden("charge", charge.id)}<input type="number" name="amount" min="1" '
        f'max="{charge.unrefunded}" placeholder="all" aria-label="Amount in minor units, empty for all">'
        "<button>Refund</button></form>"
    )
    complain = "".join(
        f'<form class="inline" method="post" action="/dashboard/dispute">{shown_on}{named}{hidden("kind", kind)}'
        f"<button>{title}</button></form>"
        for kind, title in (("chargeback", "Dispute"), ("inquiry", "Inquiry"))
    )
    can_refund = charge.unrefunded and (dispute is None or dispute.is_charge_refundable)
    return (refund if can_refund else "") + (complain if dispute is None and charge.unrefunded else "")


def _dispute(dispute: Dispute) -> list[str]:
    ends = [] if dispute.is_closed else ["won", "lost", *(["escalate"] if dispute.is_inquiry else [])]
    buttons = "".join(
        f'<form class="inline" method="post" action="/dashboard/resolve">{hidden("id", dispute.id)}'
        f"{hidden('outcome', end)}<button>{end.capitalize()}</button></form>"
        for end in ends
    )
    return [
        _time(dispute.created),
        f"<code>{escape(dispute.id)}</code><br><code>{escape(dispute.charge)}</code>",
        escape(dispute.status),
        escape(shown(dispute.amount, dispute.currency)),
        buttons,
    ]


def _account(world: World, account: Account) -> list[str]:
    gone = world.store.find(Deauthorized, account.id) is not None
    money = ", ".join(
        shown(available + pending, currency)
        for currency, (available, pending) in ledger.balances(world, party=account.id).items()
    )
    changes = () if gone else ("complete", "restrict", "reject", "payout", "deauthorize")
    buttons = "".join(
        f'<form class="inline" method="post" action="/dashboard/account">{hidden("id", account.id)}'
        f"{hidden('action', change)}<button>{change.capitalize()}</button></form>"
        for change in changes
    )
    return [
        _time(account.created),
        _link(account),
        _standing(account, gone=gone),
        escape(money or "-"),
        buttons,
    ]


def _link(account: Account) -> str:
    name = str((account.business_profile or {}).get("name") or account.email or "")
    return f'<a href="/dashboard?account={account.id}"><code>{account.id}</code></a><br>{escape(name)}'


def _standing(account: Account, *, gone: bool) -> str:
    if gone:
        return '<span class="bad">disconnected</span>'
    if account.charges_enabled and account.payouts_enabled:
        return '<span class="good">enabled</span>'
    return f'<span class="bad">{escape(str(account.requirements["disabled_reason"]))}</span>'


def _event(world: World, event: Event) -> list[str]:
    rows = world.store.run(
        "SELECT state, attempts, answer FROM deliveries WHERE event = ? ORDER BY seq", event.id
    )
    told = "<br>".join(escape(f"{state}, attempt {attempts}: {answer}") for state, attempts, answer in rows)
    again = (
        f'<form class="inline" method="post" action="/dashboard/redeliver">{hidden("id", event.id)}'
        "<button>Send again</button></form>"
    )
    return [
        _time(event.created),
        f"{escape(event.type)}<br><code>{escape(event.id)}</code>",
        told or "not sent: no endpoint wants it",
        again if rows else "",
    ]


def _table(title: str, columns: tuple[str, ...], rows: list[list[str]]) -> str:
    """The roles are spelt out because phones show the rows as blocks, which would take the table's own away."""
    if not rows:
        return f'<h2>{escape(title)}</h2><p class="soft">None yet.</p>'
    head = "".join(f'<th scope="col" role="columnheader"{_align(name)}>{name}</th>' for name in columns)
    body = "".join(f'<tr role="row">{_cells(columns, row)}</tr>' for row in rows)
    return (
        f'<h2>{escape(title)}</h2><div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}">'
        f'<table role="table"><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table></div>'
    )


def _cells(columns: tuple[str, ...], row: list[str]) -> str:
    named = zip(columns, row, strict=True)
    return "".join(f'<td role="cell"{_align(name)}>{cell}</td>' for name, cell in named)


def _align(column: str) -> str:
    return ' class="money"' if column in ("Amount", "Balance") else ""


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %H:%M:%S")
