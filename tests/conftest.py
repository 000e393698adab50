"""What every test may ask for. The environment is made first: Django's settings read it when they are imported."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import TransactionTestCase
from xdist.remote import Producer

from tests import emptying, environment, servers, sharing
from tests.product import Product, running_product
from tests.servers import Server, ServerMissingError

# A run that is told to stop still ends its servers: they go with the interpreter's exit, which a bare SIGTERM skips.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

TESTS = Path(__file__).parent

try:
    DATABASE = environment.prepare()
except (ServerMissingError, ValueError) as problem:
    pytest.exit(f"the tests cannot run: {problem}", returncode=3)

# Read now: pytest-django sets Django up before collecting only when the settings are there already.
_ENGINE = settings.DATABASES["default"]["ENGINE"]


def pytest_configure(config: pytest.Config) -> None:
    """With `-n`, this process runs no test itself: those that do prepare what they need."""
    if config.getoption("numprocesses", None):
        environment.leave_to_workers()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> sharing.ByFile:
    return sharing.ByFile(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by what a test does, before `-m` chooses: nobody can forget to run a test on both databases."""
    for item in items:
        if item.get_closest_marker("django_db"):
            item.add_marker("database")
        if "browser" in item.path.relative_to(TESTS).parts:
            item.add_marker("browser")
    if environment.WORKER in os.environ:
        sharing.longest_first(items)


def pytest_report_header() -> str:
    layer = settings.CHANNEL_LAYERS["default"]["BACKEND"]
    return f"running on: {DATABASE} ({_ENGINE}), channel layer {layer}"


@pytest.fixture(scope="session", autouse=True)
def _emptied_quickly() -> None:
    """After a test that commits, Django would flush: a hundred times the work (see tests/emptying.py)."""
    TransactionTestCase._fixture_teardown = lambda _: emptying.empty()  # type: ignore[attr-defined]


@pytest.fixture
def own_postgresql() -> Iterator[Server]:
    """A real PostgreSQL of this test's own, which it may kill and start again."""
    yield from _own(servers.own_postgresql())


@pytest.fixture
def own_redis() -> Iterator[Server]:
    """A real Redis of this test's own, which it may kill and start again."""
    yield from _own(servers.own_redis())


def _own(server: Server) -> Iterator[Server]:
    yield server
    server.stop()


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The vectors that Python and TypeScript must both satisfy."""
    return TESTS / "vectors"


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The whole product as `make run` starts it, without the crowd, on ports and data of its own."""
    with running_product(tmp_path_factory.mktemp("product")) as product:
        yield product
