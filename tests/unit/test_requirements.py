from pathlib import Path

import pytest

from config import requirements


def test_the_projects_own_requirements_are_pinned_and_hashed() -> None:
    assert requirements.verify() == []


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in requirements.FOLDER.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    monkeypatch.setattr(requirements, "FOLDER", tmp_path)
    return tmp_path


def test_a_wish_that_was_not_compiled_is_named(copy: Path) -> None:
    (copy / "base.in").write_text("django\nsomething-new[extra]>=2  # for a reason\n")

    assert requirements.verify() == [
        "requirements/base.in wants something-new, requirements/base.txt lacks it: make requirements"
    ]


def test_a_pin_without_a_hash_is_named(copy: Path) -> None:
    with (copy / "node.txt").open("a") as file:
        file.write("left-pad==1.0.0\n")

    assert requirements.verify() == ["requirements/node.txt: left-pad has no hash"]


def test_the_address_of_a_registry_is_refused(copy: Path) -> None:
    with (copy / "dev.txt").open("a") as file:
        file.write("--index-url https://registry.example/simple\n")

    assert requirements.verify() == [
        "requirements/dev.txt names an address; packages come from wherever the machine says"
    ]
