"""The data folder `USHER_HOME`, and the keys that Usher creates in it on first start."""

import os
import secrets
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet


def home() -> Path:
    """The data folder. Created on first use; only its owner can read it."""
    folder = Path(os.environ.get("USHER_HOME") or "~/.usher").expanduser().resolve()
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    return folder


def _read_or_make(name: str, make: str) -> str:
    file = home() / name
    if not file.exists():
        descriptor, path = tempfile.mkstemp(prefix=f".{name}.", dir=home())  # only its owner can read it
        fresh = Path(path)
        with os.fdopen(descriptor, "w") as out:
            out.write(make + "\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(fresh, file)  # fails when another process was first, whose key is then used
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text().strip()


def secret_key() -> str:
    """Django's signing key, from `USHER_SECRET_KEY` or the data folder."""
    return os.environ.get("USHER_SECRET_KEY") or _read_or_make("secret_key", secrets.token_urlsafe(50))


ENCRYPTION_KEYS = "encryption_keys"


def encryption_keys() -> list[str]:
    """Fernet keys, the first of which encrypts; from `USHER_ENCRYPTION_KEYS` (comma-separated) or the data folder."""
    given = os.environ.get("USHER_ENCRYPTION_KEYS")
    text = (
        given.replace(",", "\n") if given else _read_or_make(ENCRYPTION_KEYS, Fernet.generate_key().decode())
    )
    return [line.strip() for line in text.splitlines() if line.strip()]


def write_encryption_keys(keys: list[str]) -> None:
    """Replaces the keys in the data folder atomically."""
    fresh = home() / f".{ENCRYPTION_KEYS}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write("\n".join(keys) + "\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(home() / ENCRYPTION_KEYS)
