"""`usher backup` and `usher restore`."""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from usher.access.roles import Action
from usher.backup import keys
from usher.backup.archive import Progress, encrypted_keys, opened
from usher.backup.dump import make_backup
from usher.backup.keys import KeyFiles
from usher.backup.load import check_database, check_file
from usher.backup.load import restore as restore_backup
from usher.backup.manifest import BackupManifest
from usher.backup.retention import delete_old_backups, new_name
from usher.cli.errors import Failed, WrongUse
from usher.cli.identity import acting, demand
from usher.cli.output import echo, print_progress
from usher.cli.runtime import database, database_server, is_terminal

PASSPHRASE = "USHER_BACKUP_PASSPHRASE"  # noqa: S105  # the name of a variable
SHORTEST_PASSPHRASE = 12
WORD = "replace"

passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"Its first line encrypts the keys. Default: {PASSPHRASE}, or a question.",
)


@click.command()
@click.argument("target", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--with-keys", is_flag=True, help="Also the keys of the data folder, encrypted with a passphrase."
)
@passphrase_option
@click.option(
    "--keep", type=click.IntRange(1), help="In a folder: afterwards, delete all but this many of its backups."
)
def backup(target: Path, with_keys: bool, passphrase_file: Path | None, keep: int | None) -> None:
    """Back up the whole database into one file.

    Usher can keep running. In a FOLDER, the file gets a name with the time.
    """
    if keep and not target.is_dir():
        raise WrongUse("--keep needs a folder of backups.", "Name an existing folder.")
    file = target / new_name(datetime.now(UTC)) if target.is_dir() else target
    if file.exists():
        raise Failed(f"{file} exists already.", "Choose another name, or a folder.")
    if not file.parent.is_dir():
        raise WrongUse(f"There is no folder {file.parent}.", "Make it first.")
    if passphrase_file and not with_keys:
        raise WrongUse("--passphrase-file is for --with-keys.")
    secret = _passphrase(passphrase_file, is_new=True) if with_keys else ""
    began = time.monotonic()
    with database():
        demand(Action.SETTINGS)
        try:
            manifest = make_backup(file, secret, progress_line())
        except OSError as error:
            raise Failed(f"{file} cannot be written: {error.strerror or error}.") from error
    echo(
        f"{file}: {manifest.rows:,} rows of {len(manifest.tables):,} tables, {file.stat().st_size:,} bytes, "
        f"in {time.monotonic() - began:.0f} seconds."
    )
    if not with_keys:
        echo("It contains no keys: without encryption_keys, its tokens cannot be read. See --with-keys.")
    for old in delete_old_backups(target, keep) if keep else []:
        echo(f"Deleted: {old}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--check", "only_check", is_flag=True, help="Only check that the file is whole. Changes nothing."
)
@click.option("--replace", is_flag=True, help="Replace a database that is not empty.")
@click.option("--yes", is_flag=True, help="Do not ask before everything is replaced.")
@click.option("--with-keys", is_flag=True, help="Also put the keys back into the data folder.")
@passphrase_option
def restore(
    file: Path, only_check: bool, replace: bool, yes: bool, with_keys: bool, passphrase_file: Path | None
) -> None:
    """Replace the database by a backup.

    Stop `usher web` and `usher worker` first. All checksums are checked before anything is changed. Afterwards all
    removals are stopped until an admin has looked at what is missing.
    """
    if passphrase_file and not with_keys:
        raise WrongUse("--passphrase-file is for --with-keys.")
    if click.get_current_context().find_root().params.get("as_email"):
        raise WrongUse("A restore also replaces the users, so --as is not possible.")
    manifest = check_file(file, progress_line())
    key_files = _keys(file, passphrase_file) if with_keys else None
    if only_check:
        _describe(file, manifest, has_keys=key_files is not None)
        return
    done = keys.put_back(key_files) if key_files else []
    with database_server(begins=True):
        check_database(replace=replace)
        if replace and not yes:
            _confirm(file, manifest)
        restore_backup(file, acting(), progress_line(), replace=replace)
    echo(f"Restored: {manifest.rows:,} rows, as of {manifest.made_at:%Y-%m-%d %H:%M} UTC.", *done)
    if not keys.has_a_key_of(manifest):
        echo(
            "Stored tokens cannot be read: this data folder has none of the keys that encrypted them. "
            "Put encryption_keys back, or reconnect."
        )
    echo(
        "All sessions and open sign-in links have ended: usher sign-in-link EMAIL",
        "All removals are stopped until an admin has looked at what is missing: /removals/restored/",
    )


def _describe(file: Path, manifest: BackupManifest, *, has_keys: bool) -> None:
    echo(
        f"{file} is whole: {manifest.rows:,} rows of {len(manifest.tables):,} tables.",
        f"Made by Usher {manifest.usher_version} on {manifest.made_at:%Y-%m-%d %H:%M} UTC, "
        f"PostgreSQL {manifest.postgresql_version}.",
        f"Ledger head: {manifest.ledger_head or 'none'}",
    )
    if has_keys:
        echo("The passphrase decrypts its keys.")
    elif manifest.keys_sha256:
        echo("It contains keys, encrypted with a passphrase. To try the passphrase: --with-keys")
    else:
        echo("It contains no keys.")


def _keys(file: Path, passphrase_file: Path | None) -> KeyFiles:
    with opened(file) as (archive, manifest):
        encrypted = encrypted_keys(archive, manifest)
    return keys.decrypt(encrypted, _passphrase(passphrase_file, is_new=False))


def _confirm(file: Path, manifest: BackupManifest) -> None:
    if not sys.stdin.isatty():
        raise WrongUse("--replace deletes everything in the database.", "Confirm it with --yes.")
    echo(
        f"Everything in the database will be replaced by {file}, made {manifest.made_at:%Y-%m-%d %H:%M} UTC."
    )
    if click.prompt(f"Type “{WORD}” to go on", default="", show_default=False) != WORD:
        raise Failed("Nothing was changed.")


def _passphrase(file: Path | None, *, is_new: bool) -> str:
    """Never from the command line, which other people on the machine can see."""
    if file is not None:
        lines = file.read_text().splitlines()
        secret = lines[0].strip() if lines else ""
    elif PASSPHRASE in os.environ:
        secret = os.environ[PASSPHRASE]
    elif sys.stdin.isatty():
        secret = click.prompt("Passphrase for the keys", hide_input=True, confirmation_prompt=is_new)
    else:
        raise WrongUse("The keys need a passphrase.", f"Set {PASSPHRASE}, or name a file: --passphrase-file")
    if is_new and len(secret) < SHORTEST_PASSPHRASE:
        raise WrongUse(
            f"The passphrase is shorter than {SHORTEST_PASSPHRASE} characters.", "Choose a longer one."
        )
    return secret


def progress_line() -> Progress:
    """On a terminal, one line that is written anew; otherwise nothing."""
    shown = 0.0

    def show(table: str, rows: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if is_terminal() and now - shown > 0.2:
            shown = now
            print_progress(f"{table}: {rows:,} rows")

    return show
