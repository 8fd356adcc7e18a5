"""Names of backups in a folder, and deleting the oldest."""

import re
from datetime import datetime
from pathlib import Path

NAME = re.compile(r"usher-\d{8}T\d{6}Z\.backup")


def new_name(now: datetime) -> str:
    """In UTC, so that names sort by time."""
    return f"usher-{now:%Y%m%dT%H%M%SZ}.backup"


def delete_old_backups(folder: Path, keep: int) -> list[Path]:
    """Deletes all but the newest of the backups that `usher backup FOLDER` made, and nothing else. Returns them."""
    backups = sorted(file for file in folder.iterdir() if NAME.fullmatch(file.name) and file.is_file())
    old = backups[:-keep]
    for file in old:
        file.unlink()
    return old
