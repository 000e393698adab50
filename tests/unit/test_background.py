"""How long a task waits for its next attempt."""

from datetime import timedelta

from ticketing import background


def test_pauses_grow_fourfold_to_an_hour() -> None:
    pauses = [background.pause_after(attempts).total_seconds() for attempts in range(1, 8)]

    assert pauses == [10, 40, 160, 640, 2_560, 3_600, 3_600]


def test_a_task_is_tried_for_most_of_a_day_and_no_longer() -> None:
    pauses = [background.pause_after(attempts) for attempts in range(1, background.MAX_ATTEMPTS)]

    assert timedelta(hours=12) < sum(pauses, timedelta()) < timedelta(hours=24)


def test_no_number_of_attempts_is_too_many_to_count() -> None:
    assert background.pause_after(10**6) == background.LONGEST_PAUSE
