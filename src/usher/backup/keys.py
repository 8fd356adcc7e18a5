"""The keys of the data folder in a backup: encrypted with a passphrase, in the format of age (age-encryption.org)."""

import os
from pathlib import Path

import msgspec
from pyrage import DecryptError, passphrase

from usher.backup.manifest import BackupManifest, BackupUnusable, fingerprint
from usher.platform.home import (
    ENCRYPTION_KEYS,
    SECRET_KEY,
    encryption_keys,
    home,
    secret_key,
    write_encryption_keys,
)


class KeyFiles(msgspec.Struct, frozen=True):
    """What the data folder, or the environment, holds."""

    encryption_keys: list[str]
    secret_key: str


def encrypt(secret: str) -> bytes:
    """The current keys. `age --decrypt` reads the result."""
    keys = KeyFiles(encryption_keys(), secret_key())
    encrypted: bytes = passphrase.encrypt(msgspec.json.encode(keys), secret)
    return encrypted


def decrypt(encrypted: bytes, secret: str) -> KeyFiles:
    """Raises BackupUnusable."""
    try:
        return msgspec.json.decode(passphrase.decrypt(encrypted, secret), type=KeyFiles)
    except DecryptError as error:
        raise BackupUnusable("The passphrase does not decrypt the keys.", "Check the passphrase.") from error


def put_back(keys: KeyFiles) -> list[str]:
    """Adds the keys to the data folder, and keeps those that are there. Says what was done."""
    done = []
    if os.environ.get("USHER_ENCRYPTION_KEYS"):
        done.append("USHER_ENCRYPTION_KEYS is set, so the file of encryption keys was left alone.")
    else:
        have = encryption_keys() if (home() / ENCRYPTION_KEYS).exists() else []
        lacking = [key for key in keys.encryption_keys if key not in have]
        if lacking:
            write_encryption_keys([*have, *lacking])
        done.append(f"Encryption keys: {len(lacking)} added, {len(have)} kept.")
    file = home() / SECRET_KEY
    if not os.environ.get("USHER_SECRET_KEY") and not file.exists():
        _write(file, keys.secret_key)
        done.append("The signing key was put back.")
    return done


def has_a_key_of(manifest: BackupManifest) -> bool:
    """Whether this data folder can decrypt the tokens in the backup."""
    return bool(set(fingerprints()) & set(manifest.key_fingerprints))


def fingerprints() -> list[str]:
    """Of the keys that this data folder has. Makes none."""
    if not (os.environ.get("USHER_ENCRYPTION_KEYS") or (home() / ENCRYPTION_KEYS).exists()):
        return []
    return [fingerprint(key) for key in encryption_keys()]


def _write(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text + "\n")
