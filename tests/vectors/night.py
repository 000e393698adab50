"""Record a night at a show, as its clients are told it: `python -m tests.vectors.night` writes night.json.

Real services, a real log, real snapshots: `snapshot + frames == fresh snapshot` for the clients' own reducers, in both
languages. Record it anew when a domain event, a fact or a snapshot changes; tests/unit/test_night.py says when.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec

from tests import environment

HERE = Path(__file__).resolve().parent
PATH = HERE / "night.json"
_DEEDS = 45
_TRIES = 12


def main() -> None:
    """On a database of its own, which goes with the process."""
    environment.prepare()
    import django  # noqa: PLC0415  # its settings read what has just been prepared

    django.setup()
    from django.db import connection  # noqa: PLC0415

    connection.creation.create_test_db(verbosity=0)
    nights = (recorded(seed) for seed in range(_TRIES))
    night = min(_until_complete(nights), key=lambda night: len(_missing(night)))
    if missing := _missing(night):
        print(f"a night in tests/integration/test_snapshots.py never has: {', '.join(sorted(missing))}")
    PATH.write_text(json.dumps(night, separators=(",", ":"), ensure_ascii=False) + "\n")


def recorded(seed: int) -> dict[str, Any]:
    """A few places of one night's log, and all that was told between them."""
    from tests.integration.test_snapshots import a_night  # noqa: PLC0415
    from ticketing import log  # noqa: PLC0415

    night = a_night(seed)
    places = [_place(night.event.pk)]
    for part in range(3):
        for _ in range(_DEEDS):
            night.go_on()
        if part == 1:
            night.sell_the_rest()
            night.refund_the_last()
            night.take_the_last_back()
            night.move_an_entry()
        places.append(_place(night.event.pk))
    entries = log.read(event_id=night.event.pk, since=places[0]["seq"], limit=100_000)
    return {"places": places, "entries": [_entry(entry) for entry in entries]}


def _place(event_id: Any) -> dict[str, Any]:
    from realtime import snapshots  # noqa: PLC0415

    sales, door = snapshots.sales(event_id), snapshots.door(event_id)
    assert sales.seq == door.seq
    return {
        "seq": sales.seq,
        "sales": msgspec.to_builtins(sales.value),
        "door": msgspec.to_builtins(door.value),
    }


def _entry(entry: Any) -> dict[str, Any]:
    from realtime import translate  # noqa: PLC0415
    from ticketing import domain_events  # noqa: PLC0415

    return {
        "seq": entry.seq,
        "kind": domain_events.kind_of(entry.happened),
        "sales": msgspec.to_builtins(translate.sales_fact(entry.happened)),
        "door": msgspec.to_builtins(translate.door_fact(entry.happened)),
    }


def _until_complete(nights: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for night in nights:
        yield night
        if not _missing(night):
            return


def _missing(night: dict[str, Any]) -> set[str]:
    from ticketing.domain_events import AnyDomainEvent  # noqa: PLC0415

    kinds = {str(kind.__struct_config__.tag) for kind in get_args(AnyDomainEvent)}
    return kinds - {entry["kind"] for entry in night["entries"]}


if __name__ == "__main__":
    main()
