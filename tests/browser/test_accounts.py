"""Signing in in real Chromium: by the code in the demo's mail, and to the staff site with a second factor."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.browser.conftest import BrowserFactory
from tests.product import Product

pytestmark = pytest.mark.browser


def newest_code(folder: Path, address: str) -> str:
    """From the newest mail to an address, as a newcomer to the demo would look it up."""
    to_them = [path for path in sorted(folder.iterdir()) if f"To: {address}" in path.read_text()]
    found = re.search(r"\d{4}-\d{4}", to_them[-1].read_text())
    assert found
    return found[0]


def complaints_of(page: Page) -> list[str]:
    """What the browser will complain of: refused styles and scripts, missing files, exceptions."""
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def test_a_fan_signs_in_with_the_code_from_the_mail(
    browser_factory: BrowserFactory, running: Product
) -> None:
    page = browser_factory().new_page(viewport={"width": 390, "height": 844})
    complaints, address = complaints_of(page), f"fan{time.time_ns()}@example.org"

    page.goto(f"{running.url}/wallet/")
    expect(page.get_by_text("Its mail is kept in")).to_contain_text(str(running.place.mail))
    page.get_by_label("Email").fill(address)
    page.get_by_role("button", name="Email me a code").click()
    page.get_by_label("Code").fill(newest_code(running.place.mail, address))
    page.get_by_role("button", name="Sign in").click()

    expect(page).to_have_url(f"{running.url}/wallet/")
    expect(page.get_by_text(f"No tickets for {address} yet")).to_be_visible()
    assert complaints == []


def test_the_staff_site_opens_with_a_second_factor_and_breaks_no_policy(
    browser_factory: BrowserFactory, running: Product
) -> None:
    page = browser_factory().new_page(viewport={"width": 1280, "height": 900})
    complaints, staff = complaints_of(page), running.demo["staff"]

    page.goto(staff["url"])
    page.get_by_role("link", name="Use a password").click()
    page.get_by_label("Email").fill(staff["email"])
    page.get_by_label("Password").fill(staff["password"])
    page.get_by_role("button", name="Sign in").click()
    secret = page.get_by_test_id("totp-secret").inner_text().replace(" ", "")
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    page.get_by_label("The six digits").fill(code)
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_test_id("recovery-codes").locator("li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()

    expect(page).to_have_url(staff["url"])
    page.goto(f"{staff['url']}ticketing/venue/")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_text("Add another Venue membership").click()
    page.locator(".select2-selection:visible").last.click()
    page.keyboard.type("fan@")
    expect(page.locator(".select2-results__option", has_text="fan@example.org")).to_be_visible()
    assert complaints == []
