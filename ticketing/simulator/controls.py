"""/_sim/: what a test (or a curious developer) may do to the simulated world. JSON in, JSON out."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar

import msgspec
from aiohttp import web

from ticketing.simulator import events, jobs, ledger
from ticketing.simulator.courier import Courier
from ticketing.simulator.errors import ApiError, invalid
from ticketing.simulator.objects.account import Account
from ticketing.simulator.objects.balance import Payout
from ticketing.simulator.objects.checkout import Session
from ticketing.simulator.objects.dispute import Dispute
from ticketing.simulator.objects.event import Event
from ticketing.simulator.objects.payment import Charge
from ticketing.simulator.objects.refund import Refund
from ticketing.simulator.operations import accounts, disputes, payments, payouts, refunds
from ticketing.simulator.operations.payments import Declined, Outcome
from ticketing.simulator.switches import Switches
from ticketing.simulator.world import World


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every control's JSON body."""


class Advance(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    advance_s: float


class Pay(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    outcome: Outcome = Outcome.PAY
    email: str | None = None


class OpenDispute(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["chargeback", "inquiry"] = "chargeback"
    amount: int | None = None
    reason: str = "fraudulent"


class Resolve(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    outcome: Literal["won", "lost", "escalate"]


class ChangeAccount(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    action: Literal["complete", "restrict", "reject", "deauthorize", "payout"]


class DashboardRefund(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A refund made in the dashboard; both flags on, as its checkboxes usually are."""

    charge: str
    amount: int | None = None
    reverse_transfer: bool = True
    refund_application_fee: bool = True


class ResolveRefund(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    outcome: Literal["succeeded", "failed"]


class Deliver(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    events: list[str] = []


B = TypeVar("B", bound=Body)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(world: World, courier: Courier) -> list[web.RouteDef]:
    def control(path: str, model: type[B], verb: Callable[[World, str, B], Any]) -> web.RouteDef:
        return web.post(path, _changing(world, model, verb))

    return [
        web.get("/_sim/state", _reading(lambda: state(world))),
        web.get("/_sim/switches", _reading(lambda: world.switches)),
        web.post("/_sim/switches", _flipping(world)),
        web.post("/_sim/clock", _advancing(world)),
        web.post("/_sim/deliver", _delivering(courier)),
        control("/_sim/sessions/{id}/pay", Pay, pay),
        control("/_sim/charges/{id}/dispute", OpenDispute, open_dispute),
        control("/_sim/disputes/{id}/resolve", Resolve, resolve_dispute),
        control("/_sim/accounts/{id}", ChangeAccount, change_account),
        control("/_sim/payouts/{id}/fail", Body, fail_payout),
        control("/_sim/refund", DashboardRefund, dashboard_refund),
        control("/_sim/refunds/{id}", ResolveRefund, resolve_refund),
        control("/_sim/redeliver/{id}", Body, redeliver),
        web.route("*", "/_sim/{rest:.*}", _unknown),
    ]


def state(world: World) -> dict[str, Any]:
    counts: dict[str, int] = dict(
        world.store.run("SELECT kind, COUNT(*) FROM objects GROUP BY kind ORDER BY kind")
    )
    deliveries: dict[str, int] = dict(
        world.store.run("SELECT state, COUNT(*) FROM deliveries GROUP BY state")
    )
    jobs_left = world.store.run("SELECT COUNT(*) FROM jobs")[0][0]
    return {
        "simulated": True,
        "now": world.now,
        "clock_offset_s": world.clock.offset,
        "objects": counts,
        "deliveries": deliveries,
        "jobs": jobs_left,
        "balances": ledger.totals(world),
        "ledger_sum": world.store.run("SELECT COALESCE(SUM(net), 0) FROM ledger")[0][0],
    }


def pay(world: World, identity: str, body: Pay) -> Any:
    session = world.store.get(Session, identity)
    result = payments.pay(world, session, outcome=body.outcome, email=body.email)
    if isinstance(result, Declined):
        return {"declined": result.message, "session": world.store.get(Session, identity)}
    return {"declined": None, "session": result}


def open_dispute(world: World, identity: str, body: OpenDispute) -> Dispute:
    charge = world.store.get(Charge, identity)
    return disputes.open_dispute(
        world, charge, inquiry=body.kind == "inquiry", amount=body.amount, reason=body.reason
    )


def resolve_dispute(world: World, identity: str, body: Resolve) -> Dispute:
    dispute = world.store.get(Dispute, identity)
    if body.outcome == "escalate":
        return disputes.escalate(world, dispute)
    return disputes.resolve(world, dispute, won=body.outcome == "won")


def change_account(world: World, identity: str, body: ChangeAccount) -> Any:
    account = world.store.get(Account, identity)
    if body.action == "payout":
        return {"payouts": payouts.pay_out(world, account)}
    if body.action == "deauthorize":
        accounts.deauthorize(world, account)
        return {"deauthorized": account.id}
    return accounts.settle(world, account, body.action)


def fail_payout(world: World, identity: str, _: Body) -> Payout:
    return payouts.fail(world, world.store.get(Payout, identity))


def dashboard_refund(world: World, _: str, body: DashboardRefund) -> Refund:
    charge = world.store.get(Charge, body.charge)
    wish = refunds.Wish(
        amount=body.amount,
        reverse_transfer=body.reverse_transfer and charge.transfer is not None,
        refund_application_fee=body.refund_application_fee and charge.application_fee is not None,
        reason="requested_by_customer",
    )
    return refunds.create(world, charge, wish)


def resolve_refund(world: World, identity: str, body: ResolveRefund) -> Refund:
    return refunds.resolve(world, world.store.get(Refund, identity), succeeded=body.outcome == "succeeded")


def redeliver(world: World, identity: str, _: Body) -> dict[str, str]:
    event = world.store.get(Event, identity)
    endpoint = "connect" if isinstance(event.account, str) else "platform"
    if world.settings.endpoint(endpoint) is None:
        raise invalid(f"No {endpoint} webhook endpoint is configured.")
    events.schedule(world, event.id, endpoint=endpoint)
    return {"queued": event.id}


async def _unknown(request: web.Request) -> web.StreamResponse:
    return _refused(ApiError(f"There is no control {request.method} {request.path}.", status=404))


def _reading(read: Callable[[], Any]) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        return _json(read())

    return handle


def _changing(world: World, model: type[B], verb: Callable[[World, str, B], Any]) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = await _body(request, model)
            with world.store.transaction():
                return _json(verb(world, request.match_info.get("id", ""), body))
        except ApiError as error:
            return _refused(error)

    return handle


def _flipping(world: World) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        """Only the switches that are named change."""
        try:
            given = await _body(request, dict[str, Any])
            wanted = msgspec.to_builtins(world.switches) | given
            world.flip(msgspec.convert(wanted, type=Switches))
        except msgspec.ValidationError as problem:
            return _refused(invalid(str(problem)))
        except ApiError as error:
            return _refused(error)
        return _json(world.switches)

    return handle


def _advancing(world: World) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = await _body(request, Advance)
            if not 0 <= body.advance_s <= 366 * 24 * 3600:
                raise invalid("advance_s must lie between 0 and a year: time only goes forward.")
        except ApiError as error:
            return _refused(error)
        world.advance(body.advance_s)
        return _json({"now": world.now, "jobs_done": jobs.run_due(world)})

    return handle


def _delivering(courier: Courier) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = await _body(request, Deliver)
        except ApiError as error:
            return _refused(error)
        done = await courier.deliver_now(body.events)
        return _json({"attempts": [{"event": event, "answer": answer} for event, answer in done]})

    return handle


T = TypeVar("T")


async def _body(request: web.Request, model: type[T]) -> T:
    """A form on some web page can not send this content type, so no page can push these buttons unasked."""
    if request.content_type != "application/json":
        raise ApiError("Send application/json.", status=415)
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=model)
    except msgspec.DecodeError as problem:
        raise invalid(str(problem)) from None


def _json(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def _refused(error: ApiError) -> web.Response:
    body = msgspec.json.encode({"error": {"message": error.message}})
    return web.Response(body=body, status=error.status, content_type="application/json")
