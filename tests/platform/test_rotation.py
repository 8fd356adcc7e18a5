"""`usher rotate-keys`, at every step of which it may be killed."""

from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.db import connection as database

from usher.connections.models import AsanaApp, Connection, Credentials
from usher.platform import home
from usher.platform.encryption import SecretUnreadable
from usher.platform.rotation import add_key, drop_old_keys, encrypt_anew, read_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    """Three secrets in two tables, and keys in a folder of their own."""
    monkeypatch.setenv("USHER_HOME", str(tmp_path))
    monkeypatch.delenv("USHER_ENCRYPTION_KEYS", raising=False)
    home.make_missing_keys()
    connection = Connection.objects.create(
        name="Acme", authorization="oauth", asana_user_gid="1", sync_at=time(3)
    )
    Credentials.objects.create(connection=connection, access_token="access", refresh_token="refresh")
    AsanaApp.objects.create(pk=1, client_id="id", client_secret="secret")


def readable() -> bool:
    credentials, app = Credentials.objects.get(), AsanaApp.objects.get()
    found = (
        credentials.access_token,
        credentials.refresh_token,
        credentials.service_token,
        app.client_secret,
    )
    return found == ("access", "refresh", "", "secret")


def ciphertexts() -> list[str]:
    with database.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token FROM connections_credentials")
        tokens = cursor.fetchone()
        cursor.execute("SELECT client_secret FROM connections_asanaapp")
        return [*tokens, *cursor.fetchone()]


def rotate() -> int:
    add_key()
    count = encrypt_anew()
    drop_old_keys()
    return count


def test_after_a_rotation_one_new_key_reads_all_and_the_old_one_nothing() -> None:
    (old,), before = home.encryption_keys(), ciphertexts()
    assert rotate() == 3
    (new,) = home.encryption_keys()
    assert new != old
    assert readable()
    assert not set(before) & set(ciphertexts())
    home.write_encryption_keys([old])
    with pytest.raises(SecretUnreadable):
        readable()


def nothing() -> None:
    pass


@pytest.mark.parametrize(
    "killed_after", [(nothing,), (add_key,), (add_key, encrypt_anew), (add_key, add_key)]
)
def test_killed_between_any_two_steps_everything_is_readable_and_running_it_again_ends_it(
    killed_after: tuple[Callable[[], object], ...],
) -> None:
    (old,) = home.encryption_keys()
    for step in killed_after:
        step()
    assert readable()
    assert rotate() == 3
    assert readable()
    assert len(home.encryption_keys()) == 1
    assert old not in home.encryption_keys()


def test_with_a_missing_key_it_says_so_and_changes_no_secret_and_drops_no_key() -> None:
    lost, stranger = home.encryption_keys(), Fernet.generate_key().decode()
    before = ciphertexts()
    home.write_encryption_keys([stranger])
    add_key()
    with pytest.raises(SecretUnreadable, match="Put the old key back"):
        encrypt_anew()
    with pytest.raises(SecretUnreadable):
        drop_old_keys()
    assert ciphertexts() == before
    assert stranger in home.encryption_keys()
    home.write_encryption_keys([*home.encryption_keys(), *lost])
    assert encrypt_anew() == 3


def test_one_secret_that_cannot_be_read_leaves_the_others_as_they_were() -> None:
    key = home.encryption_keys()
    home.write_encryption_keys([Fernet.generate_key().decode()])
    AsanaApp.objects.update(client_secret="of a key that is lost")
    home.write_encryption_keys(key)
    before = ciphertexts()
    add_key()
    with pytest.raises(SecretUnreadable):
        encrypt_anew()
    assert ciphertexts() == before


def test_a_token_stored_with_the_old_key_while_keys_rotate_is_not_lost() -> None:
    old = home.encryption_keys()
    add_key()
    keys = home.encryption_keys()
    encrypt_anew()
    home.write_encryption_keys(old)  # another process read the keys before they changed …
    Credentials.objects.update(access_token="access")  # … and stores only now
    home.write_encryption_keys(keys)
    drop_old_keys()
    assert readable()


def test_with_keys_from_the_environment_the_first_one_encrypts(monkeypatch: pytest.MonkeyPatch) -> None:
    (old,), new = home.encryption_keys(), Fernet.generate_key().decode()
    monkeypatch.setenv("USHER_ENCRYPTION_KEYS", f"{new},{old}")
    assert encrypt_anew() == 3
    monkeypatch.setenv("USHER_ENCRYPTION_KEYS", new)
    assert readable()


def test_whether_all_can_be_read_is_told_before_anything_is_changed() -> None:
    keys = home.encryption_keys()
    read_all()
    home.write_encryption_keys([Fernet.generate_key().decode()])
    AsanaApp.objects.update(client_secret="of a key that is lost")
    home.write_encryption_keys(keys)
    with pytest.raises(SecretUnreadable, match="Put the old key back"):
        read_all()
    assert home.encryption_keys() == keys
