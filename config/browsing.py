"""A browser of few words: pages, their links, forms and JSON; cookies; redirects followed. Standard library only."""

import contextlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

PATIENCE_SECONDS = 15.0


class UnreachableError(Exception):
    """Nobody answered, or the answer broke off: a server that is starting, stopping or gone."""


@dataclass(slots=True)
class Form:
    """One form as it stands on the page: where it goes, what it holds, what may be chosen."""

    action: str
    marks: frozenset[str]
    values: dict[str, str] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def filled(self, values: Mapping[str, str]) -> dict[str, str]:
        return {**self.values, **values}


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: where it was found in the end, its status, its links, its forms, and its JSON by its id."""

    url: str
    status: int
    links: tuple[str, ...]
    forms: tuple[Form, ...]
    data: Mapping[str, Any]


class Browser:
    """One person's browser, with cookies of its own."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, url: str) -> Page:
        """GET. Raises UnreachableError."""
        return self._ask(urllib.request.Request(_http(url)))

    def submit(self, form: Form, values: Mapping[str, str]) -> Page:
        """POST the form with `values` over what it held. Raises UnreachableError."""
        return self._ask(
            urllib.request.Request(_http(form.action), data=urlencode(form.filled(values)).encode())
        )

    def _ask(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=PATIENCE_SECONDS) as response:
                return read_page(response.url, response.status, _text(response.read()))
        except urllib.error.HTTPError as refusal:
            with refusal:
                return read_page(refusal.url, refusal.code, _text(refusal.read()))
        except (OSError, http.client.HTTPException) as reason:
            raise UnreachableError(f"{urlsplit(request.full_url).netloc}: {reason}") from reason


def _http(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"not a page: {url}")
    return url


def _text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")


def read_page(url: str, status: int, text: str) -> Page:
    """The links, forms and JSON of a page's HTML; addresses are made absolute by the URL where it was found."""
    reader = _Reader(url)
    reader.feed(text)
    return Page(
        url=url, status=status, links=tuple(reader.links), forms=tuple(reader.forms), data=reader.data()
    )


class _Reader(HTMLParser):
    """Collects links, and forms with their fields."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._select: str | None = None
        self._script: str | None = None
        self._texts: dict[str, str] = {}
        self.links: list[str] = []
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(urljoin(self._url, given["href"]))
        elif tag == "script" and given.get("type") == "application/json":
            self._script = given.get("id", "")
        elif tag == "form":
            marks = frozenset(name for name in given if name.startswith("data-"))
            self.forms.append(Form(action=urljoin(self._url, given.get("action", "")), marks=marks))
        elif self.forms and tag in ("input", "button", "select", "option"):
            self._field(self.forms[-1], tag, given)

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._texts[self._script] = self._texts.get(self._script, "") + data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = None

    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in self._texts.items():
            with contextlib.suppress(ValueError):  # half a page has half a text
                found[name] = json.loads(text)
        return found

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        if tag == "select":
            self._select = given.get("name")
        name = self._select if tag == "option" else given.get("name")
        if not name or "disabled" in given:
            return
        value, kind = given.get("value", ""), given.get("type", tag)
        if kind in ("radio", "option", "submit", "button"):
            form.choices.setdefault(name, []).append(value)
            if "checked" in given or "selected" in given:
                form.values[name] = value
        elif kind != "checkbox" or "checked" in given:
            form.values[name] = value
        if given.get("max", "").isdecimal():
            form.limits[name] = int(given["max"])
