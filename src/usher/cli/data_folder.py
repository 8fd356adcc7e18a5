"""Whether the data folder is the one that belongs to the data: before a command works, and before keys are made."""

import logging
import os

from usher.cli.errors import Failed
from usher.platform import home

log = logging.getLogger(__name__)

IS_IT_RIGHT = "Is its volume mounted, and is USHER_HOME right?"


def refuse_missing_folder(*, is_embedded: bool) -> None:
    """For a command that must not begin a new Usher. Raises Failed where there is none."""
    folder = home.location()
    begin = "usher up" if is_embedded else "usher migrate"
    if is_embedded:
        found = (folder / "postgres" / "PG_VERSION").exists()
        lacks = "holds keys, but no database" if (folder / home.SECRET_KEY).exists() else "is empty"
    else:
        # The keys of other machines are often in the environment, and then this one needs no folder.
        found = len(home.missing_keys()) < len(home.IN_ENVIRONMENT)
        lacks = "holds no keys"
    if found:
        return
    if not folder.exists():
        lacks = "does not exist"
    if is_embedded and "keys" in lacks:
        raise Failed(f"The data folder {folder} {lacks}.", "Set DATABASE_URL to the address of the database.")
    raise Failed(
        f"There is no Usher here: the data folder {folder} {lacks}.",
        f"{IS_IT_RIGHT} To begin a new Usher in it, run: {begin}",
    )


def ensure_keys() -> None:
    """Makes the keys of a new Usher, and says when those at hand do not fit what the database stores.

    Raises Failed rather than making a key where the database holds values that another key has encrypted.
    """
    from usher.platform.encryption import KeysUnusable  # these two need Django
    from usher.platform.stored_secrets import stored_secrets, unreadable_secrets

    folder = home.location()
    missing = home.missing_keys()
    if home.ENCRYPTION_KEYS in missing and any(stored_secrets()):
        raise Failed(
            f"The database stores encrypted tokens, and there is no key for them in {folder}.",
            f"{IS_IT_RIGHT} Otherwise restore the file {home.ENCRYPTION_KEYS} from your backup, or set "
            "USHER_ENCRYPTION_KEYS. If the keys are lost: put a new one there (docs/settings.md), then reconnect.",
        )
    home.make_missing_keys()
    try:
        unreadable = unreadable_secrets()
    except KeysUnusable as error:
        raise Failed(str(error)) from error
    if unreadable:
        log.warning(
            "%d encrypted values in the database cannot be read with the keys in %s. Syncs and removals that need "
            "them fail. Restore the old keys from your backup, or reconnect.",
            unreadable,
            "USHER_ENCRYPTION_KEYS" if os.environ.get("USHER_ENCRYPTION_KEYS") else folder,
        )
