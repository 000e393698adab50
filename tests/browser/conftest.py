"""Real Chromium against the real processes. Playwright's synchronous API; no async tests in this folder.

Playwright keeps an event loop of its own in the main thread for as long as it runs, so it lives for this folder alone:
the asyncio tests before and after it find the thread free. For the same reason a browser test asks the product
over HTTP or the browser, never through the ORM.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests import chromium

BrowserFactory = Callable[..., Browser]


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as session:
        yield session


@pytest.fixture
def browser_factory(playwright: Playwright) -> Iterator[BrowserFactory]:
    """`browser_factory(camera_file=None)`: a Chromium of its own, with that file as its camera; closed afterwards."""
    opened: list[Browser] = []

    def launch(camera_file: Path | None = None) -> Browser:
        program = chromium.program()
        browser = playwright.chromium.launch(executable_path=program, args=chromium.arguments(camera_file))
        opened.append(browser)
        return browser

    yield launch
    for browser in opened:
        browser.close()
