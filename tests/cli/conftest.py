import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli.running import Usher, own_database
from usher.sandbox import RunningSandbox, running


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "xdist_group: tests that pytest-xdist gives to the same worker")


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with running(people=60, seed=7, per_minute=0) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder with a short path: the embedded server's socket lies in it, and its path has a limit."""
    home = Path(tempfile.mkdtemp(prefix="uh-", dir="/tmp"))
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def usher(box: RunningSandbox, folder: Path) -> Iterator[Usher]:
    """Commands on an empty database of their own."""
    with own_database(f"cli_{os.path.basename(folder).lower().replace('-', '_')}") as url:  # noqa: PTH119
        yield Usher(USHER_HOME=str(folder), USHER_ASANA_URL=box.url, DATABASE_URL=url)


@pytest.fixture(scope="module")
def synced(usher: Usher) -> Usher:
    """With “Acme”, connected and synced."""
    connected = usher("connect", "--name", "Acme", "--token", "-", given="sandbox-pat-1\n")
    assert connected.returncode == 0, connected.stderr
    done = usher("sync", "Acme")
    assert done.returncode == 0, done.stderr
    return usher
