"""Where the tests run: a data folder and an embedded PostgreSQL of their own.

Loaded with `-p` before pytest-django reads the settings. Workers of pytest-xdist inherit the environment, so
one server serves them all.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import psycopg

if "USHER_TEST_HOME" not in os.environ:
    # A short path: the server's socket lies in it, and a socket's path has a limit.
    folder = Path(tempfile.mkdtemp(prefix="usher-test-", dir="/tmp"))
    for name in [name for name in os.environ if name.startswith(("USHER_", "DATABASE_"))]:
        os.environ.pop(name, None)
    os.environ["USHER_TEST_HOME"] = os.environ["USHER_HOME"] = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

    from usher.platform.embedded import ensured_database_url
    from usher.platform.home import make_missing_keys

    make_missing_keys()

    server = ensured_database_url()
    url = server.__enter__()
    atexit.register(server.__exit__, None, None, None)
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
