from pathlib import Path

from config.bootstrap import Stamp


def test_a_step_without_a_stamp_has_not_been_done(tmp_path: Path) -> None:
    assert not Stamp(tmp_path / "stamp").holds("abc")


def test_a_step_is_done_for_the_inputs_that_it_was_done_with_and_no_others(tmp_path: Path) -> None:
    stamp = Stamp(tmp_path / "stamp")

    stamp.write("abc")

    assert stamp.holds("abc")
    assert not stamp.holds("abd")
