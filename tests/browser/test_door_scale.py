"""A show of 50,000 tickets on one phone: over the socket, within the storage's limits, kept current by deltas."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.big_show import BigShow, big_show, sell_one
from tests.browser.conftest import BrowserFactory
from tests.product import Product

TICKETS = 50_000
LIMIT_CHARS = 2_500_000
"""Half of what Chromium's localStorage takes: other browsers count two bytes a character."""
_KEPT = "localStorage.getItem('ngn.door.manifest')"
# As a phone that has missed a restore of the log: the server must send the whole list over the socket.
_OF_ANOTHER_LOG = f"""() => {{
    const kept = JSON.parse({_KEPT});
    localStorage.setItem("ngn.door.manifest", JSON.stringify({{ ...kept, epoch: "0".repeat(32) }}));
}}"""


@pytest.fixture(scope="module")
def show(running: Product) -> BigShow:
    return big_show(running, tickets=TICKETS, walkable=8, open_for=timedelta(hours=6))


@pytest.fixture
def page(browser_factory: BrowserFactory, running: Product, show: BigShow) -> Page:
    """A phone of that show, that scans."""
    browser: Browser = browser_factory()
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{running.url}/door/#pair={show.pairing_codes[0]}")
    page.get_by_test_id("pair-name").fill("Door A")
    page.get_by_test_id("pair-submit").click()
    page.get_by_test_id("start-scanning").click()
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", "live", timeout=15_000)
    return page


def test_fifty_thousand_tickets_come_over_the_socket_and_stay_current_by_deltas(
    page: Page, running: Product, show: BigShow
) -> None:
    frames: list[str] = []
    page.on("websocket", lambda socket: _listen(socket, frames))
    page.evaluate(_OF_ANOTHER_LOG)
    page.reload()
    page.get_by_test_id("start-scanning").click()
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", "live", timeout=15_000)

    # The whole list, once, over the socket; kept in half of the room that there is.
    expect(page.get_by_test_id("manifest-count")).to_have_text(str(TICKETS))
    page.wait_for_function(f"() => JSON.parse({_KEPT}).epoch !== '{'0' * 32}'")
    assert len([frame for frame in frames if '"door_snapshot"' in frame]) == 1
    assert page.evaluate(f"{_KEPT}.length") < LIMIT_CHARS

    # A ticket of it is looked up as quickly as one of ten.
    assert _scan(page, show.codes(0, 1)[0]) == "admitted"
    assert _scan(page, show.codes(0, 1)[0]) == "already_in"

    # A sale is a delta, not another download.
    code = sell_one(running, show)
    expect(page.get_by_test_id("manifest-count")).to_have_text(str(TICKETS + 1))
    assert _scan(page, code) == "admitted"
    assert len([frame for frame in frames if '"door_snapshot"' in frame]) == 1
    assert max(len(frame) for frame in frames if '"door_snapshot"' not in frame) < 2_000


def _listen(socket: WebSocket, frames: list[str]) -> None:
    socket.on("framereceived", lambda payload: frames.append(str(payload)))


def _scan(page: Page, code: str) -> str | None:
    """With a hardware scanner; the verdict."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    verdict = page.get_by_test_id("verdict")
    expect(verdict).to_be_visible()
    told = verdict.get_attribute("data-verdict")
    page.keyboard.press("Escape")
    expect(verdict).to_have_count(0)
    return told
