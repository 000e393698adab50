"""A fresh simulator for each test, and one for a whole file where that is enough."""

from collections.abc import Iterator

import pytest

from tests.simulator.harness import World, receiving, serving, speaking


@pytest.fixture
def world() -> Iterator[World]:
    with receiving() as receiver, serving(receiver) as url, speaking(url, receiver) as world:
        yield world


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """For tests that only ask and are refused, or that look at nothing but what they made themselves."""
    with receiving() as receiver, serving(receiver) as url, speaking(url, receiver) as world:
        yield world
