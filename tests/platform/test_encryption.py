import pytest
from cryptography.fernet import Fernet
from django.db import connection as database
from hypothesis import given
from hypothesis import strategies as st

from usher.platform.encryption import EncryptedTextField, KeysUnusable, SecretUnreadable

field: EncryptedTextField = EncryptedTextField()


def stored(text: str | None) -> str | None:
    return field.get_prep_value(text)


def read(value: str | None) -> str | None:
    return field.from_db_value(value, None, database)  # type: ignore[arg-type]


@given(st.text(min_size=1))
def test_what_is_stored_is_read_again_and_looks_different_each_time(text: str) -> None:
    first, second = stored(text), stored(text)
    assert read(first) == read(second) == text
    assert first != second
    assert first is not None
    assert len(text) < 8 or text not in first


@pytest.mark.parametrize("nothing", ["", None])
def test_empty_stays_empty(nothing: str | None) -> None:
    assert stored(nothing) == nothing
    assert read(nothing) == nothing


def test_without_the_key_it_is_unreadable_and_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    value = stored("token")
    monkeypatch.setenv("USHER_ENCRYPTION_KEYS", Fernet.generate_key().decode())
    with pytest.raises(SecretUnreadable, match="Put the old key back"):
        read(value)


def test_a_key_behind_the_first_still_decrypts(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    monkeypatch.setenv("USHER_ENCRYPTION_KEYS", old)
    value = stored("token")
    monkeypatch.setenv("USHER_ENCRYPTION_KEYS", f"{new},{old}")
    assert read(value) == "token"
    fresh = stored("token")
    monkeypatch.setenv("USHER_ENCRYPTION_KEYS", new)
    assert read(fresh) == "token"


def test_what_was_tampered_with_is_unreadable() -> None:
    value = stored("token")
    assert value is not None
    with pytest.raises(SecretUnreadable):
        read(value[:-8] + "AAAAAA==")


@pytest.mark.parametrize("keys", ["no-key-at-all", ",", "a,b"])
def test_what_is_no_key_is_said_without_being_quoted(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("USHER_ENCRYPTION_KEYS", keys)
    with pytest.raises(KeysUnusable, match="something that is not a key") as caught:
        stored("token")
    assert "no-key-at-all" not in str(caught.value)
    assert caught.value.__suppress_context__
