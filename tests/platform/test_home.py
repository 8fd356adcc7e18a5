"""The data folder and the keys that are made in it on first start."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from usher.platform import home
from usher.platform.encryption import KeysUnusable, cipher


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("USHER_HOME", str(tmp_path / "deep" / "usher"))
    for name in ("USHER_SECRET_KEY", "USHER_ENCRYPTION_KEYS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "deep" / "usher"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folder_and_keys_are_made_for_their_owner_alone(folder: Path) -> None:
    home.make_missing_keys()
    assert home.home() == folder
    assert len(home.secret_key()) >= 50
    assert len(home.encryption_keys()) == 1
    assert mode(folder) == 0o700
    assert {path.name: mode(path) for path in folder.iterdir()} == {
        "secret_key": 0o600,
        "encryption_keys": 0o600,
    }


def test_the_keys_stay_the_same_from_then_on() -> None:
    home.make_missing_keys()
    before = home.secret_key(), home.encryption_keys()
    home.make_missing_keys()
    assert (home.secret_key(), home.encryption_keys()) == before


def test_whoever_reads_a_key_in_an_empty_folder_makes_none(folder: Path) -> None:
    """The volume may have gone away under a running process."""
    folder.mkdir(parents=True)
    for read in (home.secret_key, home.encryption_keys, cipher):
        with pytest.raises((home.NoKeys, KeysUnusable), match="no file"):
            read()
    assert not list(folder.iterdir())


def test_the_environment_comes_first_and_nothing_is_written_then(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    monkeypatch.setenv("USHER_SECRET_KEY", "s")
    monkeypatch.setenv("USHER_ENCRYPTION_KEYS", f" {keys[0]} ,\n{keys[1]},")
    assert home.secret_key() == "s"
    assert home.encryption_keys() == keys
    assert not folder.exists()


def test_many_who_start_at_once_get_the_same_key(folder: Path) -> None:
    with ThreadPoolExecutor(20) as threads:
        found = set(
            threads.map(lambda _: (home.make_missing_keys(), home.encryption_keys()[0])[1], range(60))
        )
    assert len(found) == 1
    assert {path.name for path in folder.iterdir()} == {"encryption_keys", "secret_key"}


def test_processes_that_start_at_once_get_the_same_key(folder: Path) -> None:
    script = "from usher.platform import home; home.make_missing_keys(); print(home.encryption_keys()[0])"
    started = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(3)
    ]
    assert len({process.communicate(timeout=30)[0] for process in started}) == 1
    assert all(process.returncode == 0 for process in started)


def test_new_keys_replace_the_old_ones_whole(folder: Path) -> None:
    home.make_missing_keys()
    home.write_encryption_keys(["a", "b"])
    assert home.encryption_keys() == ["a", "b"]
    assert mode(folder / "encryption_keys") == 0o600


def test_what_a_killed_process_left_behind_is_written_over(folder: Path) -> None:
    home.make_missing_keys()
    (folder / ".encryption_keys.new").write_text("half a k")
    home.write_encryption_keys(["a"])
    assert home.encryption_keys() == ["a"]
