"""Every screen of Bouncer Mode, by night and by day, on a large phone and on a small one: axe finds nothing, nothing
is cut, nothing is too small for a glove.

NGN_SCREENS=folder also leaves a picture of each there, as people see it and as the colour-blind do.
"""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from config.bootstrap import node_program
from config.place import ROOT
from tests.browser.conftest import BrowserFactory
from tests.browser.door import Phone, Wallet, buy, frozen, wallet_of
from tests.product import Product

THEMES = ("dark", "light")
SIZES = ((390, 844), (320, 568))
SIGHTS = ("none", "protanopia", "deuteranopia", "achromatopsia")
GLOVE_PX = 64
# What can be pressed and is seen, but is lower than a glove needs.
_TOO_LOW = """() => {
    const top = document.querySelector('dialog[open]') ?? document.getElementById('shown')
        ?? document.querySelector('[data-testid=verdict]') ?? document;
    return [...top.querySelectorAll('button')]
        .map((button) => [
            button.innerText || button.ariaLabel,
            button.getBoundingClientRect().height,
            parseFloat(getComputedStyle(button, '::after').minHeight) || 0, // some take more than they show
        ])
        .filter(([, shown, taken]) => shown > 0 && Math.round(Math.max(shown, taken)) < %d)
        .map(([name, shown]) => `${name}: ${shown}`);
}"""
_CUT = """() => {
    const top = document.querySelector('dialog[open]') ?? document.getElementById('shown');
    const verdict = document.querySelector('#shown.verdict');
    const isWide = document.documentElement.scrollWidth > innerWidth
        || (verdict !== null && verdict.scrollHeight > verdict.clientHeight);
    const isCut = top !== null && [...top.querySelectorAll('p, h2, button')].some((part) =>
        part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).display !== 'inline'
        && !part.classList.contains('visually-hidden'));
    return isWide || isCut;
}"""


@pytest.fixture
def browser(browser_factory: BrowserFactory, tmp_path: Path) -> Browser:
    page = browser_factory().new_page(viewport={"width": 1280, "height": 720})
    video = tmp_path / "wall.mjpeg"
    video.write_bytes(page.screenshot(type="jpeg"))
    return browser_factory(video)


@pytest.fixture
def wallet(browser: Browser, running: Product) -> Iterator[Wallet]:
    page = browser.new_page()
    buy(page, running, quantity=2)
    yield wallet_of(page)
    page.close()


class Eyes:
    """Looks at whatever the phone shows, in both themes and sizes; keeps what is wrong with it."""

    def __init__(self, phone: Phone) -> None:
        self.wrong: list[str] = []
        self._phone = phone
        self._devtools: CDPSession = phone.context.new_cdp_session(phone.page)
        self._folder = os.environ.get("NGN_SCREENS", "")

    def look(self, name: str) -> None:
        page = self._phone.page
        for theme in THEMES:
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            self._note(name, theme, self._phone.problems_for_axe())
            for width, height in SIZES:
                self._size(page, width, height)
                where = f"{theme} {width}x{height}"
                self._note(name, where, page.evaluate(_TOO_LOW % GLOVE_PX))
                self._note(name, where, ["something is cut"] if page.evaluate(_CUT) else [])
                self._picture(name, theme, width)
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        self._size(page, *SIZES[0])

    def _note(self, name: str, where: str, problems: list[str]) -> None:
        self.wrong += [f"{name}, {where}: {problem}" for problem in problems]

    def _size(self, page: Page, width: int, height: int) -> None:
        page.set_viewport_size({"width": width, "height": height})

    def _picture(self, name: str, theme: str, width: int) -> None:
        if not self._folder:
            return
        for sight in SIGHTS if width == SIZES[0][0] else SIGHTS[:1]:
            self._devtools.send("Emulation.setEmulatedVisionDeficiency", {"type": sight})
            shot = self._devtools.send("Page.captureScreenshot", {"format": "png"})
            path = Path(self._folder) / f"{name}-{theme}-{width}-{sight}.png"
            path.write_bytes(base64.b64decode(shot["data"]))
        self._devtools.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})


def test_every_screen_of_a_shift(browser: Browser, running: Product, wallet: Wallet) -> None:
    phone = Phone(browser)
    eyes, page = Eyes(phone), phone.page
    page.goto(running.url + "/door/")
    expect(page.get_by_test_id("pair-name")).to_be_visible()
    eyes.look("pair")
    phone.pairs(running, "Main entrance, left")
    eyes.look("preflight")
    phone.starts_scanning()
    phone.is_status("live")
    eyes.look("scanner")

    page.get_by_role("button", name="This phone").click()
    eyes.look("menu")
    page.get_by_role("button", name="Back").click()
    page.get_by_test_id("phones").click()
    eyes.look("team")
    page.get_by_role("button", name="Back").click()
    page.get_by_test_id("type-code").click()
    eyes.look("keypad")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_test_id("by-order").click()
    eyes.look("order-id")
    page.get_by_role("button", name="Cancel").click()

    phone.scans(wallet.code(0))
    page.get_by_test_id("undo-line").click()
    eyes.look("undo")
    page.get_by_test_id("undo-no").click()
    phone.scans(wallet.code(0))
    with frozen(running):
        phone.is_status("offline")
        phone.scans(wallet.code(1))
        eyes.look("scanner-offline")

    assert eyes.wrong == []


def test_every_verdict_and_every_alert(browser: Browser, running: Product, tmp_path: Path) -> None:
    phone = Phone(browser)
    eyes, page = Eyes(phone), phone.page
    phone.pairs(running, "Main entrance, left")
    phone.starts_scanning()
    bundle = _bundle(tmp_path)
    page.evaluate(f"() => {{ {bundle}; globalThis.gallery = gallery; }}")

    for name in page.evaluate("() => gallery.names()"):
        page.evaluate("name => gallery.show(name)", name)
        eyes.look(name)

    assert eyes.wrong == []


def _bundle(folder: Path) -> str:
    bundle = folder / "gallery.js"
    bundler = ("node_modules/rolldown/bin/cli.mjs", "bouncer_client/src/ui/gallery.in_browser.ts")
    command = [str(node_program()), *bundler, "--file", str(bundle), "--format", "iife", "--name", "gallery"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return bundle.read_text()
