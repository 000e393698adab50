"""Turns: whoever has waited longest is next, nobody in between, and no turn is ever lost."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from config.fair_sqlite3.turns import TurnMissed, Turns

SOON_S = 10.0


def waiting(turns: Turns) -> int:
    return len(turns._waiting)


def until_waiting(turns: Turns, number: int) -> None:
    deadline = time.monotonic() + SOON_S
    while waiting(turns) != number and time.monotonic() < deadline:
        time.sleep(0.001)
    assert waiting(turns) == number


def begun(work: threading.Thread) -> threading.Thread:
    work.start()
    return work


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    turns, order = Turns(), list[int]()
    turns.take(patience_s=SOON_S)

    def run(number: int) -> None:
        turns.take(patience_s=SOON_S)
        order.append(number)
        turns.give_back()

    threads = []
    for number in range(8):
        threads.append(begun(threading.Thread(target=run, args=(number,))))
        until_waiting(turns, number + 1)
    turns.give_back()
    for thread in threads:
        thread.join(SOON_S)

    assert order == list(range(8))


def test_only_one_at_a_time_has_the_turn_and_all_get_equally_many() -> None:
    turns, had, inside, together = Turns(), Counter[int](), 0, 0
    start, ends_at = threading.Barrier(6), time.monotonic() + 0.5

    def run(number: int) -> None:
        nonlocal inside, together
        start.wait(SOON_S)
        while time.monotonic() < ends_at:
            turns.take(patience_s=SOON_S)
            inside += 1
            together = max(together, inside)
            time.sleep(0.0005)
            had[number] += 1
            inside -= 1
            turns.give_back()

    threads = [begun(threading.Thread(target=run, args=(number,))) for number in range(6)]
    for thread in threads:
        thread.join(SOON_S)

    assert together == 1
    assert min(had.values()) * 2 >= max(had.values()), had


def test_whoever_waits_in_vain_is_told_who_has_the_turn_and_waits_no_more() -> None:
    turns = Turns()
    holder = begun(threading.Thread(target=lambda: turns.take(patience_s=SOON_S), name="the slow one"))
    holder.join(SOON_S)

    with pytest.raises(TurnMissed, match=r"waited 0\.01 s for a turn to write; the slow one has had it for"):
        turns.take(patience_s=0.01)

    assert waiting(turns) == 0
    turns.give_back()
    turns.take(patience_s=0.01)


class Interrupted(BaseException):
    """As a signal may raise it in the midst of waiting."""


class Call:
    """A lock whose waiting is interrupted, before or after it was opened."""

    def __init__(self, turns: Turns, *, opened: bool) -> None:
        self.turns, self.opened = turns, opened

    def acquire(self, timeout: float) -> bool:  # noqa: ARG002  # interrupted long before
        if self.opened:
            self.turns.give_back()
        raise Interrupted

    def release(self) -> None:
        """Opened: the turn is the waiting one's."""


@pytest.mark.parametrize("opened", [False, True])
def test_an_interrupted_wait_keeps_no_turn(opened: bool) -> None:
    turns = Turns()
    turns.take(patience_s=SOON_S)
    call = Call(turns, opened=opened)
    turns._waiting.append(call)  # type: ignore[arg-type]

    with pytest.raises(Interrupted):
        turns._wait(call, SOON_S)  # type: ignore[arg-type]

    if not opened:
        turns.give_back()
    turns.take(patience_s=0.01)
