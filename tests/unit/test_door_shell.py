"""The door's shell, service worker and app manifest, and where templates find the built front end."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from realtime.front_end import FrontEndNotBuiltError, entry_tags

MANIFEST: dict[str, Any] = {
    "_shared-1.js": {"file": "assets/shared-1.js", "name": "shared", "css": ["assets/shared-1.css"]},
    "_deep-1.js": {"file": "assets/deep-1.js", "name": "deep", "imports": ["_shared-1.js"]},
    "bouncer_client/src/entries/door.ts": {
        "file": "assets/door-1.js",
        "name": "door",
        "isEntry": True,
        "imports": ["_shared-1.js", "_deep-1.js"],
        "css": ["assets/door-1.css"],
    },
}


def write_manifest(dist: Path, manifest: dict[str, Any]) -> Path:
    file = dist / ".vite" / "manifest.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(manifest))
    return file


@pytest.fixture
def dist(tmp_path: Path, settings: Any) -> Path:
    """A built front end, as Vite leaves it."""
    settings.FRONT_END_DIST = tmp_path
    write_manifest(tmp_path, MANIFEST)
    (tmp_path / "door-sw.js").write_text("/* the worker */")
    return tmp_path


@pytest.mark.parametrize("path", ["/door/", "/door/pair/", "/door/scan/now/"])
def test_every_page_of_the_door_is_the_same_shell(client: Client, dist: Path, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    assert b'src="/static/app/assets/door-1.js"' in response.content
    assert response.content == client.get("/door/").content


def test_the_shell_is_the_same_for_everybody(client: Client, dist: Path) -> None:
    response = client.get("/door/")

    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    assert b"csrf" not in response.content.lower()
    assert response["Cache-Control"] == "no-cache"


def test_the_shell_holds_no_inline_script_or_style(client: Client, dist: Path) -> None:
    page = client.get("/door/").content.decode()

    assert page.count("<script") == page.count('<script type="module" src=')
    assert "<style" not in page
    assert " style=" not in page


@pytest.mark.parametrize("path", ["/door/api/nothing", "/door/api/nothing/", "/door/unknown.js", "/door/A/"])
def test_what_is_not_a_page_of_the_door_is_not_the_shell(client: Client, dist: Path, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/door/", "/door/sw.js", "/door/app.webmanifest"])
def test_nothing_is_posted_to_the_shell(client: Client, dist: Path, path: str) -> None:
    assert client.post(path).status_code == 405


def test_the_service_worker_is_never_cached_and_serves_the_door(client: Client, dist: Path) -> None:
    response = client.get("/door/sw.js")

    assert re.fullmatch(rb'self\.NGN_SHELL="[0-9a-f]{16}";\n/\* the worker \*/', response.content)
    assert response["Content-Type"] == "text/javascript"
    assert response["Cache-Control"] == "no-cache"
    assert response["Service-Worker-Allowed"] == "/door/"


def test_a_shell_that_changes_is_a_new_version_of_the_app(client: Client, dist: Path) -> None:
    before = client.get("/door/sw.js").content
    assert client.get("/door/sw.js").content == before

    file = write_manifest(dist, json.loads(json.dumps(MANIFEST).replace("door-1", "door-2")))
    later = file.stat().st_mtime_ns + 1_000_000
    os.utime(file, ns=(later, later))

    assert client.get("/door/sw.js").content != before


def test_the_app_manifest_installs_the_door_and_its_icons_exist(client: Client, dist: Path) -> None:
    response = client.get("/door/app.webmanifest")
    manifest = response.json()
    icons = Path(__file__).parents[2] / "bouncer_client" / "static"

    assert response["Content-Type"] == "application/manifest+json"
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == (
        "/door/",
        "/door/",
        "standalone",
    )
    assert {icon.get("purpose", "any") for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        assert (icons / icon["src"].removeprefix("/static/")).is_file()


def test_an_entrys_tags_load_shared_styles_before_its_own_and_each_once(dist: Path) -> None:
    assert entry_tags("door") == (
        '<link rel="stylesheet" href="/static/app/assets/shared-1.css">'
        '<link rel="stylesheet" href="/static/app/assets/door-1.css">'
        '<script type="module" src="/static/app/assets/door-1.js"></script>'
    )


def test_a_new_build_is_seen_without_a_restart(dist: Path) -> None:
    entry_tags("door")
    rebuilt = json.loads(json.dumps(MANIFEST).replace("door-1", "door-2"))

    file = write_manifest(dist, rebuilt)
    later = file.stat().st_mtime_ns + 1_000_000
    os.utime(file, ns=(later, later))

    assert "door-2.js" in entry_tags("door")


def test_an_entry_that_was_not_built_is_named(dist: Path) -> None:
    with pytest.raises(FrontEndNotBuiltError, match=r"no entry 'shared'.*make setup"):
        entry_tags("shared")


def test_a_front_end_that_was_not_built_says_what_to_do(tmp_path: Path, settings: Any) -> None:
    settings.FRONT_END_DIST = tmp_path

    with pytest.raises(FrontEndNotBuiltError, match=r"manifest\.json is missing: run `make setup`"):
        entry_tags("door")
