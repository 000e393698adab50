"""What every browser and crawler asks for unasked is answered without a 404 in the log."""

from __future__ import annotations

from django.contrib.staticfiles import finders
from django.test import Client


def test_crawlers_are_asked_to_leave_people_alone() -> None:
    answer = Client().get("/robots.txt")

    lines = answer.content.decode().splitlines()
    assert answer["Content-Type"].startswith("text/plain")
    assert lines[0] == "User-agent: *"
    for path in ("/o/", "/wallet/", "/door/", "/staff/", "/venue/", "/artist/"):
        assert f"Disallow: {path}" in lines
    assert "Disallow: /" not in lines
    assert "Disallow: /e/" not in lines


def test_the_icons_oldest_address_leads_to_the_icon() -> None:
    answer = Client().get("/favicon.ico")

    assert answer.status_code == 302
    assert finders.find(answer["Location"].removeprefix("/static/"))
