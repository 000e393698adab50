"""One request to /v1: who asks, is it a repetition, is it well formed, do it, answer; all in one transaction."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from urllib.parse import urlencode

import msgspec
from aiohttp import BasicAuth, web

from ticketing.simulator import events, idempotency
from ticketing.simulator.api.endpoint import Call, Endpoint
from ticketing.simulator.api.expand import expand
from ticketing.simulator.api.table import ENDPOINTS
from ticketing.simulator.errors import ApiError, invalid, no_key, wrong_key
from ticketing.simulator.events import Cause
from ticketing.simulator.ids import new
from ticketing.simulator.objects.account import Account
from ticketing.simulator.operations import accounts
from ticketing.simulator.params import Params, parse
from ticketing.simulator.settings import API_VERSION
from ticketing.simulator.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = logging.getLogger(__name__)


def routes(world: World) -> list[web.RouteDef]:
    known = [
        web.route(
            each.method,
            each.path,
            _handler(world, each),
            **({"allow_head": False} if each.method == "GET" else {}),
        )
        for each in ENDPOINTS
    ]
    return [*known, web.route("*", "/v1/{rest:.*}", _unknown), web.route("*", "/v2/{rest:.*}", _unknown)]


def _handler(world: World, endpoint: Endpoint) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(world.switches.api_delay_ms / 1000)
        request_id = new("req")
        try:
            raw = await _form(request) if request.method == "POST" else request.query_string
            _refuse_if_told(world, request)
            response = _answer(world, endpoint, request, raw, request_id)
        except ApiError as error:
            response = _response(
                msgspec.json.encode(error.body(request_id=request_id)), request_id, status=error.status
            )
        except Exception:
            log.exception("%s %s", request.method, request.path)
            response = _response(_OUR_FAULT, request_id, status=500)
        _lose_if_told(world, request)
        return response

    return handle


async def _form(request: web.Request) -> str:
    try:
        return (await request.read()).decode()
    except UnicodeDecodeError:
        raise invalid("The request body is not UTF-8.") from None
    except web.HTTPRequestEntityTooLarge:
        raise ApiError("The request body is too large.", status=413) from None


def _answer(
    world: World, endpoint: Endpoint, request: web.Request, raw: str, request_id: str
) -> web.Response:
    _authenticate(world, request)
    _check_version(request)
    writes = request.method == "POST"
    with world.store.transaction() if writes else nullcontext():
        account = _acting_account(world, request)
        call = Call(world=world, account=account, path=dict(request.match_info))
        key = request.headers.get("Idempotency-Key", "") if writes else ""
        if not key:
            return _response(_run(endpoint, call, raw, Cause(request_id=request_id)), request_id)
        print_ = idempotency.fingerprint(method=request.method, path=request.path, body=raw.encode())
        replay = idempotency.earlier(world.store, account=call.owner, key=key, print_=print_, now=world.now)
        if replay:
            repeated = {
                "Idempotent-Replayed": "true",
                "Original-Request": replay.request_id,
                "Idempotency-Key": key,
            }
            return _response(replay.body, request_id, headers=repeated)
        body = _run(endpoint, call, raw, Cause(request_id=request_id, idempotency_key=key))
        idempotency.remember(
            world.store,
            account=call.owner,
            key=key,
            print_=print_,
            body=body,
            request_id=request_id,
            now=world.now,
        )
        return _response(body, request_id, headers={"Idempotency-Key": key, "Original-Request": request_id})


def _run(endpoint: Endpoint, call: Call, raw: str, cause: Cause) -> bytes:
    params: Params = parse(raw, model=endpoint.params, unsimulated=endpoint.unsimulated)
    token = events.cause.set(cause)
    try:
        result = endpoint.run(call, params)
    finally:
        events.cause.reset(token)
    if not params.expand:
        return msgspec.json.encode(result)
    shown = msgspec.to_builtins(result)
    expand(call.world, shown, params.expand)
    return msgspec.json.encode(shown)


def _authenticate(world: World, request: web.Request) -> None:
    header = request.headers.get("Authorization", "")
    scheme, _, given = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = BasicAuth.decode(header).login
        except ValueError:
            given = ""
    if not given:
        raise no_key()
    if given.strip() != world.settings.api_key:
        raise wrong_key(given.strip())


def _check_version(request: web.Request) -> None:
    version = request.headers.get("Stripe-Version")
    if version != API_VERSION:
        raise invalid(
            f"Simulator: send Stripe-Version: {API_VERSION} (the SDK does); given: {version}. "
            "Only that version's shapes are simulated."
        )


def _acting_account(world: World, request: web.Request) -> Account | None:
    name = request.headers.get("Stripe-Account")
    return accounts.accessible(world, name) if name else None


def _refuse_if_told(world: World, request: web.Request) -> None:
    left = world.switches.refuse_requests
    if left and request.method == "POST":
        world.flip(msgspec.structs.replace(world.switches, refuse_requests=left - 1))
        raise ApiError(
            "Simulator: this request was refused by the switch refuse_requests.", status=503, kind="api_error"
        )


def _lose_if_told(world: World, request: web.Request) -> None:
    """The work is done, but the caller never hears of it: the connection breaks."""
    left = world.switches.lose_answers
    if left and request.method == "POST" and request.transport:
        world.flip(msgspec.structs.replace(world.switches, lose_answers=left - 1))
        request.transport.abort()


async def _unknown(request: web.Request) -> web.StreamResponse:
    query = f"?{urlencode(list(request.query.items()))}" if request.query else ""
    error = ApiError(
        f"Unrecognized request URL ({request.method}: {request.path}{query}), or one that this simulator does not "
        "simulate.",
        status=404,
    )
    request_id = new("req")
    return _response(msgspec.json.encode(error.body(request_id=request_id)), request_id, status=404)


def _response(
    body: bytes, request_id: str, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        body=body,
        status=status,
        content_type="application/json",
        headers={
            "Request-Id": request_id,
            "Stripe-Version": API_VERSION,
            "X-Simulated": "true",
            **(headers or {}),
        },
    )


_OUR_FAULT = msgspec.json.encode(
    {"error": {"type": "api_error", "message": "Simulator: a bug of its own; its log has the traceback."}}
)
