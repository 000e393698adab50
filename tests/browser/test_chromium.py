"""The browser behind the other tests: real Chromium, whose camera films the file that a test gives it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import BrowserFactory

# Nobody listens there: the page is given by the test, and 127.0.0.1 is an origin that may ask for a camera.
URL = "http://127.0.0.1:9/"
COLOUR_IN_THE_MIDDLE = """async () => {
  const video = document.querySelector("video");
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
  await video.play();
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  return [...context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data.slice(0, 3)];
}"""


def test_a_browser_shows_a_page(browser_factory: BrowserFactory) -> None:
    page = _page_of(browser_factory(), "<h1>Doors at seven</h1>")

    assert page.inner_text("h1") == "Doors at seven"


def test_the_camera_films_the_file(browser_factory: BrowserFactory, tmp_path: Path) -> None:
    film = tmp_path / "film.mjpeg"
    poster = _page_of(browser_factory(), '<body style="background: rgb(0, 128, 0)">')
    poster.screenshot(path=film.with_suffix(".jpeg"), type="jpeg", quality=95)
    film.with_suffix(".jpeg").rename(film)

    door = _page_of(browser_factory(camera_file=film), "<video></video>")
    colour = door.evaluate(COLOUR_IN_THE_MIDDLE)

    # The picture has gone through JPEG and the camera's own colours.
    assert colour == pytest.approx([0, 128, 0], abs=12)


def _page_of(browser: Browser, html: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.route(URL, lambda route: route.fulfill(content_type="text/html", body=html))
    page.goto(URL)
    return page
