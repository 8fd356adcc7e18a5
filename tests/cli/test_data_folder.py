"""A data folder that is not there, or is another one, never becomes a new Usher in silence."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.support.cli.running import Usher

pytestmark = pytest.mark.xdist_group("cli")

BEGIN = "Is its volume mounted, and is USHER_HOME right? To begin a new Usher in it, run: usher"


@pytest.fixture
def elsewhere(usher: Usher, tmp_path: Path) -> Usher:
    """The same database, with a data folder that does not exist."""
    return Usher(is_new=True, **{**usher.environment, "USHER_HOME": str(tmp_path / "unmounted")})


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("command", [["people"], ["worker"], ["web", "--port", "0"], ["doctor"]])
def test_without_a_database_address_an_empty_folder_is_refused(
    tmp_path: Path, command: list[str], exists: bool
) -> None:
    folder = tmp_path / "home"
    if exists:
        folder.mkdir()
    done = Usher(is_new=True, USHER_HOME=str(folder))(*command)
    if command[0] == "web":  # no such port: the command line is read first
        assert done.returncode == 2
        return
    assert done.returncode == 1
    assert f"{BEGIN} up" in done.stderr
    assert not folder.exists() or not list(folder.iterdir())


def test_keys_without_a_database_ask_for_its_address(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("x" * 50)
    done = Usher(is_new=True, USHER_HOME=str(tmp_path))("people")
    assert done.returncode == 1
    assert "Set DATABASE_URL" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_with_a_database_address_an_empty_folder_is_refused(elsewhere: Usher, tmp_path: Path) -> None:
    done = elsewhere("people")
    assert done.returncode == 1
    assert f"{BEGIN} migrate" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [["migrate"], ["connect", "--name", "New", "--token", "-"], ["up"]])
def test_no_command_makes_new_keys_beside_stored_tokens(
    synced: Usher, elsewhere: Usher, tmp_path: Path, command: list[str]
) -> None:
    done = elsewhere(*command, given="sandbox-pat-2\n")
    assert done.returncode == 1
    assert "stores encrypted tokens, and there is no key for them" in done.stderr
    assert not list(tmp_path.rglob("*key*"))


def test_keys_of_the_environment_need_no_folder(usher: Usher, elsewhere: Usher) -> None:
    folder = Path(usher.environment["USHER_HOME"])
    keys = {
        f"USHER_{name.upper()}": (folder / name).read_text().strip()
        for name in ("secret_key", "encryption_keys")
    }
    assert elsewhere("people", **keys).returncode == 0


def test_keys_that_do_not_fit_the_stored_tokens_are_said_at_start(synced: Usher) -> None:
    done = synced("people", USHER_ENCRYPTION_KEYS=Fernet.generate_key().decode())
    assert done.returncode == 0
    assert "cannot be read with the keys in USHER_ENCRYPTION_KEYS" in done.stderr
    assert "cannot be read" not in synced("people").stderr
