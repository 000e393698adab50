"""EMAIL_URL: the way that mail takes, told in one line. Pure; `config.environment` judges, the settings obey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

EXAMPLES: Final = "smtp://user:password@host:587, smtps://user:password@host or file:///absolute/folder"
_BACKENDS: Final[Mapping[str, str]] = {
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
    "smtps": "django.core.mail.backends.smtp.EmailBackend",
    "file": "django.core.mail.backends.filebased.EmailBackend",
    "console": "django.core.mail.backends.console.EmailBackend",
}
_PORTS: Final = {"smtp": 587, "smtps": 465}
_ONES_OWN_MACHINE: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Django's EMAIL_* settings. `starttls` and `tls` are never both on."""

    backend: str
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False
    folder: str = ""


def misfit_of(url: str) -> str:
    """What is wrong with an EMAIL_URL; empty when it will do. Never repeats the URL: it may hold a password."""
    parts = _split(url)
    kind = parts.scheme
    if kind not in _BACKENDS:
        return f"EMAIL_URL is not like {EXAMPLES}; or console://, on one's own machine"
    if kind in _PORTS and not parts.hostname:
        return f"EMAIL_URL names no host: {kind}://host"
    if kind == "file" and (parts.netloc or not parts.path.strip("/")):
        return "EMAIL_URL names no folder: file:///absolute/folder"
    return (
        "" if _starttls_choice(parts) in ("", "on", "off") else "EMAIL_URL's starttls is neither on nor off"
    )


def read(url: str) -> Mail:
    """An EMAIL_URL in which `misfit_of` found nothing.

    smtps:// speaks TLS from the first byte. smtp:// begins TLS before anything else is said, unless the server is on
    this machine or `?starttls=off` says otherwise.
    """
    parts = _split(url)
    backend = _BACKENDS[parts.scheme]
    if parts.scheme not in _PORTS:
        return Mail(backend=backend, folder=unquote(parts.path) if parts.scheme == "file" else "")
    wanted = _starttls_choice(parts) or ("off" if parts.hostname in _ONES_OWN_MACHINE else "on")
    return Mail(
        backend=backend,
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp" and wanted == "on",
        tls=parts.scheme == "smtps",
    )


def _split(url: str) -> SplitResult:
    """A URL's parts; no parts at all when it cannot be one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _starttls_choice(parts: SplitResult) -> str:
    return parse_qs(parts.query).get("starttls", [""])[0]
