"""The container files agree with the product: the same variables, the same files, nothing secret, nobody root."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from config import siblings
from config.environment import Environment
from config.place import ROOT
from realtime.server.limits import Limits

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PRODUCT = ("web", "worker", "migrate")
FIELDS = {field.name.upper(): field for field in msgspec.structs.fields(Environment)}
# They make sense on a developer's machine alone.
DEVELOPMENT_ONLY = {"DEBUG", "STRIPE_API_BASE"}


@pytest.mark.parametrize("service", PRODUCT)
def test_compose_gives_the_product_every_variable_that_it_knows_and_no_other(service: str) -> None:
    given = set(SERVICES[service]["environment"])

    assert given == set(FIELDS) - DEVELOPMENT_ONLY


def test_the_example_file_lists_every_variable_and_every_one_that_compose_asks_for() -> None:
    text = (ROOT / ".env.example").read_text()
    listed = set(re.findall(r"^#?([A-Z_]+)=", text, flags=re.MULTILINE))
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))

    assert listed == set(FIELDS) | asked


def test_the_example_file_holds_no_secret() -> None:
    text = (ROOT / ".env.example").read_text()
    filled = dict(re.findall(r"^([A-Z_]+)=(.+)$", text, flags=re.MULTILINE))

    assert set(filled) == {"PUBLIC_URL", "LOG_LEVEL", "LOG_FORMAT"}


def test_compose_refuses_to_start_without_a_required_variable() -> None:
    environment = SERVICES["web"]["environment"]
    required = [name for name, field in FIELDS.items() if field.required]

    assert all(":?" in environment[name] for name in required)


@pytest.mark.parametrize("service", PRODUCT)
def test_the_product_runs_read_only_and_without_rights(service: str) -> None:
    settings = SERVICES[service]

    assert settings["read_only"]
    assert settings["cap_drop"] == ["ALL"]
    assert settings["security_opt"] == ["no-new-privileges:true"]


def test_compose_refuses_to_start_without_a_way_for_mail() -> None:
    assert ":?" in SERVICES["web"]["environment"]["EMAIL_URL"]


def test_two_web_containers_stand_behind_the_proxy_and_only_the_proxy_is_reachable() -> None:
    assert SERVICES["web"]["deploy"]["replicas"] == 2
    assert [name for name, settings in SERVICES.items() if "ports" in settings] == ["proxy"]


def test_the_web_containers_trust_the_proxy_and_have_time_to_drain() -> None:
    web = SERVICES["web"]

    assert "--behind-proxy" in web["command"]
    assert int(web["stop_grace_period"].removesuffix("s")) > siblings.END_SECONDS > Limits().drain_s


def test_nothing_starts_before_what_it_needs() -> None:
    assert SERVICES["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    for service in ("web", "worker"):
        needs = SERVICES[service]["depends_on"]
        assert needs["migrate"] == {"condition": "service_completed_successfully"}
        assert needs["redis"] == {"condition": "service_healthy"}


def test_every_volume_and_mounted_file_exists() -> None:
    mounts = [mount for settings in SERVICES.values() for mount in settings.get("volumes", [])]
    sources = [mount.split(":")[0] for mount in mounts]

    assert {name for name in sources if not name.startswith(".")} == set(COMPOSE["volumes"])
    assert all((ROOT / name).is_file() for name in sources if name.startswith("."))


def test_the_image_is_built_from_files_that_exist_and_that_the_build_may_see() -> None:
    copied = [name for line in _lines("COPY") if "--from=" not in line for name in line.split()[1:-1]]
    visible = {line[1:].rstrip("/") for line in _ignore_file() if line.startswith("!")}

    assert copied
    assert all((ROOT / name).exists() for name in copied)
    assert all({name, *map(str, Path(name).parents)} & visible for name in copied)


def test_every_source_that_the_front_end_build_reads_is_in_its_stage() -> None:
    stage = DOCKERFILE.split("FROM ")[1]
    roots = ("bouncer_client/src", "dashboards/src", "realtime/client", "ticketing/client")

    assert all(f"COPY {name} {name}" in stage for name in roots)


def test_the_image_installs_only_hashed_wheels() -> None:
    (install,) = re.findall(r"pip install[^\n]*", DOCKERFILE)

    assert "--require-hashes" in install
    assert "--only-binary :all:" in install


def test_the_image_ends_as_an_ordinary_user_with_a_health_check() -> None:
    final = DOCKERFILE.split("FROM ")[-1]

    assert _lines("USER") == ["USER ngn"]
    assert final.index("USER ngn") < final.index("CMD [")
    assert "HEALTHCHECK" in final


def test_the_image_knows_no_value_of_any_variable() -> None:
    assert not any(name in DOCKERFILE for name in FIELDS)


def test_the_simulator_stays_out_of_the_image() -> None:
    assert "ticketing/simulator/" in _ignore_file()


def test_the_proxy_sends_to_the_port_that_the_web_process_listens_on() -> None:
    caddyfile = (ROOT / "config/proxy/Caddyfile").read_text()
    port = re.search(r'"--port", "(\d+)"', DOCKERFILE)

    assert port is not None
    assert f"--port={port[1]}" in SERVICES["web"]["command"]
    assert re.search(rf"name web\s+port {port[1]}\b", caddyfile)
    assert caddyfile.count("{") == caddyfile.count("}")


def _lines(instruction: str) -> list[str]:
    return [line for line in DOCKERFILE.splitlines() if line.startswith(f"{instruction} ")]


def _ignore_file() -> list[str]:
    return (ROOT / ".dockerignore").read_text().splitlines()
