"""Where the built front end is: an entry's name in, the tags that load its hashed files out.

Vite writes `.vite/manifest.json` beside the files it builds; this is its only reader in Python.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import NotRequired, TypedDict

from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

STATIC_PREFIX = "app/"


class Chunk(TypedDict):
    """What Vite tells of one built file, as far as we read it."""

    file: str
    name: NotRequired[str]
    isEntry: NotRequired[bool]
    css: NotRequired[list[str]]
    imports: NotRequired[list[str]]


class FrontEndNotBuiltError(RuntimeError):
    """The front end is not built, or lacks what a page asks for: run `make setup`."""


def entry_tags(name: str) -> SafeString:
    """The stylesheets and the module script of one entry (`door`, `event`, ...)."""
    chunks = _manifest()
    key = next((k for k, c in chunks.items() if c.get("isEntry") and c.get("name") == name), None)
    if key is None:
        raise FrontEndNotBuiltError(f"the built front end has no entry {name!r}: run `make setup`")
    sheets = format_html_join(
        "", '<link rel="stylesheet" href="{}">', ((_url(file),) for file in _styles(chunks, key))
    )
    return format_html('{}<script type="module" src="{}"></script>', sheets, _url(chunks[key]["file"]))


def built_file(name: str) -> Path:
    """A file that Vite writes under a fixed name, such as the service worker."""
    path = Path(settings.FRONT_END_DIST) / name
    if not path.is_file():
        raise FrontEndNotBuiltError(f"{path} is missing: run `make setup`")
    return path


def _manifest() -> dict[str, Chunk]:
    path = built_file(".vite/manifest.json")
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _read(path: Path, _changed: int) -> dict[str, Chunk]:
    manifest: dict[str, Chunk] = json.loads(path.read_text())
    return manifest


def _styles(chunks: dict[str, Chunk], start: str) -> list[str]:
    """Every stylesheet that the entry needs, those of shared chunks first: the entry's own rules win."""
    seen: dict[str, None] = {}
    files: dict[str, None] = {}

    def visit(key: str) -> None:
        if key in seen:
            return
        seen[key] = None
        for imported in chunks[key].get("imports", []):
            visit(imported)
        files.update(dict.fromkeys(chunks[key].get("css", [])))

    visit(start)
    return list(files)


def _url(file: str) -> str:
    return static(STATIC_PREFIX + file)
