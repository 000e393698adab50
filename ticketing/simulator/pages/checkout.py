"""The hosted checkout: what is bought, who is paid, and a choice of how the payment goes."""

from html import escape

from aiohttp import web

from ticketing.simulator.currencies import shown
from ticketing.simulator.errors import invalid
from ticketing.simulator.objects.account import Account
from ticketing.simulator.objects.checkout import Plan, Session
from ticketing.simulator.operations import payments
from ticketing.simulator.operations.payments import Declined, Outcome
from ticketing.simulator.pages.layout import fields, guarded, hidden, message, page, see_other
from ticketing.simulator.world import World

CHOICES = {
    Outcome.PAY: ("Pay by test card", "Visa 4242: succeeds at once"),
    Outcome.DECLINE: ("Card is declined", "The fan stays here and may try again"),
    Outcome.INSUFFICIENT_FUNDS: ("Insufficient funds", "Declined for lack of money"),
    Outcome.THREE_D_SECURE: ("3D Secure, passed", "The bank asked the fan to confirm"),
    Outcome.ASYNC_OK: ("Bank debit that arrives later", "Complete but unpaid now, paid after a while"),
    Outcome.ASYNC_FAIL: ("Bank debit that fails later", "Complete but unpaid now, bounces after a while"),
    Outcome.PAY_THEN_DISPUTE: ("Pay, then dispute", "The card's owner complains seconds later"),
    Outcome.LATE: ("Pay too late", "The session expires first, then the payment arrives all the same"),
}


def routes(world: World) -> list[web.RouteDef]:
    async def show(request: web.Request) -> web.StreamResponse:
        return _page_of(world, world.store.get(Session, request.match_info["id"]))

    async def submit(request: web.Request) -> web.StreamResponse:
        form = await fields(request)
        outcome = _outcome(form.get("outcome", ""))
        with world.store.transaction():
            session = world.store.get(Session, request.match_info["id"])
            if _is_over(world, session) and outcome is not Outcome.LATE:
                return _page_of(world, session)
            result = payments.pay(world, session, outcome=outcome, email=form.get("email") or None)
        # The answer does not wait for any webhook: those go out by themselves.
        if isinstance(result, Declined):
            return _form(world, world.store.get(Session, session.id), problem=result.message)
        return see_other(success_url(result))

    return [web.get("/c/pay/{id}", guarded(show)), web.post("/c/pay/{id}", guarded(submit))]


def success_url(session: Session) -> str:
    return session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id)


def _outcome(text: str) -> Outcome:
    if text not in list(Outcome):
        raise invalid(f"There is no such way to pay: {text!r}")
    return Outcome(text)


def _is_over(world: World, session: Session) -> bool:
    return session.status != "open" or session.expires_at <= world.now


def _page_of(world: World, session: Session) -> web.Response:
    if session.status == "complete":
        link = f'<a class="button" href="{escape(success_url(session))}">Go on to the shop</a>'
        return message("This payment is complete", "Nothing more is to be paid here.", more=link)
    if _is_over(world, session):
        return _expired(session)
    return _form(world, session)


def _expired(session: Session) -> web.Response:
    late = (
        f'<form method="post" action="/c/pay/{session.id}">{hidden("outcome", Outcome.LATE)}'
        "<button>Pay all the same (fault: a late payment)</button></form>"
    )
    back = _back(session, "Back to the shop")
    text = "Its time ran out or it was withdrawn. Nothing was charged."
    return message("This checkout has expired", text, status=410, more=late + back)


def _form(world: World, session: Session, *, problem: str = "") -> web.Response:
    plan = world.store.get(Plan, session.id)
    total = shown(session.amount_total, session.currency)
    alert = (
        f'<p class="alert" role="alert">{escape(problem)} Nothing was charged; try again.</p>'
        if problem
        else ""
    )
    body = (
        f'<h1>Checkout</h1>{alert}<section class="card" aria-label="Your order"><p class="soft">Total</p>'
        f'<p class="total">{escape(total)}</p>{_lines(session, plan)}</section>'
        f'<section class="card" aria-label="Who is paid">{_receivers(world, session, plan)}</section>'
        f'<form class="card" method="post" action="/c/pay/{session.id}" data-pay>{_email(session)}'
        f"{_choices(f'Pay {escape(total)} (simulated)')}</form>"
        f"{_back(session, 'Cancel and go back')}"
    )
    return page(f"Pay {total}", body, status=402 if problem else 200)


def _lines(session: Session, plan: Plan) -> str:
    rows = "".join(
        f"<dt>{line.quantity} × {escape(line.description)}</dt>"
        f"<dd>{escape(shown(line.amount_total, line.currency))}</dd>"
        for line in plan.lines
    )
    total = escape(shown(session.amount_total, session.currency))
    return f'<dl>{rows}<dt class="sum">Total</dt><dd class="sum">{total}</dd></dl>'


def _receivers(world: World, session: Session, plan: Plan) -> str:
    fee = plan.application_fee_amount or 0
    account = plan.destination or world.store.owner(session)
    kept = session.amount_total - fee if plan.transfer_amount is None else plan.transfer_amount
    rows = [(_name(world, account), kept if account else session.amount_total)]
    if account and session.amount_total - kept:
        rows.append(("The platform", session.amount_total - kept))
    shown_rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(shown(amount, session.currency))}</dd>" for name, amount in rows
    )
    return f'<p class="soft">Who is paid, before Stripe\'s own fee</p><dl>{shown_rows}</dl>'


def _name(world: World, account: str) -> str:
    found = world.store.find(Account, account)
    if found is None:
        return "The platform"
    return str((found.business_profile or {}).get("name") or found.email or found.id)


def _email(session: Session) -> str:
    value = escape(session.customer_email or "")
    locked = " readonly" if session.customer_email else ""
    return (
        f'<label>Email<input type="email" name="email" value="{value}" autocomplete="email" '
        f'placeholder="fan@example.org"{locked}></label>'
    )


def _choices(pay: str) -> str:
    """The plain way and its button come first; every other way is behind a line that says so."""
    plain, *others = (_choice(outcome) for outcome in CHOICES)
    return (
        f'<fieldset><legend>How does this payment go?</legend>{plain}<button class="main">{pay}</button>'
        f"<details><summary>Let it go another way</summary>{''.join(others)}"
        f'<button class="main">{pay}</button></details></fieldset>'
    )


def _choice(outcome: Outcome) -> str:
    title, text = CHOICES[outcome]
    checked = " checked" if outcome is Outcome.PAY else ""
    return (
        f'<label class="choice"><input type="radio" name="outcome" value="{outcome}"{checked}>'
        f"<span>{escape(title)}<small>{escape(text)}</small></span></label>"
    )


def _back(session: Session, text: str) -> str:
    return f'<a class="back" href="{escape(session.cancel_url)}">{text}</a>' if session.cancel_url else ""
