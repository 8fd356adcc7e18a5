"""Rotating the keys that encrypt stored secrets. After an interruption, run it again."""

from collections.abc import Callable, Iterator

from cryptography.fernet import Fernet
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.utils.module_loading import import_string

from usher.platform import home
from usher.platform.encryption import EncryptedTextField, decrypt_text, encrypt_text


def add_key() -> None:
    """Puts a new key in front. Old keys still decrypt, so an extra key does no harm."""
    home.write_encryption_keys([Fernet.generate_key().decode(), *home.encryption_keys()])


def drop_old_keys() -> None:
    """Keeps only the first key. Call it only after `encrypt_anew`."""
    encrypt_anew()  # again, because another process may have written with an old key during the first pass
    home.write_encryption_keys(home.encryption_keys()[:1])


def read_all() -> None:
    """Raises SecretUnreadable when a stored secret cannot be decrypted with the current keys."""
    for model, names in _models_with_secrets():
        for _ in model._default_manager.values_list(*names).iterator():
            pass
    with transaction.atomic():
        _rewrite_others(_read)
        transaction.set_rollback(True)


def encrypt_anew() -> int:
    """Encrypts every stored secret with the first key. Returns their number.

    Raises SecretUnreadable, changing nothing, when one cannot be decrypted.
    """
    with transaction.atomic():
        in_fields = sum(_encrypt_rows(model, names) for model, names in _models_with_secrets())
        return in_fields + _rewrite_others(lambda secret: encrypt_text(decrypt_text(secret)))


def _read(secret: str) -> str:
    decrypt_text(secret)
    return secret


def _rewrite_others(rewrite: Callable[[str], str]) -> int:
    """Secrets that lie in no EncryptedTextField, such as in JSON of a library: settings say who rewrites them."""
    return sum(import_string(path)(rewrite) for path in settings.USHER_REWRITE_SECRETS)


def _models_with_secrets() -> Iterator[tuple[type[models.Model], list[str]]]:
    for model in apps.get_models():
        names = [field.name for field in model._meta.fields if isinstance(field, EncryptedTextField)]
        if names:
            yield model, names


def _encrypt_rows(model: type[models.Model], names: list[str]) -> int:
    count = 0
    for row in model._default_manager.select_for_update().order_by("pk"):
        row.save(update_fields=names)
        count += sum(bool(getattr(row, name)) for name in names)
    return count
