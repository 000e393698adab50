"""Everything an operation may touch, in one value that is handed around."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ticketing.simulator import switches
from ticketing.simulator.clock import Clock
from ticketing.simulator.ids import new
from ticketing.simulator.settings import Settings
from ticketing.simulator.store import Store
from ticketing.simulator.switches import Switches


@dataclass(slots=True)
class World:
    settings: Settings
    store: Store
    base_url: Callable[[], str]
    clock: Clock = field(default_factory=Clock)
    switches: Switches = field(default_factory=Switches)
    # Set when deliveries may have fallen due; the courier waits on it.
    news: asyncio.Event = field(default_factory=asyncio.Event)
    application: str = ""

    @property
    def now(self) -> int:
        return self.clock.stamp()

    def restore(self) -> None:
        """Takes up what an earlier process left: clock, switches and the platform's own application id."""
        self.switches = switches.load(self.store)
        self.clock.offset = float(self._setting("clock_offset", "0"))
        self.application = self._setting("application", new("ca"))

    def advance(self, seconds: float) -> None:
        self.clock.offset += seconds
        self.store.run("UPDATE settings SET value = ? WHERE name = 'clock_offset'", str(self.clock.offset))

    def flip(self, changed: Switches) -> None:
        switches.save(self.store, changed)
        self.switches = changed
        self.news.set()

    def _setting(self, name: str, default: str) -> str:
        self.store.run(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", name, default
        )
        return str(self.store.run("SELECT value FROM settings WHERE name = ?", name)[0][0])
