"""Rotating the keys that encrypt stored secrets. Safe to be killed: run it again."""

from cryptography.fernet import Fernet
from django.apps import apps
from django.db import models, transaction

from usher.config import home
from usher.config.encryption import EncryptedTextField


def add_key() -> None:
    """A new key in front; the old ones still decrypt, so that one too many does no harm."""
    home.write_encryption_keys([Fernet.generate_key().decode(), *home.encryption_keys()])


def drop_old_keys() -> None:
    """Keeps only the key in front. Only after `encrypt_anew`."""
    encrypt_anew()  # again: another process may have been writing with an old key during the first pass
    home.write_encryption_keys(home.encryption_keys()[:1])


def encrypt_anew() -> int:
    """Writes every stored secret with the key in front. Returns how many there are.

    Raises SecretUnreadable, changing nothing, when one cannot be decrypted.
    """
    count = 0
    with transaction.atomic():
        for model in apps.get_models():
            names = [field.name for field in model._meta.fields if isinstance(field, EncryptedTextField)]
            if names:
                count += _encrypt_rows(model, names)
    return count


def _encrypt_rows(model: type[models.Model], names: list[str]) -> int:
    count = 0
    for row in model._default_manager.select_for_update().order_by("pk"):
        row.save(update_fields=names)
        count += sum(bool(getattr(row, name)) for name in names)
    return count
