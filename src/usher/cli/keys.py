"""`usher rotate-keys`."""

import os

import click

from usher.access.roles import Action
from usher.cli.errors import Failed
from usher.cli.identity import demand
from usher.cli.output import echo
from usher.cli.runtime import needs_database
from usher.ledger.record import record
from usher.platform.encryption import SecretUnreadable
from usher.platform.rotation import add_key, drop_old_keys, encrypt_anew, read_all


@click.command("rotate-keys")
@needs_database
def rotate_keys() -> None:
    """Encrypt all stored secrets with a new key.

    The old keys are deleted afterwards. Keys in USHER_ENCRYPTION_KEYS are yours to add and remove: the first one
    encrypts.
    """
    actor = demand(Action.SETTINGS)
    in_environment = bool(os.environ.get("USHER_ENCRYPTION_KEYS"))
    try:
        read_all()
        if not in_environment:
            add_key()
        count = encrypt_anew()
    except SecretUnreadable as error:
        raise Failed("Nothing was changed.", str(error)) from error
    if not in_environment:
        drop_old_keys()
    record(actor, "settings.keys_rotated", "encryption keys", after={"secrets": count})
    if in_environment:
        echo(
            f"{count} stored secrets are now encrypted with the first key of USHER_ENCRYPTION_KEYS. "
            "The others can be removed from it."
        )
    else:
        echo(f"{count} stored secrets are now encrypted with a new key; the old ones are gone.")
