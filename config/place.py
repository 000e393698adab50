"""Where a demo lives: its data folder, its ports, its secrets, and the environment that its processes get."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Place:
    """Data folder and ports of one demo on this machine."""

    data: Path
    port: int = 8000
    simulator_port: int = 8100

    @property
    def mail(self) -> Path:
        """Where the demo's mail lands, a file each."""
        return self.data / "mail"

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"


def environment(place: Place, *, base: Mapping[str, str]) -> dict[str, str]:
    """What every process of the demo is started with; a DATABASE_URL or REDIS_URL in `base` is kept."""
    return {
        "DATABASE_URL": f"sqlite:///{quote(str(place.data / 'ngn.sqlite3'))}",
        **base,
        **_secrets(place.data / "demo.env"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PUBLIC_URL": place.web_url,
        "STRIPE_API_BASE": place.simulator_url,
        "EMAIL_URL": f"file://{quote(str(place.mail))}",
        "SIM_PLATFORM_WEBHOOK_URL": f"{place.web_url}/stripe/webhook/",
        "SIM_CONNECT_WEBHOOK_URL": f"{place.web_url}/stripe/webhook/connect/",
    }


def new_secrets() -> dict[str, str]:
    """Random secrets that no other demo has."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "STRIPE_API_KEY": f"sk_test_{secrets.token_hex(24)}",
        "STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(24)}",
        "STRIPE_CONNECT_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(24)}",
    }


def _secrets(path: Path) -> dict[str, str]:
    """The demo's secrets, made at the first start and readable by their owner alone."""
    known = _read(path) if path.is_file() else {}
    wanted = {**new_secrets(), **known}
    if wanted != known:
        _write(path, wanted)
    return wanted


def _read(path: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: value for name, _, value in pairs}


def _write(path: Path, values: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
