"""Part of the bench `door`: from a code to its verdict in real Chromium, on a phone that keeps 50,000 tickets.

The page is the product's own, served by the product, with its camera on; a scan is typed into it as a hardware scanner
types. Timed is from the last key to the verdict's words in the page: walk, lookup, and the row complete in IndexedDB
("strict") before. The camera's decoding is a row of its own, and so is the wait for the frame that shows the words.
First the phone asks the server; then the product is stopped and the phone answers alone. The baseline is scanned in
the same rounds: the list as JSON in an object, and WebCrypto awaited for each link of the chain.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from config.bootstrap import node_program
from config.place import ROOT
from tests import chromium
from tests.benchmarks import report
from tests.benchmarks.report import percentile
from tests.big_show import BigShow, big_show
from tests.product import Product, running_product

TICKETS = 50_000
OPEN_FOR = timedelta(hours=6)
"""Late in the evening: a code has to be walked further than earlier."""
ROUNDS = 3
SCANS = 100
NAIVE_SCANS = 20
SLOW_NAIVE_SCANS = 8
SLOW_SCANS = 40
FRESH = 5
BETWEEN_MS = 30
SLOWER = 4
"""Chromium's throttle: a phone of the cheaper kind beside the machine that the bench runs on."""
_PHONE = {"width": 390, "height": 844}
_ENTRY = "tests/benchmarks/door_page/entry.ts"
_CALL = "async ([name, args]) => await globalThis.bench[name](...args)"


@dataclass(frozen=True, slots=True)
class Timed:
    """One way to answer, over all of its rounds: milliseconds."""

    to_verdict: list[float]
    to_frame: list[float]
    confirmed: int
    """How many of them the server answered in time; the phone itself answered the others."""


class Door:
    """The product's page, scanning, and the bench's own script in it."""

    def __init__(self, page: Page, script: str, show: BigShow) -> None:
        self._page = page
        self._show = show
        self._devtools: CDPSession = page.context.new_cdp_session(page)
        self._next = 0
        page.evaluate(f"() => {{ {script}; globalThis.bench = bench; }}")

    def call(self, name: str, *arguments: object) -> Any:
        return self._page.evaluate(_CALL, [name, list(arguments)])

    def slowed(self, times: int) -> None:
        self._devtools.send("Emulation.setCPUThrottlingRate", {"rate": times})

    def codes(self, count: int) -> list[str]:
        """Of tickets that nobody has shown yet."""
        first, self._next = self._next, self._next + count
        return self._show.codes(first, count)

    def scan(self, count: int) -> Timed:
        """Let so many people in. Raises RuntimeError when one of them is not let in."""
        scanned = []
        for _ in range(0, count, FRESH):  # a code is good for a quarter of a minute
            scanned += self.call("scanAll", self.codes(FRESH), BETWEEN_MS)
        odd = [s for s in scanned if s["verdict"] != "admitted"]
        if odd:
            raise RuntimeError(f"{len(odd)} of {count} answers are not what they should be: {odd[0]}")
        return Timed(
            to_verdict=[s["ms"] for s in scanned],
            to_frame=[s["toFrameMs"] for s in scanned],
            confirmed=sum(s["confirmed"] == "true" for s in scanned),
        )

    def is_status(self, status: str) -> None:
        expect(self._page.get_by_test_id("status")).to_have_attribute("data-status", status, timeout=30_000)


def in_chromium() -> None:
    """Print the tables and the figure."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ngn-bench-")))
        product = stack.enter_context(_stoppable(folder))
        walkable = SCANS + ROUNDS * (2 * SCANS + SLOW_SCANS) + 200
        show = big_show(product.running, tickets=TICKETS, walkable=walkable, open_for=OPEN_FOR)
        browser = stack.enter_context(_browser(folder))
        door = Door(_scanning(browser, product.running, show), _bundle(folder), show)
        door.is_status("live")
        asked = door.scan(SCANS)
        product.stop()
        door.is_status("offline")
        _tell(door, show, asked)


class _Stoppable:
    """The product, until the phone is to be alone."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        self.running = self._stack.enter_context(running_product(folder / "product"))

    def stop(self) -> None:
        self._stack.close()


@contextmanager
def _stoppable(folder: Path) -> Iterator[_Stoppable]:
    product = _Stoppable(folder)
    try:
        yield product
    finally:
        product.stop()


@contextmanager
def _browser(folder: Path) -> Iterator[Browser]:
    """Its camera films a white wall: it looks for codes all the time, as at a door."""
    with sync_playwright() as playwright:
        program = chromium.program()
        painter = playwright.chromium.launch(executable_path=program, args=chromium.arguments())
        wall = folder / "wall.mjpeg"
        wall.write_bytes(painter.new_page(viewport={"width": 1280, "height": 720}).screenshot(type="jpeg"))
        painter.close()
        browser = playwright.chromium.launch(executable_path=program, args=chromium.arguments(wall))
        yield browser
        browser.close()


def _scanning(browser: Browser, product: Product, show: BigShow) -> Page:
    context = browser.new_context(viewport=_PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{product.url}/door/#pair={show.pairing_codes[0]}")
    page.get_by_test_id("pair-name").fill("Door A")
    page.get_by_test_id("pair-submit").click()
    page.get_by_test_id("start-scanning").click(timeout=60_000)
    expect(page.get_by_test_id("manifest-count")).to_have_text(str(TICKETS))
    return page


def _bundle(folder: Path) -> str:
    """The bench's part of the page, with the product's modules that it times."""
    bundle = folder / "bench.js"
    bundler = ("node_modules/rolldown/bin/cli.mjs", _ENTRY, "--file", str(bundle))
    command = [str(node_program()), *bundler, "--format", "iife", "--name", "bench"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return bundle.read_text()


def _tell(door: Door, show: BigShow, asked: Timed) -> None:
    """Everything that the phone does alone, round by round, then the tables."""
    alone, slow, naive, slow_naive = [], [], [], []
    for _ in range(ROUNDS):
        alone.append(door.scan(SCANS))
        naive.append(door.call("naive", show.codes(0, NAIVE_SCANS), 1))
        door.slowed(SLOWER)
        slow.append(door.scan(SLOW_SCANS))
        slow_naive.append(door.call("naive", show.codes(0, SLOW_NAIVE_SCANS), 1))
        door.slowed(1)
    ours, ours_slow = _together(alone), _together(slow)
    decode = door.call("decoding", show.codes(0, SCANS))
    naive_ms, slow_naive_ms = _all(naive), _all(slow_naive)
    report.table(
        f"code to verdict in the page, {TICKETS:,} tickets, {show.step():,} links to walk (ms)",
        ("way", "scans", "p50", "p99", "worst", "then to the frame, p50"),
        [
            _row("this phone alone", ours.to_verdict, ours.to_frame),
            _row(f"this phone alone, CPU x{SLOWER} slower", ours_slow.to_verdict, ours_slow.to_frame),
            _row(_asked_words(asked), asked.to_verdict, asked.to_frame),
            _row("naive: JSON and WebCrypto", naive_ms),
            _row(f"naive, CPU x{SLOWER} slower", slow_naive_ms),
            _row("apart: decoding a picture of 640 x 640", decode),
        ],
    )
    _tell_parts(door, show)
    _tell_list(door, naive[0])
    report.result("verdict_p99_ms", percentile(ours.to_verdict, 0.99), "ms")
    report.result("verdict_vs_naive", percentile(naive_ms, 0.5) / percentile(ours.to_verdict, 0.5), "x")


def _tell_parts(door: Door, show: BigShow) -> None:
    parts = door.call("parts", show.codes(0, SCANS))
    door.slowed(SLOWER)
    slow = door.call("parts", show.codes(0, SCANS))
    door.slowed(1)
    names = {
        "walk": "walk the chain",
        "lookup": "look the anchor up",
        "journal": "the row complete in IndexedDB",
    }
    report.table(
        f"what the phone's own answer is made of (ms; on the right, CPU x{SLOWER} slower)",
        ("part", "p50", "p99", "p50 slow", "p99 slow"),
        [
            (words, *(percentile(took[part], share) for took in (parts, slow) for share in (0.5, 0.99)))
            for part, words in names.items()
        ],
    )


def _tell_list(door: Door, naive: dict[str, Any]) -> None:
    kept = door.call("keeping", 9)
    door.slowed(SLOWER)
    slow = door.call("keeping", 5)
    door.slowed(1)
    fits = "yes" if naive["isKept"] else "no: QuotaExceededError"
    report.table(
        f"the list of {TICKETS:,} tickets in localStorage (median ms)",
        ("list", "characters", "fits", "read and verify", "write", f"read, x{SLOWER} slower"),
        [
            (
                "ours",
                kept["chars"],
                "yes",
                _median(kept["load"]),
                _median(kept["save"]),
                _median(slow["load"]),
            ),
            ("naive (parsed, not verified)", naive["chars"], fits, _median(naive["load"]), "-", "-"),
        ],
    )


def _row(name: str, took: list[float], to_frame: list[float] | None = None) -> tuple[object, ...]:
    frame: object = "-" if to_frame is None else percentile(to_frame, 0.5)
    return (name, len(took), percentile(took, 0.5), percentile(took, 0.99), max(took), frame)


def _asked_words(asked: Timed) -> str:
    late = len(asked.to_verdict) - asked.confirmed
    return "asks the server first (SQLite)" + (f"; {late} times it was too late" if late else "")


def _together(rounds: list[Timed]) -> Timed:
    return Timed(
        list(chain.from_iterable(one.to_verdict for one in rounds)),
        list(chain.from_iterable(one.to_frame for one in rounds)),
        sum(one.confirmed for one in rounds),
    )


def _all(rounds: list[dict[str, Any]]) -> list[float]:
    return list(chain.from_iterable(one["ms"] for one in rounds))


def _median(took: list[float]) -> float:
    return percentile(took, 0.5)
