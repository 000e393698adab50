import stat
import subprocess
import sys
from pathlib import Path

from config.environment import database_of, read
from config.place import ROOT, Place, environment


def test_a_demos_environment_is_one_that_the_settings_accept(tmp_path: Path) -> None:
    variables = environment(Place(data=tmp_path, port=8123), base={})

    assert read(variables).public_url == "http://127.0.0.1:8123"
    assert read(variables).database_url == f"sqlite:///{tmp_path}/ngn.sqlite3"


def test_its_mail_is_kept_beside_its_data(tmp_path: Path) -> None:
    place = Place(data=tmp_path / "my 100% demo?")

    assert read(environment(place, base={})).outgoing_mail.folder == str(place.mail)


def test_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    data = tmp_path / "my 100% demo?"

    url = environment(Place(data=data), base={})["DATABASE_URL"]

    assert database_of(url)["NAME"].parent.name == data.name


def test_a_demo_keeps_its_secrets_and_another_one_has_others(tmp_path: Path) -> None:
    first = environment(Place(data=tmp_path / "a"), base={})
    again = environment(Place(data=tmp_path / "a"), base={})
    other = environment(Place(data=tmp_path / "b"), base={})

    assert first == again
    assert first["SECRET_KEY"] != other["SECRET_KEY"]


def test_only_its_owner_may_read_the_secrets(tmp_path: Path) -> None:
    environment(Place(data=tmp_path), base={})

    assert stat.S_IMODE((tmp_path / "demo.env").stat().st_mode) == 0o600


def test_a_secret_that_a_later_version_needs_is_added_to_those_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "demo.env").write_text("SECRET_KEY=the-one-that-signed-the-open-sessions\n")

    variables = environment(Place(data=tmp_path), base={})

    assert variables["SECRET_KEY"] == "the-one-that-signed-the-open-sessions"
    assert variables["STRIPE_API_KEY"].startswith("sk_test_")


def test_a_database_of_the_callers_is_kept_and_a_stripe_key_of_the_callers_is_not(tmp_path: Path) -> None:
    base = {"DATABASE_URL": "postgresql://me@127.0.0.1/ngn", "STRIPE_API_KEY": "sk_live_never"}

    variables = environment(Place(data=tmp_path), base=base)

    assert variables["DATABASE_URL"] == "postgresql://me@127.0.0.1/ngn"
    assert variables["STRIPE_API_KEY"].startswith("sk_test_")


def test_manage_runs_with_the_demos_settings() -> None:
    command = [sys.executable, "-m", "config.demo", "check", "--deploy", "--fail-level", "CRITICAL"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
