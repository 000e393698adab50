"""The security headers of every kind of answer; the camera only at the door."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import a_show

pytestmark = [pytest.mark.database, pytest.mark.django_db]
EVERYWHERE = (
    "/",
    "/healthz",
    "/login/",
    "/nowhere/",
    "/door/",
    "/door/api/manifest",
    "/stripe/webhook/",
    "/wallet/",
)


def policy_of(path: str) -> dict[str, list[str]]:
    """The content security policy, by directive."""
    text = Client().get(path)["Content-Security-Policy"]
    directives = [piece.split() for piece in text.split(";")]
    return {name: sources for name, *sources in directives}


@pytest.mark.parametrize("path", EVERYWHERE)
def test_nothing_runs_that_is_not_ours(path: str) -> None:
    policy = policy_of(path)

    assert policy["script-src"] == policy["style-src"] == policy["default-src"] == ["'self'"]
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert not any("unsafe" in source for sources in policy.values() for source in sources)


def test_pages_speak_to_our_sockets_only() -> None:
    sources = policy_of("/")["connect-src"]

    assert sources == ["'self'", "ws://127.0.0.1:8000", "ws://localhost:8000"]


def test_a_forms_answer_may_lead_to_stripes_page_and_nowhere_else() -> None:
    assert policy_of("/")["form-action"] == [
        "'self'",
        "https://checkout.stripe.com",
        "https://connect.stripe.com",
    ]


@pytest.mark.parametrize(
    ("path", "camera"),
    [("/door/", "camera=(self)"), ("/", "camera=()"), ("/login/", "camera=()"), ("/nowhere/", "camera=()")],
)
def test_the_camera_is_for_the_door_alone(path: str, camera: str) -> None:
    allowed = Client().get(path)["Permissions-Policy"].split(", ")

    assert camera in allowed
    assert {"microphone=()", "geolocation=()"} <= set(allowed)


@pytest.mark.parametrize("path", EVERYWHERE)
def test_no_answer_is_sniffed_framed_or_told_to_other_sites(path: str) -> None:
    answer = Client().get(path)

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_an_event_page_has_them_too() -> None:
    event = a_show()

    answer = Client().get(f"/e/{event.slug}/")

    assert answer.status_code == 200
    assert "Content-Security-Policy" in answer


def test_a_host_that_is_not_ours_is_refused() -> None:
    assert Client(headers={"host": "evil.example.org"}).get("/login/").status_code == 400
