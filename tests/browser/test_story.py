"""The whole story in real Chromium: bought, seen at the office, shown by the wallet, let in once, red at the next door.

Nothing in it is mocked: real processes, the simulator's hosted page, signed webhooks, websockets through Daphne. The
camera is Chromium's own capture device, fed with a video of the fan's wallet.
"""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import BrowserFactory
from tests.product import Product

pytestmark = pytest.mark.browser
_FRAMES = 45
_BLANK_JPEG_VIEW = {"width": 1280, "height": 720}
_numbers = count(1)


class Fan:
    """Somebody who buys, and then holds up a phone."""

    def __init__(self, browser: Browser, product: Product) -> None:
        self.page = browser.new_page(viewport={"width": 390, "height": 844})
        self.product = product

    def buys(self, quantity: int = 1) -> None:
        """From the event page over the simulator's page to the wallet."""
        page = self.page
        page.goto(self.product.demo["event"]["url"])
        page.get_by_role("spinbutton").first.fill(str(quantity))
        page.get_by_label("Email").fill(f"story{next(_numbers)}@example.org")
        page.get_by_test_id("buy").click()
        expect(page.locator("body")).to_contain_text("SIMULATED")
        page.get_by_role("button", name=re.compile(r"^Pay \$")).click()
        expect(page.get_by_test_id("live-code")).to_be_visible(timeout=15_000)

    def films_the_wallet(self, video: Path) -> None:
        """A video of the wallet as another phone's camera sees it: real frames, one after another, code and motion."""
        self.page.set_viewport_size({"width": 1280, "height": 720})
        self.page.get_by_test_id("live-code").scroll_into_view_if_needed()
        frames = b"".join(self.page.screenshot(type="jpeg", quality=85) for _ in range(_FRAMES))
        # A camera reads its file when it is opened: the new video must be there whole, in one step.
        fresh = video.with_suffix(".new")
        fresh.write_bytes(frames)
        fresh.rename(video)


class DoorPhone:
    """A paired phone at a door, in a browser of its own with a camera of its own."""

    def __init__(self, browser: Browser, name: str) -> None:
        self.context: BrowserContext = browser.new_context(viewport={"width": 390, "height": 844})
        self.page = self.context.new_page()
        self.name = name

    def pairs(self, link: str) -> None:
        self.page.goto(link)
        self.page.get_by_test_id("pair-name").fill(self.name)
        self.page.get_by_test_id("pair-submit").click()
        expect(self.page.get_by_test_id("start-scanning")).to_be_visible()

    def starts_scanning(self) -> None:
        self.page.get_by_test_id("start-scanning").click()
        expect(self.page.get_by_test_id("status")).to_have_attribute("data-status", "live", timeout=10_000)


@pytest.fixture
def owner(browser_factory: BrowserFactory, running: Product) -> Page:
    """The owner's sales page, open and live."""
    page = browser_factory().new_context(viewport={"width": 1280, "height": 900}).new_page()
    who = running.demo["owner"]
    page.goto(who["url"])
    page.get_by_role("link", name="Use a password").click()
    page.get_by_label("Email").fill(who["email"])
    page.get_by_label("Password").fill(who["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-status", "live", timeout=10_000)
    return page


def a_camera(folder: Path, name: str, browser: Browser) -> Path:
    """A camera that films a white wall: the file has to be there before the browser starts."""
    page = browser.new_page(viewport=_BLANK_JPEG_VIEW)  # type: ignore[arg-type]  # a TypedDict of the same shape
    video = folder / f"{name}.mjpeg"
    video.write_bytes(page.screenshot(type="jpeg"))
    page.close()
    return video


def a_pairing_link(owner: Page) -> str:
    """What the owner shows to a phone, made on a page of its own so that the sales page stays open."""
    page = owner.context.new_page()
    page.goto(owner.url)
    page.get_by_role("link", name="Pair a door phone").click()
    page.get_by_test_id("pair").click()
    link = page.get_by_test_id("pair-link").get_attribute("href")
    page.close()
    assert link
    return link


def number_in(page: Page, test_id: str) -> int:
    return int(page.get_by_test_id(test_id).inner_text().replace(",", ""))


def test_a_fan_buys_the_owner_hears_the_door_opens_once(
    browser_factory: BrowserFactory, running: Product, owner: Page, tmp_path: Path
) -> None:
    # The owner's page is open, and will not be loaded again.
    owner.evaluate("window.neverReloaded = true")
    sold, entered = number_in(owner, "sold"), number_in(owner, "entered")
    sales = owner.get_by_test_id("feed").locator("li").count()

    # A fan buys; the office sees it.
    fan_browser = browser_factory()
    fan = Fan(fan_browser, running)
    fan.buys()
    expect(owner.get_by_test_id("feed").locator("li")).to_have_count(sales + 1)
    expect(owner.get_by_test_id("feed").locator("li").first).to_contain_text("$20.00")
    assert number_in(owner, "sold") == sold + 1

    # Two phones are paired at the door, and the first films the fan's wallet.
    cameras = [a_camera(tmp_path, name, fan_browser) for name in ("a", "b")]
    door_a = DoorPhone(browser_factory(cameras[0]), "Door A")
    door_b = DoorPhone(browser_factory(cameras[1]), "Door B")
    for phone in (door_a, door_b):
        phone.pairs(a_pairing_link(owner))
    fan.films_the_wallet(cameras[0])
    door_a.starts_scanning()
    verdict = door_a.page.get_by_test_id("verdict")
    expect(verdict).to_have_attribute("data-verdict", "admitted", timeout=15_000)
    expect(verdict).to_have_attribute("data-confirmed", "true")

    # The office counts one more, and the fan's own phone knows.
    expect(owner.get_by_test_id("entered")).to_have_text(str(entered + 1))
    expect(fan.page.get_by_test_id("ticket-status")).to_have_text("Used", timeout=15_000)

    # The same picture at the other phone: red, with the time and the door of the first entry.
    cameras[0].replace(cameras[1])
    door_b.starts_scanning()
    verdict = door_b.page.get_by_test_id("verdict")
    expect(verdict).to_have_attribute("data-verdict", "already_in", timeout=15_000)
    expect(door_b.page.get_by_test_id("verdict-detail")).to_contain_text(re.compile(r"\d{2}:\d{2}:\d{2}"))
    expect(door_b.page.get_by_test_id("verdict-detail")).to_contain_text("Door A")

    assert number_in(owner, "entered") == entered + 1
    assert owner.evaluate("window.neverReloaded") is True
