"""Scans, undos and journals of door phones, judged off the event loop; what the phones are answered.

Scans that wait at the same moment are judged together: the first starts at once and alone, and whoever comes while it
is under way goes into the next transaction. So one phone waits for nobody, and twenty cost hardly more than one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never
from uuid import UUID
from weakref import WeakKeyDictionary

from realtime import protocol as p
from realtime.reads import in_thread
from realtime.topics import DoorDevice
from ticketing import door
from ticketing.clock import utc_now
from ticketing.door import Journal, Recorded, ScanRefusal
from ticketing.scans import ScanFact, UndoFact
from ticketing.undoing import UndoRecorded

_LOGGER = logging.getLogger(__name__)
TOGETHER = 64
"""Scans of one transaction: what waits behind it should not wait for long."""
_CODES = {
    ScanRefusal.SCAN_ID_TAKEN: p.ErrorCode.SCAN_ID_TAKEN,
    ScanRefusal.SCAN_UNKNOWN: p.ErrorCode.SCAN_UNKNOWN,
    ScanRefusal.DEVICE_REVOKED: p.ErrorCode.TOKEN_INVALID,
}
Answer = Recorded | ScanRefusal


@dataclass(slots=True)
class _Waiting:
    """A scan that nobody has begun to judge."""

    journal: Journal
    answer: asyncio.Future[Answer]


@dataclass(slots=True)
class _Bench:
    """One event's scans: what waits, and the task that works it off while there is any."""

    waiting: list[_Waiting] = field(default_factory=list)
    work: asyncio.Task[None] | None = None


class Judges:
    """The scans of this event loop's sockets, event by event."""

    def __init__(self) -> None:
        self._benches: dict[UUID, _Bench] = {}

    async def judge(self, device: DoorDevice, scan: ScanFact) -> Answer:
        """Judge and record a scan, with whatever else waits."""
        bench = self._benches.setdefault(device.event_id, _Bench())
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        bench.waiting.append(_Waiting(Journal(device_id=device.device_id, scans=(scan,)), answer))
        if bench.work is None:
            bench.work = asyncio.get_running_loop().create_task(self._work_off(device.event_id, bench))
        return await answer

    async def _work_off(self, event_id: UUID, bench: _Bench) -> None:
        try:
            while bench.waiting:
                together, bench.waiting = bench.waiting[:TOGETHER], bench.waiting[TOGETHER:]
                await _judge(together)
        finally:
            bench.work = None
            if not bench.waiting:
                self._benches.pop(event_id, None)


async def _judge(together: Sequence[_Waiting]) -> None:
    try:
        taken = await in_thread(door.take_in, [one.journal for one in together], now=utc_now())
    except Exception as problem:  # noqa: BLE001  # told to whoever asked
        await _fail(together, problem)
        return
    for one, answers in zip(together, taken, strict=True):
        if not one.answer.done():  # whoever asked may have left
            one.answer.set_result(answers.scans[0])


async def _fail(together: Sequence[_Waiting], problem: Exception) -> None:
    """One scan that cannot be judged must not cost the others their answers."""
    if len(together) > 1:
        _LOGGER.warning("%s scans could not be judged together", len(together), exc_info=problem)
        for one in together:
            await _judge([one])
    elif not together[0].answer.done():
        together[0].answer.set_exception(problem)


def drained(*, device_id: UUID, drain: p.Drain, now: datetime, though_revoked: bool = False) -> p.Drained:
    """Take a part of a journal in; the answer to each fact of it. Called in a thread."""
    journal = Journal(device_id=device_id, scans=drain.scans, undos=drain.undos)
    [taken] = door.take_in([journal], now=now, though_revoked=though_revoked)
    scans = [_scan_answer(fact, answer) for fact, answer in zip(drain.scans, taken.scans, strict=True)]
    undos = [_undo_answer(fact, answer) for fact, answer in zip(drain.undos, taken.undos, strict=True)]
    return p.Drained(
        ref=drain.ref,
        scans=tuple(answer for answer in scans if isinstance(answer, p.ScanAnswer)),
        undos=tuple(answer for answer in undos if isinstance(answer, p.UndoAnswer)),
        refused=tuple(answer for answer in (*scans, *undos) if isinstance(answer, p.NotKept)),
    )


def _scan_answer(fact: ScanFact, answer: Answer) -> p.ScanAnswer | p.NotKept:
    match answer:
        case Recorded(verdict=verdict, acknowledged=kind):
            return p.ScanAnswer(scan_id=fact.scan_id, acknowledged=kind, verdict=verdict)
        case ScanRefusal():
            return p.NotKept(id=fact.scan_id, code=_CODES[answer])
        case _:
            assert_never(answer)


def _undo_answer(fact: UndoFact, answer: UndoRecorded | ScanRefusal) -> p.UndoAnswer | p.NotKept:
    match answer:
        case UndoRecorded(refusal=refusal):
            return p.UndoAnswer(undo_id=fact.undo_id, scan_id=fact.scan_id, refusal=refusal)
        case ScanRefusal():
            return p.NotKept(id=fact.undo_id, code=_CODES[answer])
        case _:
            assert_never(answer)


_judges: WeakKeyDictionary[asyncio.AbstractEventLoop, Judges] = WeakKeyDictionary()


def judges() -> Judges:
    """The running loop's judges."""
    loop = asyncio.get_running_loop()
    if loop not in _judges:
        _judges[loop] = Judges()
    return _judges[loop]
