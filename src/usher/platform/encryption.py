"""A text field that is encrypted in the database."""

from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import models

from usher.platform import home

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Expression


class SecretUnreadable(Exception):
    """The key that encrypted a stored secret is missing."""

    message = (
        "A stored token cannot be read: the key that encrypted it is missing. "
        "Put the old key back into USHER_ENCRYPTION_KEYS or USHER_HOME/encryption_keys, or reconnect."
    )

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.message)


class KeysUnusable(SecretUnreadable):
    """There is no key, or something that is not a key."""

    message = (
        "USHER_ENCRYPTION_KEYS or USHER_HOME/encryption_keys contains something that is not a key: a key has 44 "
        "letters, digits, - and _, and ends with =. Restore the keys from your backup."
    )


def cipher() -> MultiFernet:
    """The current keys, which `usher rotate-keys` can change while other processes run. Raises KeysUnusable."""
    try:
        keys = home.encryption_keys()
    except home.NoKeys as error:
        raise KeysUnusable(f"{error.message} {error.remedy}") from error
    return _cipher(tuple(keys))


@lru_cache(maxsize=2)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise KeysUnusable from None  # the cause may quote a key


def encrypt_text(text: str) -> str:
    """For what no EncryptedTextField can hold, such as a part of JSON. Raises KeysUnusable."""
    return cipher().encrypt(text.encode()).decode()


def decrypt_text(secret: str) -> str:
    """Raises SecretUnreadable."""
    try:
        return cipher().decrypt(secret.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable from error


class EncryptedTextField(models.TextField[str, str]):
    """Text that can only be read with a key. Cannot be searched. Empty text is not encrypted."""

    def get_prep_value(self, value: str | None) -> str | None:
        text = super().get_prep_value(value)
        return encrypt_text(text) if text else text

    def from_db_value(
        self, value: str | None, expression: "Expression", connection: "BaseDatabaseWrapper"
    ) -> str | None:
        return decrypt_text(value) if value else value
