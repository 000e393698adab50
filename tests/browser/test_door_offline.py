"""The door without its server: cut off, half-open, killed in mid-scan, started cold; and what is true afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests import chromium
from tests.browser.door import PHONE, Phone, Wallet, buy, wallet_of
from tests.browser.wire import State, Wire, wire
from tests.product import Product

pytestmark = pytest.mark.browser
_IN_USE = "async () => (await caches.match('/door/version-in-use', { cacheName: 'ngn-door' }))?.text()"


@pytest.fixture
def line(running: Product) -> Iterator[Wire]:
    """The phones' line to the product."""
    with wire(to=running.place.port) as line:
        yield line


@pytest.fixture
def switch_on(
    playwright: Playwright, running: Product, line: Wire, tmp_path: Path
) -> Iterator[Callable[[str], BrowserContext]]:
    """`switch_on("Anna's")`: that phone's browser, with all that it kept when it was switched off before."""
    rule = f"MAP 127.0.0.1:{running.place.port} 127.0.0.1:{line.port}"
    video = tmp_path / "wall.mjpeg"
    with ExitStack() as stack:

        def launch(name: str) -> BrowserContext:
            if not video.exists():
                wall = playwright.chromium.launch(
                    executable_path=chromium.program(), args=chromium.arguments()
                )
                video.write_bytes(wall.new_page().screenshot(type="jpeg"))
                wall.close()
            context = playwright.chromium.launch_persistent_context(
                tmp_path / name,
                executable_path=chromium.program(),
                args=[*chromium.arguments(video), f"--host-resolver-rules={rule}"],
                viewport=PHONE,  # type: ignore[arg-type]
                bypass_csp=True,  # for axe
            )
            stack.callback(context.close)
            return context

        yield launch


@pytest.fixture
def wallet(playwright: Playwright, running: Product) -> Wallet:
    """Four tickets, bought over a good network."""
    browser = playwright.chromium.launch(executable_path=chromium.program(), args=chromium.arguments())
    page = browser.new_page()
    buy(page, running, quantity=4)
    bought = wallet_of(page)
    browser.close()
    return bought


@pytest.fixture
def phone(switch_on: Callable[[str], BrowserContext], running: Product) -> Callable[[str], Phone]:
    """`phone("Door A")`: paired, live and scanning, with everything kept for a start without a network."""

    def ready(name: str) -> Phone:
        paired = Phone(switch_on(name))
        paired.pairs(running, name)
        paired.page.wait_for_function(_IN_USE)
        paired.starts_scanning()
        paired.is_status("live")
        return paired

    return ready


def reopened(context: BrowserContext, running: Product) -> Phone:
    """The app opened on a phone that knows it."""
    again = Phone(context)
    again.page.goto(running.url + "/door/")
    expect(again.page.get_by_test_id("start-scanning")).to_be_visible()
    return again


def all_sent(door: Phone) -> None:
    expect(door.page.get_by_test_id("unsent")).to_have_text("0", timeout=30_000)


def kept_by_the_server(running: Product, door: str) -> list[dict[str, Any]]:
    """The scans of a door, as they are on record, oldest first."""
    told = running.manage(
        "shell",
        "-c",
        "import json; from ticketing.models import Scan\n"
        f"rows = Scan.objects.filter(device__name={door!r}).order_by('device_seq')\n"
        "print(json.dumps([{'seq': r.device_seq, 'decision': r.decision, 'redeems': r.redeems} for r in rows]))",
    )
    rows: list[dict[str, Any]] = json.loads(told.strip().splitlines()[-1])
    return rows


def test_a_phone_switched_on_without_a_server_scans_and_tells_it_all_later(
    switch_on: Callable[[str], BrowserContext],
    phone: Callable[[str], Phone],
    wallet: Wallet,
    running: Product,
    line: Wire,
) -> None:
    door = phone("Cold door")
    line.becomes(State.CUT)
    door.context.close()

    door = reopened(switch_on("Cold door"), running)
    door.starts_scanning()
    assert door.scans(wallet.code(0))[:2] == ("admitted", "false")
    assert door.scans(wallet.code(0))[:2] == ("already_in", "false")
    door.is_status("offline")
    # Switched off and on again: the journal is what it was.
    door.context.close()
    door = reopened(switch_on("Cold door"), running)
    door.starts_scanning()
    assert door.number("unsent") == 2
    assert door.scans(wallet.code(1))[:2] == ("admitted", "false")
    line.becomes(State.CARRIES)

    all_sent(door)
    kept = kept_by_the_server(running, "Cold door")
    assert [row["seq"] for row in kept] == [1, 2, 3]
    assert [row["redeems"] for row in kept] == [True, False, True]


def test_a_line_that_falls_silent_stops_nobody(
    phone: Callable[[str], Phone], wallet: Wallet, running: Product, line: Wire
) -> None:
    door = phone("Silent door")
    line.becomes(State.SILENT)

    assert door.scans(wallet.code(0))[:2] == ("admitted", "false")
    door.is_status("offline")
    assert door.scans(wallet.code(1))[:2] == ("admitted", "false")
    assert door.number("unsent") == 2
    line.becomes(State.CARRIES)

    door.is_status("live")
    all_sent(door)
    expect(door.page.get_by_test_id("alerts")).to_be_empty()
    assert [row["redeems"] for row in kept_by_the_server(running, "Silent door")] == [True, True]


def test_where_no_socket_gets_through_the_journal_goes_up_by_http(
    phone: Callable[[str], Phone], wallet: Wallet, running: Product, line: Wire
) -> None:
    door = phone("Hotel door")
    line.becomes(State.CUT)
    assert door.scans(wallet.code(0))[:2] == ("admitted", "false")
    line.becomes(State.WITHOUT_SOCKETS)

    all_sent(door)
    door.is_status("offline")
    assert [row["redeems"] for row in kept_by_the_server(running, "Hotel door")] == [True]


def test_a_tab_killed_in_mid_scan_says_that_nobody_knows(
    phone: Callable[[str], Phone], wallet: Wallet, running: Product, line: Wire
) -> None:
    door = phone("Killed door")
    line.becomes(State.SILENT)
    # Not on the phone's list, so it asks for a second and a half.
    door.page.keyboard.type(wallet.code_of_nobody())
    door.page.keyboard.press("Enter")
    expect(door.page.get_by_test_id("history").get_by_text("Asking")).to_be_visible()
    door.page.close()

    door = reopened(door.context, running)
    door.starts_scanning()
    expect(door.page.get_by_test_id("verdict")).to_have_attribute("data-verdict", "interrupted")
    assert door.problems_for_axe() == []
    door.page.get_by_test_id("dismiss").click()
    expect(door.page.get_by_test_id("history")).to_contain_text("Cut off")
    line.becomes(State.CARRIES)

    all_sent(door)
    assert [row["decision"] for row in kept_by_the_server(running, "Killed door")] == ["unknown"]


def test_an_entry_taken_back_without_a_network_is_taken_back_everywhere(
    phone: Callable[[str], Phone], wallet: Wallet, running: Product, line: Wire
) -> None:
    door, other = phone("Undoing door"), phone("Other door")
    inside = door.number("inside")
    assert door.scans(wallet.code(0))[0] == "admitted"
    expect(other.page.get_by_test_id("inside")).to_have_text(str(inside + 1), timeout=15_000)
    line.becomes(State.CUT)

    door.page.get_by_test_id("undo-line").click()
    expect(door.page.get_by_test_id("undo-yes")).to_be_in_viewport(ratio=1)
    assert door.problems_for_axe() == []
    door.page.get_by_test_id("undo-yes").click()
    expect(door.page.get_by_test_id("undo-said")).to_contain_text("Taken back")
    expect(door.page.get_by_test_id("history")).to_contain_text("Taken back")
    expect(door.page.get_by_test_id("inside")).to_have_text(str(inside))
    assert door.problems_for_axe() == []
    line.becomes(State.CARRIES)

    all_sent(door)
    expect(other.page.get_by_test_id("inside")).to_have_text(str(inside), timeout=15_000)
    other.is_status("live")
    assert other.scans(wallet.code(0))[0] == "admitted"


def test_a_green_screen_can_be_taken_back_before_it_goes(
    phone: Callable[[str], Phone], wallet: Wallet
) -> None:
    door = phone("Green door")
    door.page.keyboard.type(wallet.code(0))
    door.page.keyboard.press("Enter")
    door.page.get_by_test_id("undo").click()

    door.page.get_by_test_id("undo-no").click()
    expect(door.page.get_by_test_id("history")).not_to_contain_text("Taken back")
    door.page.get_by_test_id("undo-line").click()
    door.page.get_by_test_id("undo-yes").click()

    expect(door.page.get_by_test_id("history")).to_contain_text("Taken back")
    all_sent(door)


def test_a_new_version_is_offered_and_never_taken_in_the_middle_of_a_shift(
    switch_on: Callable[[str], BrowserContext],
    phone: Callable[[str], Phone],
    wallet: Wallet,
    running: Product,
    line: Wire,
) -> None:
    door = phone("Updated door")
    old = door.page.evaluate(_IN_USE)
    line.is_new_version = True
    door.page.evaluate("navigator.serviceWorker.getRegistration().then(found => found.update())")
    door.page.wait_for_function(
        "async () => (await navigator.serviceWorker.getRegistration()).waiting !== null"
    )
    line.becomes(State.CUT)
    assert door.scans(wallet.code(0))[:2] == ("admitted", "false")

    # The phone dies. Whatever the browser makes of the waiting worker, the app is what it was.
    door.context.close()
    door = reopened(switch_on("Updated door"), running)
    expect(door.page.get_by_text("1 scan to send")).to_be_visible()
    expect(door.page.get_by_test_id("update")).to_be_hidden()
    assert door.page.evaluate(_IN_USE) == old
    line.becomes(State.CARRIES)

    door.page.get_by_test_id("update").click(timeout=30_000)
    door.page.wait_for_function(f"async old => (await ({_IN_USE})()) !== old", arg=old)
    expect(door.page.get_by_test_id("start-scanning")).to_be_visible()
    expect(door.page.get_by_test_id("update")).to_be_hidden()
    # And the new version opens without a server as the old one did.
    line.becomes(State.CUT)
    door.page.reload()
    expect(door.page.get_by_test_id("start-scanning")).to_be_visible()


def test_two_tabs_of_one_phone_do_not_fight(
    phone: Callable[[str], Phone], wallet: Wallet, running: Product
) -> None:
    first = phone("Tabbed door")
    second = first.context.new_page()
    second.goto(running.url + "/door/")
    expect(second.get_by_role("heading", name="Scanner already open here")).to_be_visible()
    second.get_by_role("button", name="Scan here instead").click()

    expect(second.get_by_test_id("start-scanning")).to_be_visible()
    expect(first.page.get_by_role("heading", name="Scanner already open here")).to_be_visible()
    assert first.problems_for_axe() == []
    second.close()
    # The one that is left goes on by itself.
    expect(first.page.get_by_test_id("start-scanning")).to_be_visible()
    first.starts_scanning()
    assert first.scans(wallet.code(0))[0] == "admitted"


def test_a_removed_phone_still_tells_what_it_did_before(
    phone: Callable[[str], Phone], wallet: Wallet, running: Product, line: Wire
) -> None:
    door = phone("Removed door")
    line.becomes(State.CUT)
    assert door.scans(wallet.code(0))[:2] == ("admitted", "false")
    running.manage(
        "shell",
        "-c",
        "from django.utils import timezone; from ticketing import pairing; from ticketing.models import Device\n"
        "d = Device.objects.get(name='Removed door')\n"
        "assert pairing.revoke(device_id=d.pk, event_id=d.event_id, now=timezone.now())",
    )
    line.becomes(State.CARRIES)

    expect(door.page.get_by_role("heading", name="This phone was removed")).to_be_visible(timeout=20_000)
    expect(door.page.get_by_role("status")).to_contain_text("has reached the server", timeout=20_000)
    assert [row["decision"] for row in kept_by_the_server(running, "Removed door")] == ["admitted_offline"]


def test_ten_thousand_scans_drain_while_the_page_stays_awake(
    switch_on: Callable[[str], BrowserContext], phone: Callable[[str], Phone], running: Product, line: Wire
) -> None:
    door = phone("Busy door")
    line.becomes(State.CUT)
    _fill_journal(door.page, 10_000)
    door.context.close()
    door = reopened(switch_on("Busy door"), running)
    door.starts_scanning()
    expect(door.page.get_by_test_id("unsent")).to_have_text("10000")
    door.page.evaluate(
        """() => {
            window.longest = 0;
            new PerformanceObserver(list => {
                for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
            }).observe({ entryTypes: ['longtask'] });
        }"""
    )
    line.becomes(State.CARRIES)

    expect(door.page.get_by_test_id("unsent")).to_have_text("0", timeout=90_000)
    longest = door.page.evaluate("window.longest")
    assert longest < 500, f"the page stood still for {longest:.0f} ms"
    assert len(kept_by_the_server(running, "Busy door")) == 10_000


def _fill_journal(page: Page, count: int) -> None:
    """As if the phone had scanned rubbish all night; straight into its journal, which no server has seen."""
    page.evaluate(
        """async count => {
            const device = JSON.parse(localStorage.getItem('ngn.door.identity')).device.id;
            const db = await new Promise((resolve, reject) => {
                const request = indexedDB.open('ngn-door');
                request.onsuccess = () => resolve(request.result);
                request.onerror = () => reject(request.error);
            });
            const transaction = db.transaction('scans', 'readwrite');
            for (let n = 1; n <= count; n++) {
                const [order, night] = [n.toString(16).padStart(4, '0'), Date.now().toString(16).padStart(12, '0')];
                const id = `018f4e1a-${order}-7000-8000-${night}`;
                transaction.objectStore('scans').add({
                    scan_id: id, device, device_seq: n, code: `rubbish ${n}`, anchor: null,
                    scanned_at: Date.now() - n * 1000, clock_offset_ms: 0, decision: 'refused_offline',
                    verdict: { t: 'refused', reason: 'not_a_ticket' }, outcome: null, acknowledged: null,
                });
            }
            await new Promise(resolve => { transaction.oncomplete = resolve; });
            db.close();
        }""",
        count,
    )


def test_the_app_can_be_installed(
    switch_on: Callable[[str], BrowserContext], phone: Callable[[str], Phone]
) -> None:
    door = phone("Installed door")
    session = door.context.new_cdp_session(door.page)

    problems = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    manifest = session.send("Page.getAppManifest")

    # A persistent profile of a test counts as incognito to no one: nothing at all may be missing.
    assert problems == []
    assert manifest["errors"] == []
    assert re.search(r'"display": ?"standalone"', manifest["data"])
