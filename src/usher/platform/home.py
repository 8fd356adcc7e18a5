"""The data folder `USHER_HOME`, and the keys in it.

Keys are made only where a command says so (`make_missing_keys`). Code that reads one and finds none refuses: the folder
may be a volume that is not mounted, and a new key beside old data helps nobody.
"""

import os
import secrets
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from usher.refusals import Refused

SECRET_KEY = "secret_key"  # noqa: S105  # the name of the file
ENCRYPTION_KEYS = "encryption_keys"
IN_ENVIRONMENT = {SECRET_KEY: "USHER_SECRET_KEY", ENCRYPTION_KEYS: "USHER_ENCRYPTION_KEYS"}


class NoKeys(Refused):
    """A key is neither in the environment nor in the data folder."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no file {name} in {location()}.",
            "Is its volume mounted, and is USHER_HOME right? Otherwise restore the file from your backup.",
        )


def location() -> Path:
    """Where the data folder is, or would be."""
    return Path(os.environ.get("USHER_HOME") or "~/.usher").expanduser().resolve()


def home() -> Path:
    """The data folder. Created on first use; only its owner can read it."""
    folder = location()
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    return folder


def missing_keys() -> list[str]:
    """Names of the files that make_missing_keys would make."""
    return [
        name
        for name, variable in IN_ENVIRONMENT.items()
        if not os.environ.get(variable) and not (location() / name).exists()
    ]


def make_missing_keys() -> None:
    """Several processes may do so at once: the keys of the first one count."""
    fresh = {SECRET_KEY: secrets.token_urlsafe(50), ENCRYPTION_KEYS: Fernet.generate_key().decode()}
    for name in missing_keys():
        _make(name, fresh[name])


def _make(name: str, text: str) -> None:
    descriptor, path = tempfile.mkstemp(prefix=f".{name}.", dir=home())  # only its owner can read it
    fresh = Path(path)
    try:
        with os.fdopen(descriptor, "w") as out:
            out.write(text + "\n")
            out.flush()
            os.fsync(out.fileno())
        os.link(fresh, home() / name)  # fails when another process was first, whose key is then used
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _read(name: str) -> str:
    given = os.environ.get(IN_ENVIRONMENT[name])
    if given:
        return given
    try:
        return (location() / name).read_text().strip()
    except FileNotFoundError:
        raise NoKeys(name) from None


def secret_key() -> str:
    """Django's signing key. Raises NoKeys."""
    return _read(SECRET_KEY)


def encryption_keys() -> list[str]:
    """Fernet keys, the first of which encrypts; in the environment separated by commas. Raises NoKeys."""
    return split_keys(_read(ENCRYPTION_KEYS))


def split_keys(text: str) -> list[str]:
    return [key.strip() for key in text.replace(",", "\n").splitlines() if key.strip()]


def write_encryption_keys(keys: list[str]) -> None:
    """Replaces the keys in the data folder atomically."""
    fresh = home() / f".{ENCRYPTION_KEYS}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write("\n".join(keys) + "\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(home() / ENCRYPTION_KEYS)
