"""The one place that reads environment variables: a typed struct, or every mistake at once and no start."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from config import mail

_TRUE, _FALSE = {"1", "true", "on", "yes"}, {"", "0", "false", "off", "no"}
_LOG_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR"}
_LOG_FORMATS = {"line", "json"}
_ONES_OWN_MACHINE = ("localhost", "127.0.0.1", "::1")


class EnvironmentProblem(Exception):
    """The environment does not do; the message has a line for every name that is missing or wrong."""


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is told. Field names are the variables' names in lower case."""

    secret_key: str
    database_url: str
    public_url: str
    stripe_api_key: str
    stripe_webhook_secrets: tuple[str, ...]
    stripe_connect_webhook_secrets: tuple[str, ...]
    redis_url: str = ""
    stripe_api_base: str = ""
    email_url: str = "console://"
    default_from_email: str = ""
    debug: bool = False
    log_level: str = "INFO"
    log_format: str = "line"
    metrics_token: str = ""
    connections_per_address: int = 6_000
    """A whole venue may share one address: its fans, its office and its door. 0 is no limit."""

    @property
    def origin(self) -> str:
        """Scheme, host and port of PUBLIC_URL."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def origins(self) -> list[str]:
        """The origins whose pages may open a socket: PUBLIC_URL's, and on one's own machine both of its names."""
        names = ("127.0.0.1", "localhost")
        if self.host not in names:
            return [self.origin]
        return [self.origin.replace(self.host, name, 1) for name in names]

    @property
    def host(self) -> str:
        """The host name of PUBLIC_URL."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def on_ones_own_machine(self) -> bool:
        """Whether nobody else reaches this: PUBLIC_URL is the machine itself."""
        return self.host in _ONES_OWN_MACHINE

    @property
    def secure(self) -> bool:
        """Whether the product is served over TLS."""
        return self.public_url.startswith("https://")

    @property
    def outgoing_mail(self) -> mail.Mail:
        """The way that mail takes."""
        return mail.read(self.email_url)

    @property
    def sender(self) -> str:
        """Whom our mail is from; an address at PUBLIC_URL's host unless there is a better one."""
        host = "localhost" if self.on_ones_own_machine else self.host
        return self.default_from_email or f"NGN Ticketing <tickets@{host}>"

    @property
    def live_money(self) -> bool:
        """Whether the Stripe key moves real money."""
        return self.stripe_api_key.startswith(("sk_live_", "rk_live_"))


def read(variables: Mapping[str, str]) -> Environment:
    """Read and judge the variables. Raises EnvironmentProblem naming every missing or bad one."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in msgspec.structs.fields(Environment):
        name = field.name.upper()
        text = variables.get(name, "").strip()
        if not text:
            if field.required:
                problems.append(f"{name} is missing: {_MEANINGS[field.name]}")
            continue
        value = _parsed(field.type, text)
        if value is None:
            problems.append(f"{name} is {'no whole number' if field.type is int else 'neither on nor off'}")
        values[field.name] = value
    problems += _misfits(values)
    if problems:
        raise EnvironmentProblem(
            "\n".join(["the environment does not do:", *(f"  {line}" for line in problems)])
        )
    return Environment(**values)


def _parsed(kind: Any, text: str) -> Any:
    if kind is bool:
        return True if text.lower() in _TRUE else False if text.lower() in _FALSE else None
    if kind is int:
        return int(text) if text.isascii() and text.isdecimal() else None
    if kind is str:
        return text
    return tuple(part for part in (piece.strip() for piece in text.split(",")) if part)


def _misfits(values: Mapping[str, Any]) -> list[str]:
    """What is there but cannot be meant."""
    problems = []
    if 0 < len(values.get("secret_key", "")) < 32:
        problems.append("SECRET_KEY is shorter than 32 characters")
    if (url := values.get("database_url")) and not _names_a_database(url):
        problems.append(
            "DATABASE_URL is neither sqlite:////absolute/path nor postgresql://user:password@host/name"
        )
    if (url := values.get("public_url")) and not _is_a_site(url):
        problems.append("PUBLIC_URL is not like https://tickets.example.org")
    if (url := values.get("redis_url")) and _split(url).scheme not in ("redis", "rediss", "unix"):
        problems.append("REDIS_URL is not like redis://host:6379/0")
    if values.get("log_level", "INFO") not in _LOG_LEVELS:
        problems.append(f"LOG_LEVEL is none of {', '.join(sorted(_LOG_LEVELS))}")
    if values.get("log_format", "line") not in _LOG_FORMATS:
        problems.append(f"LOG_FORMAT is none of {', '.join(sorted(_LOG_FORMATS))}")
    if 0 < len(values.get("metrics_token", "")) < 32:
        problems.append("METRICS_TOKEN is shorter than 32 characters")
    return problems + _mail_misfits(values) + _stripe_misfits(values) + _production_misfits(values)


def _split(url: str) -> SplitResult:
    """A URL's parts; no parts at all when it cannot be one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _names_a_database(url: str) -> bool:
    parts = _split(url)
    if parts.scheme == "sqlite":
        return not parts.netloc and len(parts.path) > 1
    return parts.scheme in ("postgresql", "postgres") and len(parts.path) > 1


def _is_a_site(url: str) -> bool:
    """Scheme, host and port: anything more would find its way into every link that is built on it."""
    parts = _split(url)
    bare = f"{parts.scheme}://{parts.netloc}"
    return (
        parts.scheme in ("http", "https")
        and "@" not in bare
        and bool(parts.hostname)
        and url.rstrip("/") == bare
    )


def _mail_misfits(values: Mapping[str, Any]) -> list[str]:
    """People sign in by a mailed code: nobody could, or every log reader, where mail has no way out."""
    problems = []
    url = values.get("email_url", "")
    if url and (misfit := mail.misfit_of(url)):
        problems.append(misfit)
    elif not _is_local(values) and not url:
        problems.append(f"EMAIL_URL is missing: how mail is sent, {mail.EXAMPLES}")
    elif not _is_local(values) and url.startswith("console:"):
        problems.append("EMAIL_URL is console:// while PUBLIC_URL is not this machine: codes would be logged")
    sender = values.get("default_from_email", "")
    if sender and (not sender.isprintable() or not all(parseaddr(sender)[1].partition("@"))):
        problems.append("DEFAULT_FROM_EMAIL is not like NGN Ticketing <tickets@example.org>")
    return problems


def _is_local(values: Mapping[str, Any]) -> bool:
    # Without a PUBLIC_URL that is read, there is another problem to be told first.
    return _split(values.get("public_url", "")).hostname in (*_ONES_OWN_MACHINE, None)


def _stripe_misfits(values: Mapping[str, Any]) -> list[str]:
    problems = []
    key = values.get("stripe_api_key", "sk_test_")
    if not key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        problems.append("STRIPE_API_KEY is not a secret or restricted key (sk_..., rk_...)")
    if (url := values.get("stripe_api_base")) and not _is_a_site(url):
        problems.append("STRIPE_API_BASE is not like http://127.0.0.1:8100")
    if values.get("stripe_api_base") and "_live_" in key:
        problems.append("STRIPE_API_BASE points away from Stripe while STRIPE_API_KEY is a live key")
    return problems + [
        f"{name.upper()} holds something that is not a whsec_... secret"
        for name in ("stripe_webhook_secrets", "stripe_connect_webhook_secrets")
        if name in values and not (values[name] and all(s.startswith("whsec_") for s in values[name]))
    ]


def _production_misfits(values: Mapping[str, Any]) -> list[str]:
    if values.get("debug") and not _is_local(values):
        return ["DEBUG is on while PUBLIC_URL is not this machine"]
    if "_live_" in values.get("stripe_api_key", "") and not values.get("public_url", "").startswith(
        "https://"
    ):
        return ["STRIPE_API_KEY is a live key while PUBLIC_URL is not https"]
    return []


def database_of(url: str) -> dict[str, Any]:
    """A database URL as Django's settings want it: SQLite in WAL, immediate and fair, or pooled PostgreSQL."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "config.fair_sqlite3",
            "NAME": Path(unquote(parts.path)),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON",
            },
            "TEST": {"NAME": str(Path(unquote(parts.path)).with_suffix(".test.sqlite3"))},
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "") or _socket_host(parts.query),
        "PORT": str(parts.port or ""),
        # Only the statements of ticketing/prepared.py are ever prepared: Django's own cursors send values as text.
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 16, "timeout": 10}, "prepare_threshold": 5},
    }


def _socket_host(query: str) -> str:
    """`?host=/var/run/postgresql`, libpq's way of naming a Unix socket."""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name == "host":
            return unquote(value)
    return ""


_MEANINGS = {
    "secret_key": "at least 32 random characters that sign sessions",
    "database_url": "sqlite:////absolute/path.sqlite3 or postgresql://user:password@host/name",
    "public_url": "where people reach the product, for instance https://tickets.example.org",
    "stripe_api_key": "sk_test_..., sk_live_... or a restricted rk_... key",
    "stripe_webhook_secrets": "the platform endpoint's whsec_... (a comma between two, while rotating)",
    "stripe_connect_webhook_secrets": "the Connect endpoint's whsec_... (a comma between two, while rotating)",
}
