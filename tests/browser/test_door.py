"""Bouncer Mode in real Chromium against the real product: with a server, with a frozen one, and with none."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from config.bootstrap import node_program
from config.place import ROOT
from tests.browser.conftest import BrowserFactory
from tests.browser.door import Phone, Wallet, buy, frozen, wallet_of
from tests.product import Product

pytestmark = pytest.mark.browser


@pytest.fixture
def browser(browser_factory: BrowserFactory, tmp_path: Path) -> Browser:
    page = browser_factory().new_page(viewport={"width": 1280, "height": 720})
    video = tmp_path / "wall.mjpeg"
    video.write_bytes(page.screenshot(type="jpeg"))
    return browser_factory(video)


@pytest.fixture
def phone(browser: Browser, running: Product) -> Callable[[str], Phone]:
    """`phone("Door A")`: a paired phone that scans, and is live."""

    def ready(name: str) -> Phone:
        paired = Phone(browser)
        paired.pairs(running, name)
        paired.starts_scanning()
        paired.is_status("live")
        return paired

    return ready


@pytest.fixture
def wallet(browser: Browser, running: Product) -> Wallet:
    """Four tickets, bought on the event page and paid on the simulator's."""
    page = browser.new_page()
    buy(page, running, quantity=4)
    bought = wallet_of(page)
    page.close()
    return bought


def test_a_second_phone_sees_red_with_the_first_entrys_time(
    phone: Callable[[str], Phone], wallet: Wallet
) -> None:
    door_a, door_b = phone("Door A"), phone("Door B")

    assert door_a.scans(wallet.code(0))[:2] == ("admitted", "true")
    verdict, confirmed, words = door_b.scans(wallet.code(0))

    assert (verdict, confirmed) == ("already_in", "true")
    assert re.search(r"\d\d:\d\d:\d\d", words)
    assert "Door A" in words
    assert door_b.number("inside") == door_a.number("inside")


def test_what_is_no_good_is_told_as_what_it_is(phone: Callable[[str], Phone], wallet: Wallet) -> None:
    door = phone("Door A")

    verdict, _, words = door.scans(wallet.code(0, steps_ago=24))
    assert (verdict, "6 minutes old" in words) == ("stale", True)
    verdict, _, words = door.scans(wallet.code_of_nobody())
    assert (verdict, "Not a ticket we know" in words) == ("refused", True)
    verdict, _, words = door.scans("https://example.org/")
    assert (verdict, "Not one of our codes" in words) == ("refused", True)


def test_a_hardware_scanners_keys_are_a_scan(phone: Callable[[str], Phone], wallet: Wallet) -> None:
    door = phone("Door A")

    door.page.keyboard.type(wallet.code(0))
    door.page.keyboard.press("Enter")

    expect(door.page.get_by_test_id("verdict")).to_have_attribute("data-verdict", "admitted")
    expect(door.page.get_by_test_id("history").locator("li")).to_have_count(1)


def test_a_frozen_server_stops_nobody_and_hides_nothing(
    phone: Callable[[str], Phone], wallet: Wallet, running: Product
) -> None:
    door_a, door_b = phone("Door A"), phone("Door B")
    inside = door_a.number("inside")

    with frozen(running):
        # Both doors let the same ticket in: nobody can know, and it must come to light.
        assert door_a.scans(wallet.code(0))[:2] == ("admitted", "false")
        door_a.is_status("offline")
        assert door_b.scans(wallet.code(0))[:2] == ("admitted", "false")
        assert door_a.scans(wallet.code_of_nobody())[:2] == ("unlisted", "false")
        assert door_a.scans(wallet.code(0))[:2] == ("already_in", "false")
        assert (door_a.number("unsent"), door_b.number("unsent")) == (3, 1)
        assert door_a.number("inside") == inside + 1

        # The phone is opened anew, with nobody there to serve it.
        door_a.page.reload()
        door_a.starts_scanning()
        assert door_a.scans(wallet.code(0))[:2] == ("already_in", "false")
        assert door_a.scans(wallet.code(1))[:2] == ("admitted", "false")

    for door in (door_a, door_b):
        door.is_status("live")
        expect(door.page.get_by_test_id("unsent")).to_have_text("0")
        door.acknowledges("One ticket let in twice", "Door A", "Door B")
        expect(door.page.get_by_test_id("alerts")).to_be_hidden()
        expect(door.page.get_by_test_id("inside")).to_have_text(str(inside + 2))
    assert door_b.scans(wallet.code(1))[:2] == ("already_in", "true")


def test_a_phone_that_was_removed_forgets_its_list(
    phone: Callable[[str], Phone], wallet: Wallet, running: Product
) -> None:
    door = phone("Door to be removed")
    running.manage(
        "shell",
        "-c",
        "from django.utils import timezone; from ticketing import pairing; from ticketing.models import Device\n"
        "d = Device.objects.get(name='Door to be removed')\n"
        "assert pairing.revoke(device_id=d.pk, event_id=d.event_id, now=timezone.now())",
    )

    # Nobody touches the phone: its open socket is closed, and it knows what that means.
    expect(door.page.get_by_role("heading", name="This phone was removed")).to_be_visible(timeout=15_000)
    expect(door.page.get_by_role("status")).to_contain_text("Everything that it scanned has reached")
    assert door.page.evaluate("localStorage.getItem('ngn.door.manifest')") is None
    assert door.page.evaluate("localStorage.getItem('ngn.door.identity')") is None


def test_a_code_typed_in_part_says_what_is_missing_and_is_no_scan(
    phone: Callable[[str], Phone], wallet: Wallet
) -> None:
    page = phone("Door A").page
    page.get_by_test_id("type-code").click()

    page.get_by_test_id("typed-entry").fill(wallet.code(0)[:44])
    page.get_by_test_id("typed-submit").click()

    expect(page.get_by_test_id("typed-count")).to_have_text("1 digit missing")
    expect(page.get_by_test_id("typed-entry")).to_be_focused()
    expect(page.get_by_test_id("verdict")).to_have_count(0)
    page.keyboard.type(wallet.code(0)[44:])
    page.get_by_test_id("typed-submit").click()
    expect(page.get_by_test_id("verdict")).to_have_attribute("data-verdict", "admitted")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (844, 390), (320, 568)])
def test_nothing_is_cut_however_the_phone_is_held(
    phone: Callable[[str], Phone], wallet: Wallet, width: int, height: int
) -> None:
    page = phone("Door A").page
    page.set_viewport_size({"width": width, "height": height})
    camera = page.locator(".viewfinder").bounding_box()
    assert camera is not None
    assert camera["height"] >= 200

    page.get_by_test_id("type-code").click()
    for name in [*"0123456789", "Delete the last digit", "Check", "Cancel"]:
        expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Cancel").click()

    page.keyboard.type(wallet.code(0, steps_ago=24))
    page.keyboard.press("Enter")
    for part in ("verdict-word", "verdict-detail", "dismiss"):
        expect(page.get_by_test_id(part)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_ticket_that_stays_in_front_of_the_camera_is_one_attempt(
    browser_factory: BrowserFactory, running: Product, tmp_path: Path
) -> None:
    # A still picture of a wallet: the phone will see it long after its step has passed.
    still = tmp_path / "still.mjpeg"
    fan = browser_factory().new_page(viewport={"width": 1280, "height": 720})
    buy(fan, running, quantity=1)
    fan.get_by_test_id("live-code").scroll_into_view_if_needed()
    still.write_bytes(fan.screenshot(type="jpeg", quality=90))
    door = Phone(browser_factory(still))
    door.pairs(running, "Door with a still")
    door.page.get_by_test_id("start-scanning").click()
    expect(door.page.get_by_test_id("verdict")).to_have_attribute("data-verdict", "admitted", timeout=15_000)
    expect(door.page.get_by_test_id("verdict")).to_have_count(0)

    # The camera is covered for longer than a ticket takes to leave, and the page is opened anew.
    door.page.get_by_role("button", name="This phone").click()
    door.page.wait_for_timeout(6_000)
    door.page.get_by_role("button", name="Back").click()
    expect(door.page.get_by_text("Answered already")).to_be_visible()
    door.page.reload()
    door.page.get_by_test_id("start-scanning").click()
    expect(door.page.get_by_text("Answered already")).to_be_visible()

    expect(door.page.get_by_test_id("history").locator("li")).to_have_count(1)
    expect(door.page.get_by_test_id("verdict")).to_have_count(0)


def test_a_link_that_brought_its_code_does_not_show_it(browser: Browser, running: Product) -> None:
    page = Phone(browser).page
    page.goto(json.loads(running.manage("demo", "--json"))["door"]["url"])
    expect(page.get_by_test_id("pair-name")).to_be_focused()

    expect(page.get_by_test_id("pair-code")).to_be_hidden()
    page.get_by_test_id("another-code").click()

    expect(page.get_by_test_id("pair-code")).to_be_focused()


def test_a_second_tab_waits_for_the_first(phone: Callable[[str], Phone]) -> None:
    door = phone("Door A")

    second = door.context.new_page()
    second.goto(door.page.url)
    expect(second.get_by_role("heading", name="Scanner already open here")).to_be_visible()
    door.page.close()

    expect(second.get_by_test_id("start-scanning")).to_be_visible()


def test_a_code_that_was_used_is_refused_in_words(browser: Browser, running: Product) -> None:
    link = json.loads(running.manage("demo", "--json"))["door"]["url"]
    first, second = Phone(browser).page, Phone(browser).page
    for page in (first, second):
        page.goto(link)
        page.get_by_test_id("pair-name").fill("Door A")
    first.get_by_test_id("pair-submit").click()
    expect(first.get_by_test_id("start-scanning")).to_be_visible()

    second.get_by_test_id("pair-submit").click()

    expect(second.get_by_test_id("pair-problem")).to_contain_text("Another phone has used this code")
    assert "pair=" not in second.url


def test_axe_finds_nothing_on_any_screen(browser: Browser, running: Product, wallet: Wallet) -> None:
    door = Phone(browser)
    door.page.goto(running.url + "/door/")
    expect(door.page.get_by_test_id("pair-name")).to_be_visible()
    assert door.problems_for_axe() == []

    door.pairs(running, "Door A")
    assert door.problems_for_axe() == []
    door.starts_scanning()
    for code in (wallet.code(0), wallet.code(0), wallet.code(1, steps_ago=24)):
        door.page.keyboard.type(code)
        door.page.keyboard.press("Enter")
        expect(door.page.get_by_test_id("verdict")).to_be_visible()
        assert door.problems_for_axe() == []
        door.page.keyboard.press("Escape")
        expect(door.page.get_by_test_id("verdict")).to_have_count(0)
    assert door.problems_for_axe() == []
    door.page.get_by_test_id("type-code").click()
    assert door.problems_for_axe() == []


def test_the_journal_in_indexeddb_keeps_every_promise(
    browser: Browser, running: Product, tmp_path: Path
) -> None:
    bundle = tmp_path / "suite.js"
    subprocess.run(
        [
            *(str(node_program()), "node_modules/rolldown/bin/cli.mjs"),
            *("bouncer_client/src/adapters/journal.in_browser.ts", "--file", str(bundle)),
            *("--format", "iife", "--name", "suite"),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    page = browser.new_page()
    page.goto(running.url + "/healthz")

    outcomes = page.evaluate(f"async () => {{ {bundle.read_text()}; return suite.keepsItsPromises(); }}")

    assert set(outcomes.values()) == {"kept"}, outcomes
    assert len(outcomes) >= 9
