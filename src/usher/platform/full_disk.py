"""A full disk, of this machine or of the database: recognised, and said in one sentence."""

import errno

from psycopg.errors import DiskFull

MESSAGE = "The disk is full. What was begun was not stored; everything that was stored before is safe."
REMEDY = "Make room on the disk of the database and of USHER_HOME, then try again."


def is_full_disk(error: BaseException | None) -> bool:
    """Whether `error`, or what caused it, says that there is no room left."""
    while error is not None:
        if isinstance(error, DiskFull):
            return True
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__
    return False
