"""A door phone in real Chromium, a fan's wallet, and a server that stands still: what the door's tests begin with."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from config.place import ROOT
from tests.product import Product
from ticketing import live_code

PHONE = {"width": 390, "height": 844}
_AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Wallet:
    """A fan's tickets, as the fan's own wallet page knows them."""

    chain: live_code.Chain
    starts_ms: int
    seeds: tuple[bytes, ...]

    def code(self, ticket: int, *, steps_ago: int = 0) -> str:
        """The 45 digits that the wallet shows now, or showed so many steps ago."""
        step = live_code.step_at(window_starts_ms=self.starts_ms, at_ms=int(time.time() * 1000)) - steps_ago
        return live_code.code_at(chain=self.chain, seed=self.seeds[ticket], step=step)

    def code_of_nobody(self) -> str:
        """A well-formed code that leads to no ticket."""
        step = live_code.step_at(window_starts_ms=self.starts_ms, at_ms=int(time.time() * 1000))
        return live_code.code_at(chain=self.chain, seed=os.urandom(16), step=step)


class Phone:
    """A door phone that is typed on; its camera films a white wall. Without `shares` its browser has no WebRTC: what
    others let in, it knows from the server alone."""

    def __init__(self, browser: Browser | BrowserContext, *, shares: bool = False) -> None:
        if isinstance(browser, Browser):
            browser = browser.new_context(viewport=PHONE, bypass_csp=True)  # type: ignore[arg-type]  # for axe
        self.context = browser
        if not shares:
            self.context.add_init_script("delete globalThis.RTCPeerConnection")
        self.page = self.context.new_page()

    def pairs(self, product: Product, name: str) -> None:
        """With a code of its own, fresh from the demo."""
        self.page.goto(json.loads(product.manage("demo", "--json"))["door"]["url"])
        self.page.get_by_test_id("pair-name").fill(name)
        self.page.get_by_test_id("pair-submit").click()
        expect(self.page.get_by_test_id("start-scanning")).to_be_visible()

    def starts_scanning(self) -> None:
        self.page.get_by_test_id("start-scanning").click()
        expect(self.page.get_by_test_id("status")).to_be_visible()

    def is_status(self, status: str) -> None:
        expect(self.page.get_by_test_id("status")).to_have_attribute("data-status", status, timeout=15_000)

    def scans(self, code: str) -> tuple[str | None, str | None, str]:
        """Type a code: the verdict, whether the server said so, and its words; then make room for the next."""
        page = self.page
        page.get_by_test_id("type-code").click()
        page.get_by_test_id("typed-entry").fill(code)
        page.get_by_test_id("typed-submit").click()
        # Green goes by itself after a second: what it says is read in one step.
        told = page.wait_for_function(
            """() => {
                const v = document.querySelector('[data-testid=verdict]');
                return v && [v.dataset.verdict, v.dataset.confirmed, v.innerText];
            }"""
        ).json_value()
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("verdict")).to_have_count(0)
        verdict, confirmed, words = told
        return verdict, confirmed, words

    def acknowledges(self, *words: str) -> None:
        """The alert that stands over everything, with these words."""
        alert = self.page.get_by_test_id("alerts")
        expect(alert).to_be_visible()
        for word in words:
            expect(alert).to_contain_text(word)
        self.page.get_by_test_id("alert-seen").click()

    def number(self, test_id: str) -> int:
        return int(self.page.get_by_test_id(test_id).inner_text())

    def problems_for_axe(self) -> list[str]:
        self.page.evaluate(_AXE.read_text())
        found = self.page.evaluate("rules => axe.run(document, { runOnly: rules })", _AXE_RULES)
        return [f"{v['id']}: {[node['target'] for node in v['nodes']]}" for v in found["violations"]]


def owners_page(browser: Browser, product: Product) -> Page:
    """The owner's sales page, signed in and live."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    who = product.demo["owner"]
    page.goto(who["url"])
    page.get_by_role("link", name="Use a password").click()
    page.get_by_label("Email").fill(who["email"])
    page.get_by_label("Password").fill(who["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-status", "live", timeout=10_000)
    return page


def buy(page: Page, product: Product, *, quantity: int) -> None:
    page.goto(product.demo["event"]["url"])
    page.get_by_role("spinbutton").first.fill(str(quantity))
    page.get_by_label("Email").fill(f"door{next(_numbers)}@example.org")
    page.get_by_test_id("buy").click()
    page.get_by_role("button", name=re.compile(r"^Pay \$")).click()
    expect(page.get_by_test_id("live-code")).to_be_visible(timeout=15_000)


def wallet_of(page: Page) -> Wallet:
    """What the open wallet page knows."""
    data = _wallet_data(page)
    chain = live_code.Chain(salt=bytes.fromhex(data["chain"]["salt"]), steps=data["chain"]["steps"])
    seeds = tuple(bytes.fromhex(ticket["seed"]) for ticket in data["tickets"])
    return Wallet(chain=chain, starts_ms=data["chain"]["starts_at"], seeds=seeds)


def _wallet_data(page: Page) -> dict[str, Any]:
    texts = page.locator('script[type="application/json"]').all_text_contents()
    return next(data for data in map(json.loads, texts) if "chain" in data)


@contextmanager
def frozen(product: Product) -> Iterator[None]:
    """The web process stands still: its sockets look open, and nothing answers."""
    pids = _web_processes(product)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _web_processes(product: Product) -> list[int]:
    port = str(product.place.port).encode()
    found = [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and {b"config.web", port} <= set(_command_line(folder).split(b"\0"))
    ]
    assert found, f"no process serves port {product.place.port}"
    return found


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""  # it has ended meanwhile
