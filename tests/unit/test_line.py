"""A line's ends: cut when its reader cannot keep up, closed when it is gone."""

from __future__ import annotations

import asyncio
from typing import Any

from realtime.frames import frame
from realtime.line import MERGE_BYTES, PoliteLine
from realtime.outbox import PATIENCE_S
from realtime.telemetry import telemetry
from tests.unit.lines import TestLine


def test_a_reader_that_lets_a_fact_lie_is_cut_and_counted_once() -> None:
    line = TestLine()
    line.stall()
    line.put(frame("stuck"))
    line.put(frame("waits"))
    closes = telemetry.slow_closes
    [waiting] = line.outbox._queued

    line.cut_if_late(now=waiting.at + PATIENCE_S)
    patient = list(line.cuts)
    line.cut_if_late(now=waiting.at + PATIENCE_S + 0.1)
    line.cut_if_late(now=waiting.at + PATIENCE_S + 9)

    assert patient == []
    assert line.cuts == ["cut"]
    assert telemetry.slow_closes == closes + 1


def test_a_closed_line_takes_nothing_and_keeps_nothing() -> None:
    line = TestLine()
    line.stall()
    line.put(frame("stuck"))
    line.put(frame("waits"))
    line.close()
    line.close()
    for put in (line.put, line.put_whole):
        put(frame("late"))
    line.show("topic", frame("late"))

    assert not line.outbox
    assert line.kernel.got == b""
    assert line.cuts == []


def test_a_short_answer_in_parts_is_one_write_and_a_long_part_is_not_copied() -> None:
    line = TestLine()
    short = [frame("joined"), frame("state")]
    line.put_whole(*short)
    at_once = line.kernel.got
    manifest = frame("m" * (MERGE_BYTES + 1))
    line.put_whole(frame("joined"), manifest, frame("missed"))
    [whole, missed] = line.outbox._queued

    assert at_once == b"".join(short)
    assert whole.frames is manifest
    assert missed.frames == frame("missed")


async def test_a_polite_line_that_is_closed_while_it_writes_stops() -> None:
    sent: list[str] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["text"])
        await asyncio.sleep(0)

    line = PoliteLine(send, slow=lambda: None)
    line.put(frame("one"))
    await asyncio.sleep(0)
    line.put(frame("two"))
    line.close()
    assert line._writing is not None
    await line._writing

    assert sent == ["one"]
