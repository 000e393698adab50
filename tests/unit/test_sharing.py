"""How the tests are shared among processes: by file, the long ones first."""

import pytest

from config.place import ROOT
from tests import sharing


@pytest.mark.parametrize("start", sharing.LONGEST)
def test_what_is_handed_out_first_exists(start: str) -> None:
    assert (ROOT / start).exists()


def test_a_files_tests_stay_together() -> None:
    one, another = "tests/unit/test_a.py::test_x", "tests/unit/test_a.py::TestY::test_z[::]"

    assert sharing.unit_of(one) == sharing.unit_of(another) == "tests/unit/test_a.py"


def test_all_that_need_the_whole_product_share_one() -> None:
    story, launcher = "tests/browser/test_story.py::test_a", "tests/integration/test_launcher.py::test_b"

    assert sharing.unit_of(story) == sharing.unit_of(launcher)
    assert sharing.unit_of("tests/integration/test_pages.py::test_c") != sharing.unit_of(story)
