"""What the process is started with: from the environment and the command line, checked before anything is opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ticketing.simulator.money import Prices

API_VERSION = "2026-10-28.endive"
TEST_KEY_PREFIXES = ("sk_test_", "rk_test_")


class BadSettingsError(ValueError):
    """The process may not start like this; the text says why."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one webhook endpoint listens, and the secret that signs for it."""

    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Settings:
    api_key: str
    platform: Endpoint | None = None
    connect: Endpoint | None = None
    prices: Prices = field(default_factory=Prices)

    def endpoint(self, name: str) -> Endpoint | None:
        return self.connect if name == "connect" else self.platform


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Raises BadSettingsError naming every missing or unusable value at once."""
    problems: list[str] = []
    settings = Settings(
        api_key=_api_key(environment, problems),
        platform=_endpoint(environment, "SIM_PLATFORM_WEBHOOK_URL", "STRIPE_WEBHOOK_SECRETS", problems),
        connect=_endpoint(environment, "SIM_CONNECT_WEBHOOK_URL", "STRIPE_CONNECT_WEBHOOK_SECRETS", problems),
        prices=_prices(environment, problems),
    )
    if problems:
        raise BadSettingsError("\n".join(problems))
    return settings


def _api_key(environment: Mapping[str, str], problems: list[str]) -> str:
    key = environment.get("STRIPE_API_KEY", "")
    if key.startswith(("sk_live_", "rk_live_")):
        problems.append("STRIPE_API_KEY is a live key: the simulator refuses to start with one.")
    elif not key.startswith(TEST_KEY_PREFIXES):
        problems.append("STRIPE_API_KEY must be set and start with sk_test_ or rk_test_.")
    return key


def _endpoint(
    environment: Mapping[str, str], url_name: str, secrets_name: str, problems: list[str]
) -> Endpoint | None:
    url = environment.get(url_name, "")
    if not url:
        return None
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        problems.append(f"{url_name} is not an http(s) URL: {url!r}.")
    secret = environment.get(secrets_name, "").split(",")[0].strip()
    if not secret.startswith("whsec_"):
        problems.append(f"{url_name} is set, so {secrets_name} must begin with a whsec_... secret.")
    return Endpoint(url=url, secret=secret)


def _prices(environment: Mapping[str, str], problems: list[str]) -> Prices:
    default = Prices()
    return Prices(
        basis_points=_whole(environment, "SIM_FEE_BASIS_POINTS", default.basis_points, problems),
        fixed=_whole(environment, "SIM_FEE_FIXED", default.fixed, problems),
        dispute=_whole(environment, "SIM_DISPUTE_FEE", default.dispute, problems),
    )


def _whole(environment: Mapping[str, str], name: str, default: int, problems: list[str]) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal():
        problems.append(f"{name} must be a whole number of minor units (or basis points), not {text!r}.")
        return default
    return int(text)
