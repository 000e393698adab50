"""EMAIL_URL: what it may say, and what it comes to."""

from __future__ import annotations

import pytest

from config import mail
from config.mail import Mail

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("smtp://mail.example.org", Mail(backend=SMTP, host="mail.example.org", port=587, starttls=True)),
        (
            "smtp://me%40example.org:p%2Fw%3A1@mail.example.org:2525",
            Mail(
                backend=SMTP,
                host="mail.example.org",
                port=2525,
                user="me@example.org",
                password="p/w:1",
                starttls=True,
            ),
        ),
        (
            "smtps://me:pw@mail.example.org",
            Mail(backend=SMTP, host="mail.example.org", port=465, user="me", password="pw", tls=True),
        ),
        ("smtp://relay:25?starttls=off", Mail(backend=SMTP, host="relay", port=25)),
        ("smtp://127.0.0.1:1025", Mail(backend=SMTP, host="127.0.0.1", port=1025)),
        ("smtp://[::1]:1025", Mail(backend=SMTP, host="::1", port=1025)),
        ("smtp://localhost:1025?starttls=on", Mail(backend=SMTP, host="localhost", port=1025, starttls=True)),
        (
            "file:///var/my%20mail",
            Mail(backend="django.core.mail.backends.filebased.EmailBackend", folder="/var/my mail"),
        ),
        ("console://", Mail(backend="django.core.mail.backends.console.EmailBackend")),
    ],
)
def test_a_way_for_mail_is_read(url: str, meant: Mail) -> None:
    assert mail.misfit_of(url) == ""
    assert mail.read(url) == meant


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://host:port",
        "smtp://host:99999",
        "smtp://[host",
        "smtp://host?starttls=perhaps",
        "file://",
        "file:///",
        "file://var/mail",
    ],
)
def test_what_leads_nowhere_is_told(url: str) -> None:
    assert mail.misfit_of(url).startswith("EMAIL_URL")


def test_a_password_is_never_repeated() -> None:
    assert "hush" not in mail.misfit_of("smtp://me:hush@host?starttls=perhaps")
