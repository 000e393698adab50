"""The faults that can be switched on while the simulator runs; they survive a restart like everything else."""

from typing import Annotated

import msgspec

from ticketing.simulator.store import Store

Count = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Switches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All off by default: every event once, in order, at once, correctly signed."""

    # Deliveries: how many extra copies, in random order, how late, which share never goes out.
    duplicate: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    reorder: bool = False
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0
    drop: Share = 0.0
    paused: bool = False
    # Contents: signed this many seconds ago (negative: in the future), by a wrong secret, of another version or mode.
    stale_timestamp: int = 0
    wrong_secret: bool = False
    wrong_api_version: bool = False
    wrong_livemode: bool = False
    # Retries: back-off is 1, 2, 4 ... 60 s times the scale, up to so many attempts in all.
    retry_scale: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 1.0
    max_attempts: Annotated[int, msgspec.Meta(ge=1, le=100)] = 12
    # Which event types each endpoint has subscribed to; `*` is all of them.
    platform_events: tuple[str, ...] = ("*",)
    connect_events: tuple[str, ...] = ("*",)
    # The API itself: how many of the next POSTs are refused with a 503, done but their answer lost, or slow.
    refuse_requests: Count = 0
    lose_answers: Count = 0
    api_delay_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    # Refunds stay `pending` until told otherwise, as with slow banks.
    pending_refunds: bool = False
    # How long a delayed payment method takes, by the simulator's clock.
    async_seconds: Annotated[int, msgspec.Meta(ge=0, le=604_800)] = 10

    def wants(self, endpoint: str, event_type: str) -> bool:
        chosen = self.connect_events if endpoint == "connect" else self.platform_events
        return "*" in chosen or event_type in chosen


def load(store: Store) -> Switches:
    rows = store.run("SELECT value FROM settings WHERE name = 'switches'")
    return msgspec.json.decode(rows[0][0], type=Switches) if rows else Switches()


def save(store: Store, switches: Switches) -> None:
    store.run(
        "INSERT INTO settings (name, value) VALUES ('switches', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        msgspec.json.encode(switches).decode(),
    )
