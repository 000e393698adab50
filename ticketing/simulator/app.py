"""All the wiring, on one page."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import aiohttp
from aiohttp import web

from ticketing.simulator import controls, http_api, jobs
from ticketing.simulator.courier import Courier
from ticketing.simulator.pages import checkout, dashboard, setup
from ticketing.simulator.pages.layout import message
from ticketing.simulator.settings import Settings
from ticketing.simulator.store import Store
from ticketing.simulator.world import World

MAX_BODY = 1_000_000


def build(settings: Settings, *, data: str, base_url: Callable[[], str]) -> web.Application:
    """The application; `base_url` is asked when links are made, since the port is known only after binding."""
    world = World(settings=settings, store=Store(data), base_url=base_url)
    world.restore()
    application = web.Application(client_max_size=MAX_BODY)

    courier = Courier(world)
    application.add_routes(
        [
            web.get("/healthz", _health),
            *http_api.routes(world),
            *controls.routes(world, courier),
            *checkout.routes(world),
            *setup.routes(world),
            *dashboard.routes(world),
            web.route("*", "/{rest:.*}", _no_such_page),
        ]
    )
    application.cleanup_ctx.append(_background(world, courier))
    return application


async def _no_such_page(_: web.Request) -> web.Response:
    return message("Not found", "There is no such page in this simulator.", status=404)


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"ok": True, "simulated": True})


def _background(world: World, courier: Courier) -> Callable[[web.Application], AsyncIterator[None]]:
    async def run(_: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            courier.http = http
            tasks = [
                asyncio.create_task(courier.keep_running()),
                asyncio.create_task(jobs.keep_running(world)),
            ]
            yield
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)
            await courier.stop()
        world.store.close()

    return run
