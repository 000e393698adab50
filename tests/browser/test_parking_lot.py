"""Whoever is not on the list: bought in the parking lot, or without a code; with a network, half of one, none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests import chromium
from tests.browser.conftest import BrowserFactory
from tests.browser.door import Phone, Wallet, buy, wallet_of
from tests.browser.wire import State, Wire, wire
from tests.product import Product

pytestmark = pytest.mark.browser


@pytest.fixture
def line(running: Product) -> Iterator[Wire]:
    """The phones' line to the product; the fans have their own."""
    with wire(to=running.place.port) as line:
        yield line


@pytest.fixture
def door(playwright: Playwright, running: Product, line: Wire, tmp_path: Path) -> Iterator[Phone]:
    """A paired phone that scans, and is live."""
    rule = f"MAP 127.0.0.1:{running.place.port} 127.0.0.1:{line.port}"
    arguments = [*chromium.arguments(), f"--host-resolver-rules={rule}"]
    browser = playwright.chromium.launch(executable_path=chromium.program(), args=arguments)
    phone = Phone(browser)
    phone.pairs(running, "Parking lot")
    phone.starts_scanning()
    phone.is_status("live")
    yield phone
    browser.close()


@pytest.fixture
def fan(browser_factory: BrowserFactory) -> Page:
    browser: Browser = browser_factory()
    return browser.new_page(viewport={"width": 390, "height": 844})


@pytest.fixture
def buys(fan: Page, running: Product) -> Callable[[int], Wallet]:
    """`buys(2)`: tickets bought now, on the fan's own phone."""

    def bought(quantity: int) -> Wallet:
        buy(fan, running, quantity=quantity)
        return wallet_of(fan)

    return bought


def certificates_of(fan: Page) -> list[str]:
    texts = fan.locator('script[type="application/json"]').all_text_contents()
    data: dict[str, Any] = next(data for data in map(json.loads, texts) if "chain" in data)
    return [ticket["certificate"] for ticket in data["tickets"]]


def order_id_of(fan: Page) -> str:
    found = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]\b", fan.locator("main").inner_text())
    assert found, "the wallet does not show the Order ID"
    return found[0]


def look_up(door: Phone, order_id: str) -> str:
    """Type an Order ID on the keypad: what was found."""
    page = door.page
    page.get_by_test_id("by-order").click()
    for key in order_id.replace("-", ""):
        page.locator(".keypad.letters").get_by_role("button", name=key, exact=True).click()
    page.get_by_test_id("order-submit").click()
    expect(page.get_by_test_id("finding")).to_be_visible()
    return page.get_by_test_id("finding").inner_text()


def all_sent(door: Phone) -> None:
    door.is_status("live")
    expect(door.page.get_by_test_id("unsent")).to_have_text("0", timeout=30_000)


def test_a_ticket_bought_a_moment_ago_is_on_the_phones_list(
    door: Phone, buys: Callable[[int], Wallet], line: Wire
) -> None:
    expected = door.page.evaluate("JSON.parse(localStorage['ngn.door.manifest']).snapshot.count")
    wallet = buys(1)

    # The phone keeps its list every ten seconds: once this sale is in it, no network is needed.
    door.page.wait_for_function(
        "count => JSON.parse(localStorage['ngn.door.manifest']).snapshot.count > count", arg=expected
    )
    line.becomes(State.CUT)
    door.is_status("offline")

    assert door.scans(wallet.code(0))[:2] == ("admitted", "false")
    line.becomes(State.CARRIES)
    all_sent(door)


def test_a_network_without_sockets_is_network_enough_to_ask(
    door: Phone, buys: Callable[[int], Wallet], line: Wire
) -> None:
    line.becomes(State.WITHOUT_SOCKETS)
    door.is_status("offline")

    wallet = buys(2)

    assert door.scans(wallet.code(0))[:2] == ("admitted", "true")
    assert door.scans(wallet.code(0))[:2] == ("already_in", "true")


def test_without_any_network_a_certificate_puts_the_ticket_on_the_list(
    door: Phone, fan: Page, buys: Callable[[int], Wallet], line: Wire
) -> None:
    line.becomes(State.CUT)
    door.is_status("offline")
    wallet = buys(2)
    certificate = certificates_of(fan)[0]
    inside = door.number("inside")

    assert door.scans(wallet.code(0))[0] == "unlisted"
    verdict, _, words = door.scans(certificate)
    assert (verdict, "Now the ticket" in words) == ("certified", True)
    assert door.number("inside") == inside
    assert door.scans(certificate[:-1] + str((int(certificate[-1]) + 1) % 10))[0] == "not_certified"

    # It survives the phone being switched off; it lets in the one ticket that it names, once.
    door.page.reload()
    door.starts_scanning()
    assert door.scans(wallet.code(1))[0] == "unlisted"
    verdict, confirmed, words = door.scans(wallet.code(0))
    assert (verdict, confirmed, "by certificate" in words) == ("admitted", "false", True)
    assert door.scans(wallet.code(0))[0] == "already_in"
    assert door.number("inside") == inside + 1

    line.becomes(State.CARRIES)
    all_sent(door)
    expect(door.page.get_by_test_id("inside")).to_have_text(str(inside + 1))
    expect(fan.get_by_test_id("ticket-status")).to_have_text("Used", timeout=15_000)


def test_the_wallet_shows_its_certificate_without_a_network(fan: Page, buys: Callable[[int], Wallet]) -> None:
    buys(1)
    fan.context.set_offline(True)

    fan.get_by_test_id("late-sale").click()

    symbol = fan.get_by_test_id("late-sale-code").locator("svg")
    expect(symbol).to_have_attribute("viewBox", "0 0 49 49")
    expect(symbol.locator("path")).to_have_attribute("d", re.compile(r"^M4 4h7"))
    fan.get_by_role("button", name="Now the live code").click()
    expect(fan.get_by_test_id("live-code")).to_be_visible()


def test_people_come_in_by_order_id_and_are_counted_when_the_phone_is_back(
    door: Phone, fan: Page, buys: Callable[[int], Wallet], line: Wire
) -> None:
    wallet = buys(3)
    order_id = order_id_of(fan)
    assert "0 of 3 in so far, says the server" in look_up(door, order_id)
    door.page.get_by_role("button", name="Back").click()
    door.page.get_by_role("button", name="Cancel").click()
    inside = door.number("inside")
    line.becomes(State.CUT)
    door.is_status("offline")

    look_up(door, order_id)
    door.page.get_by_role("button", name="One more").click()
    door.page.get_by_test_id("let-in").click()
    expect(door.page.get_by_test_id("verdict")).to_have_attribute("data-verdict", "by_hand")
    assert door.problems_for_axe() == []
    door.page.keyboard.press("Escape")
    assert door.number("inside") == inside + 2
    assert "2 of 3 let in by hand at this phone" in look_up(door, order_id)
    assert door.problems_for_axe() == []
    door.page.get_by_role("button", name="Back").click()
    door.page.get_by_role("button", name="Cancel").click()
    assert "lets nobody in without its list" in look_up(door, "00000-00001-1")
    door.page.get_by_role("button", name="Back").click()
    door.page.get_by_role("button", name="Cancel").click()

    line.becomes(State.CARRIES)
    all_sent(door)
    expect(door.page.get_by_test_id("inside")).to_have_text(str(inside + 2))
    assert "2 of 3 in so far, says the server" in look_up(door, order_id)
    door.page.get_by_role("button", name="Back").click()
    door.page.get_by_role("button", name="Cancel").click()
    # The third ticket of the order still opens the door by its code.
    assert door.scans(wallet.code(2))[:2] == ("admitted", "true")
