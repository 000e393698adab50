"""`snapshot + frames == fresh snapshot`, for each audience, whatever happens in whatever order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime import feed as feeds
from realtime import projections, states
from realtime import protocol as p
from realtime.feed import Feed
from realtime.topics import Audience
from tests import folding
from tests.folding import Everything
from tests.integration.test_snapshots import Night, a_night
from tests.unit.lines import TestLine
from ticketing import log

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NIGHTS, DEEDS = 12, 40


@dataclass
class Crowd:
    """A feed of this process, with one reader of each state."""

    feed: Feed
    lines: dict[Audience, TestLine] = field(default_factory=dict)
    shown: dict[Audience, object] = field(default_factory=dict)

    def join(self) -> None:
        for audience in (Audience.ARTIST, Audience.PUBLIC):
            self.lines[audience] = TestLine()
            self.feed.room(audience).enter(self.lines[audience], seq=self.feed.seq, feed_seq=self.feed.seq)
            self.shown[audience] = wired(self.feed.state(audience).state)

    def hear(self, entries: list[log.Entry]) -> None:
        """As the hub has it: entries as they come, states now and then."""
        assert self.feed.accept(entries)
        asyncio.run(states.show(self.feed.take_states()))
        for audience, line in self.lines.items():
            for told in line.frames():
                self.shown[audience] = told["state"]


def wired(state: p.PublicState | p.ArtistState) -> object:
    """As a browser holds it."""
    told: object = msgspec.json.decode(msgspec.json.encode(state))
    return told


def a_crowd(night: Night) -> Crowd:
    counts, head = folding.fresh(night.event.pk).counts, log.head(night.event.pk)
    assert head is not None
    crowd = Crowd(feeds.begin(night.event.pk, head, counts))
    crowd.join()
    return crowd


def hear_the_rest(night: Night, crowd: Crowd) -> Everything:
    """Tell the crowd what has happened since; how the show stands."""
    crowd.hear(log.read(event_id=night.event.pk, since=crowd.feed.seq, limit=100_000))
    return folding.fresh(night.event.pk)


def check(night: Night, crowd: Crowd, taken: list[Everything]) -> None:
    """Whoever came at any moment so far has what somebody has who comes now."""
    new = hear_the_rest(night, crowd)
    assert [folding.after(old, night.event.pk) for old in taken] == [new] * len(taken)
    assert crowd.shown[Audience.PUBLIC] == wired(projections.public_state(new.counts))
    assert crowd.shown[Audience.ARTIST] == wired(projections.artist_state(new.counts))
    taken.append(new)


@given(dice=st.randoms(use_true_random=False), looks=st.sets(st.integers(0, DEEDS - 1), max_size=6))
@settings(max_examples=NIGHTS, deadline=None, suppress_health_check=list(HealthCheck))
def test_whoever_came_whenever_sees_what_a_newcomer_sees(dice: Random, looks: set[int]) -> None:
    night = a_night(0)
    night.dice = dice
    crowd, taken = a_crowd(night), [folding.fresh(night.event.pk)]
    for deed in range(DEEDS):
        night.go_on()
        if deed in looks:
            check(night, crowd, taken)
    check(night, crowd, taken)


def test_a_night_with_every_domain_event_is_seen_alike_by_everybody() -> None:
    """That no kind is forgotten, test_snapshots says of the same nights."""
    night = a_night(99)
    crowd, taken = a_crowd(night), [folding.fresh(night.event.pk)]
    for _ in range(3 * DEEDS):
        night.go_on()
    for deed in (
        night.sell_the_rest,
        night.refund_the_last,
        night.dispute_the_last,
        night.raise_an_allocation,
        night.take_the_last_back,
    ):
        deed()
        check(night, crowd, taken)
