"""What the log keeps: frozen, tagged, read back as it was written."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from tests.unit.examples import EVENTS
from ticketing import domain_events
from ticketing.domain_events import AnyDomainEvent


def test_there_is_an_example_of_every_domain_event() -> None:
    assert {type(happened) for happened in EVENTS} == set(get_args(AnyDomainEvent))


@pytest.mark.parametrize("happened", EVENTS, ids=domain_events.kind_of)
def test_a_domain_event_is_read_as_it_was_written(happened: AnyDomainEvent) -> None:
    body = domain_events.encode(happened)

    assert body.startswith(f'{{"t":"{domain_events.kind_of(happened)}"')
    assert domain_events.decode(body) == happened


@pytest.mark.parametrize("happened", EVENTS, ids=domain_events.kind_of)
def test_a_kind_fits_its_column(happened: AnyDomainEvent) -> None:
    assert len(domain_events.kind_of(happened)) <= 40


@pytest.mark.parametrize(
    "body", ["", "{}", '{"t":"sold"}', '{"t":"sold_out"}', '{"t":"sold_out","sold":1,"at":1,"by":"me"}']
)
def test_what_is_not_a_domain_event_is_not_read(body: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        domain_events.decode(body)
