"""The embedded server is shared by processes; the last one stops it, and a killed one keeps it from nobody."""

import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from usher.platform.embedded import HomeTooLong, database_url

HOLDER = """
import sys
from usher.platform.embedded import HomeTooLong, database_url
with database_url() as url:
    print(url, flush=True)
    sys.stdin.read()
"""

Holder = subprocess.Popen[str]


@pytest.fixture
def folder() -> Iterator[Path]:
    # Short, because the server's socket lies in it.
    made = Path(tempfile.mkdtemp(prefix="usher-pg-", dir="/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def hold(folder: Path) -> Iterator[object]:
    """Starts a process that uses the server until its input ends."""
    holders: list[Holder] = []

    def start() -> Holder:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"USHER_HOME": str(folder)},
        )
        holders.append(holder)
        return holder

    yield start
    for holder in holders:
        if holder.poll() is None:
            leave(holder)


def address(holder: Holder) -> str:
    assert holder.stdout
    return holder.stdout.readline().strip()


def leave(holder: Holder) -> None:
    holder.communicate(timeout=30)


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return connection.execute("SELECT current_database()").fetchone() == ("usher",)
    except psycopg.OperationalError:
        return False


def test_two_share_it_and_the_last_one_stops_it(folder: Path, hold: object) -> None:
    first, second = hold(), hold()  # type: ignore[operator]
    url = address(first)
    assert address(second) == url
    leave(first)
    assert answers(url)
    leave(second)
    assert not answers(url)
    assert not (folder / "postgres" / "postmaster.pid").exists()
    third = hold()  # type: ignore[operator]
    assert answers(address(third))
    leave(third)


def test_one_that_is_killed_neither_stops_it_for_others_nor_keeps_it_up(folder: Path, hold: object) -> None:
    killed, other = hold(), hold()  # type: ignore[operator]
    url = address(killed)
    address(other)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert answers(url)
    leave(other)
    assert not answers(url)


def test_after_the_only_one_was_killed_the_next_one_takes_over_and_stops_it(
    folder: Path, hold: object
) -> None:
    killed = hold()  # type: ignore[operator]
    url = address(killed)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    following = hold()  # type: ignore[operator]
    assert address(following) == url
    assert answers(url)
    leave(following)
    deadline = time.monotonic() + 5
    while answers(url) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not answers(url)


LONG = "a-folder-with-a-name-that-is-too-long-for-the-path-of-a-socket/" * 2


def test_a_data_folder_with_a_long_path_has_its_socket_where_nobody_else_reaches_it(folder: Path) -> None:
    long = folder / LONG
    long.mkdir(parents=True)
    for _ in range(2):  # it starts again after it was stopped
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"USHER_HOME": str(long)},
        )
        url = address(holder)
        assert answers(url)
        socket = Path(url.split("host=")[1])
        ours = next(parent for parent in socket.parents if parent.name.startswith("usher-"))
        assert not stat.S_IMODE(ours.stat().st_mode) & 0o007
        leave(holder)
        assert not answers(url)
    shutil.rmtree(ours)


def test_a_folder_for_the_socket_that_somebody_else_made_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USHER_HOME", str(folder / LONG))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    theirs = folder / "theirs"
    theirs.mkdir()
    name = hashlib.sha256(os.fsencode(folder / LONG)).hexdigest()[:12]
    (folder / f"usher-{os.geteuid()}-{name}").symlink_to(theirs)
    with pytest.raises(HomeTooLong, match="another user"), database_url():
        pass


FORKS = """
import os, psycopg
from usher.platform.embedded import HomeTooLong, database_url
with database_url() as url:
    child = os.fork()
    if child == 0:
        raise SystemExit  # as gunicorn's workers end: through every block that they were forked in
    os.waitpid(child, 0)
    with psycopg.connect(url) as connection:
        print(connection.execute("SELECT 'still there'").fetchone()[0])
"""


def test_a_forked_child_that_ends_leaves_the_server_to_its_parent(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKS],
        env={**os.environ, "USHER_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "still there", done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server has a user of its own")
def test_root_does_not_open_its_folders_to_others(hold: Callable[[], Holder], folder: Path) -> None:
    folder.chmod(0o700)
    assert answers(address(hold()))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o711, "others may pass through it, and not look into it"


def test_one_that_was_killed_is_started_again_once_and_stopped_by_the_last(
    folder: Path, hold: object
) -> None:
    first, second = hold(), hold()  # type: ignore[operator]
    url = address(first)
    address(second)
    os.kill(int((folder / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    deadline = time.monotonic() + 60
    time.sleep(1)
    while not answers(url) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert answers(url)
    log = (folder / "postgres" / "log").read_text()
    assert log.count("ready to accept connections") == 2, (
        "each of the two has a look, and one of them starts it"
    )
    leave(first)
    assert answers(url)
    leave(second)
    assert not answers(url)
