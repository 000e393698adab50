"""The environment: every mistake is named at once, and nothing starts with one."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest

from config.environment import Environment, EnvironmentProblem, database_of, read
from config.place import ROOT, new_secrets

GOOD = {
    **new_secrets(),
    "DATABASE_URL": "sqlite:////tmp/ngn.sqlite3",
    "PUBLIC_URL": "https://tickets.example.org",
    "EMAIL_URL": "smtp://mail.example.org",
}
HOME = {**GOOD, "PUBLIC_URL": "http://127.0.0.1:8000"}
LIVE = {**GOOD, "STRIPE_API_KEY": "sk_live_1"}


def problems_of(variables: dict[str, str]) -> str:
    with pytest.raises(EnvironmentProblem) as refused:
        read(variables)
    return str(refused.value)


def test_what_is_needed_and_nothing_more_is_enough() -> None:
    environment = read(GOOD)

    assert environment.stripe_webhook_secrets == (GOOD["STRIPE_WEBHOOK_SECRETS"],)
    assert (environment.redis_url, environment.debug, environment.log_level) == ("", False, "INFO")


def test_every_missing_name_is_told_at_once() -> None:
    needed = [field.name.upper() for field in msgspec.structs.fields(Environment) if field.required]

    problems = problems_of({})

    assert len(needed) == 6
    assert [name for name in needed if f"{name} is missing: " not in problems] == []


def test_blank_is_missing() -> None:
    assert "SECRET_KEY is missing" in problems_of({**GOOD, "SECRET_KEY": "   "})


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("SECRET_KEY", "x" * 31, "SECRET_KEY is shorter than 32"),
        ("CONNECTIONS_PER_ADDRESS", "many", "CONNECTIONS_PER_ADDRESS is no whole number"),
        ("CONNECTIONS_PER_ADDRESS", "-1", "CONNECTIONS_PER_ADDRESS is no whole number"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT is none of json, line"),
        ("METRICS_TOKEN", "short", "METRICS_TOKEN is shorter than 32"),
        ("DATABASE_URL", "mysql://host/name", "DATABASE_URL is neither"),
        ("DATABASE_URL", "/var/ngn.sqlite3", "DATABASE_URL is neither"),
        ("DATABASE_URL", "sqlite://", "DATABASE_URL"),
        ("DATABASE_URL", "sqlite:///", "DATABASE_URL"),
        ("DATABASE_URL", "postgresql://user@host:port/name", "DATABASE_URL"),
        ("DATABASE_URL", "postgresql://user@host/", "DATABASE_URL"),
        ("PUBLIC_URL", "tickets.example.org", "PUBLIC_URL is not like"),
        ("PUBLIC_URL", "ftp://tickets.example.org", "PUBLIC_URL is not like"),
        ("PUBLIC_URL", "https://tickets.example.org/shop", "PUBLIC_URL is not like"),
        ("PUBLIC_URL", "https://", "PUBLIC_URL is not like"),
        ("PUBLIC_URL", "https://tickets.example.org:seven", "PUBLIC_URL is not like"),
        ("PUBLIC_URL", "https://[tickets", "PUBLIC_URL is not like"),
        ("PUBLIC_URL", "https://me:secret@tickets.example.org", "PUBLIC_URL is not like"),
        ("PUBLIC_URL", "https://tickets.example.org?x=1", "PUBLIC_URL is not like"),
        ("REDIS_URL", "http://redis:6379", "REDIS_URL is not like"),
        ("LOG_LEVEL", "chatty", "LOG_LEVEL is none of"),
        ("EMAIL_URL", "mail.example.org", "EMAIL_URL is not like"),
        ("EMAIL_URL", "smtp://", "EMAIL_URL names no host"),
        ("EMAIL_URL", "file://", "EMAIL_URL names no folder"),
        ("EMAIL_URL", "", "EMAIL_URL is missing"),
        ("EMAIL_URL", "console://", "EMAIL_URL is console://"),
        ("DEFAULT_FROM_EMAIL", "NGN", "DEFAULT_FROM_EMAIL is not like"),
        ("DEFAULT_FROM_EMAIL", "@", "DEFAULT_FROM_EMAIL is not like"),
        ("DEFAULT_FROM_EMAIL", "a@b.org\nBcc: c@d.org", "DEFAULT_FROM_EMAIL is not like"),
        ("DEBUG", "perhaps", "DEBUG is neither on nor off"),
        ("STRIPE_API_KEY", "pk_test_1", "STRIPE_API_KEY is not a secret or restricted key"),
        ("STRIPE_API_BASE", "127.0.0.1:8100", "STRIPE_API_BASE is not like"),
        ("STRIPE_WEBHOOK_SECRETS", "sk_test_1", "STRIPE_WEBHOOK_SECRETS holds something"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_a,oops", "STRIPE_WEBHOOK_SECRETS holds something"),
        ("STRIPE_WEBHOOK_SECRETS", " , ", "STRIPE_WEBHOOK_SECRETS"),
        ("STRIPE_CONNECT_WEBHOOK_SECRETS", "oops", "STRIPE_CONNECT_WEBHOOK_SECRETS holds something"),
    ],
)
def test_a_bad_value_is_named(name: str, text: str, told: str) -> None:
    assert told in problems_of({**GOOD, name: text})


def test_several_bad_values_are_told_together() -> None:
    problems = problems_of({**GOOD, "SECRET_KEY": "short", "PUBLIC_URL": "x", "DEBUG": "perhaps"})

    assert [name for name in ("SECRET_KEY", "PUBLIC_URL", "DEBUG") if name not in problems] == []


def test_problems_never_repeat_a_secret() -> None:
    secret = "whsec-not-quite-but-secret"

    mail = f"smtp://me:{secret}@host?starttls=perhaps"
    problems = problems_of(
        {**GOOD, "STRIPE_WEBHOOK_SECRETS": secret, "STRIPE_API_KEY": secret, "EMAIL_URL": mail}
    )

    assert secret not in problems


def test_two_webhook_secrets_are_two_while_they_rotate() -> None:
    environment = read({**GOOD, "STRIPE_WEBHOOK_SECRETS": "whsec_new, whsec_old,"})

    assert environment.stripe_webhook_secrets == ("whsec_new", "whsec_old")


@pytest.mark.parametrize(
    ("text", "meant"), [("on", True), ("1", True), ("TRUE", True), ("off", False), ("no", False)]
)
def test_debug_is_on_or_off(text: str, meant: bool) -> None:
    assert read({**GOOD, "PUBLIC_URL": "http://127.0.0.1:8000", "DEBUG": text}).debug is meant


def test_debug_stays_on_ones_own_machine() -> None:
    assert "DEBUG is on" in problems_of({**GOOD, "DEBUG": "on"})


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_a_live_key_is_live_money(key: str) -> None:
    assert read({**GOOD, "STRIPE_API_KEY": key}).live_money
    assert not read(GOOD).live_money


def test_a_live_key_speaks_to_stripe_alone() -> None:
    problems = problems_of({**LIVE, "STRIPE_API_BASE": "http://127.0.0.1:8100"})

    assert "STRIPE_API_BASE points away from Stripe" in problems


def test_a_live_key_needs_https() -> None:
    assert "PUBLIC_URL is not https" in problems_of({**LIVE, "PUBLIC_URL": "http://tickets.example.org"})


def test_on_ones_own_machine_mail_is_printed_unless_told_otherwise() -> None:
    without = {name: value for name, value in HOME.items() if name != "EMAIL_URL"}

    assert read(without).outgoing_mail.backend.endswith("console.EmailBackend")
    assert read(HOME).outgoing_mail.host == "mail.example.org"


def test_mail_is_from_the_products_own_host_unless_told_otherwise() -> None:
    named = read({**GOOD, "DEFAULT_FROM_EMAIL": "Box office <box@example.com>"})

    assert read(GOOD).sender == "NGN Ticketing <tickets@tickets.example.org>"
    assert read(HOME).sender == "NGN Ticketing <tickets@localhost>"
    assert named.sender == "Box office <box@example.com>"


def test_pages_of_ones_own_machine_may_call_it_by_both_names() -> None:
    local = read({**GOOD, "PUBLIC_URL": "http://127.0.0.1:8000"})

    assert local.origins == ["http://127.0.0.1:8000", "http://localhost:8000"]
    assert read(GOOD).origins == ["https://tickets.example.org"]


def test_postgresql_by_a_url_with_escapes_and_by_a_socket() -> None:
    by_host = database_of("postgresql://m%40rk:p%2Fw@db.internal:5433/ngn")
    by_socket = database_of("postgresql:///ngn?host=%2Fvar%2Frun%2Fpostgresql")

    assert (by_host["USER"], by_host["PASSWORD"]) == ("m@rk", "p/w")
    assert (by_host["HOST"], by_host["PORT"], by_host["NAME"]) == ("db.internal", "5433", "ngn")
    assert (by_socket["HOST"], by_socket["NAME"]) == ("/var/run/postgresql", "ngn")


def test_a_process_without_a_secret_key_ends_and_says_so() -> None:
    variables = {**os.environ, **GOOD, "DJANGO_SETTINGS_MODULE": "config.settings"}
    variables.pop("SECRET_KEY")

    answer = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode != 0
    assert "SECRET_KEY is missing" in answer.stderr
    assert "Traceback" not in answer.stderr
