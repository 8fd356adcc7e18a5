"""`usher worker` does several jobs at a time, and none waits for another."""

import inspect
from pathlib import Path

import psycopg
import pytest
from procrastinate import App, SyncPsycopgConnector
from procrastinate.contrib.django import app

import usher
from tests.support.cli.running import Usher, migrated_database, wait_until
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.xdist_group("cli")

SOURCE = Path(usher.__file__).parent
HOLD = "LOCK TABLE directory_source"
WAITING = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'directory_source'::regclass"
QUEUED = "SELECT task_name FROM procrastinate_jobs WHERE args = '{\"timestamp\": 1}' ORDER BY id"
HELD_UP, QUICK = "usher.directory.jobs.refresh_remarks_of_changed", "usher.ledger.jobs.verify_ledger"


def queue(url: str, task: str) -> None:
    connector = SyncPsycopgConnector(conninfo=url)
    with App(connector=connector).open() as queueing:
        queueing.configure_task(task, allow_unknown=True).defer(timestamp=1)


def test_a_job_whose_statement_takes_long_holds_up_no_other(box: RunningSandbox, folder: Path) -> None:
    """A connection of its own does not outlive the job either: a year of jobs would use up the server's."""
    with (
        migrated_database("worker") as url,
        psycopg.connect(url) as holder,
        psycopg.connect(url, autocommit=True) as looking,
        Usher(USHER_HOME=str(folder), USHER_ASANA_URL=box.url, DATABASE_URL=url).started("worker"),
    ):

        def asked(query: str) -> list[str | int]:
            return [value for (value,) in looking.execute(query)]  # type: ignore[arg-type]

        holder.execute(HOLD)
        queue(url, HELD_UP)
        wait_until(lambda: asked(WAITING))
        session = asked(WAITING)[0]
        queue(url, QUICK)
        wait_until(lambda: asked(QUEUED) == [HELD_UP])
        assert session in asked(WAITING)
        holder.rollback()
        wait_until(lambda: asked(QUEUED) == [])
        wait_until(lambda: session not in asked("SELECT pid FROM pg_stat_activity"))


def test_a_worker_knows_every_job_and_each_is_asynchronous() -> None:
    """Procrastinate runs others in threads of its own, where they do not outlive the database."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    ours = {name: task for name, task in app.tasks.items() if name.startswith("usher.")}
    modules = {
        ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts) for file in SOURCE.rglob("jobs.py")
    }
    assert modules - {"usher.cli.processes.jobs"} == {name.rpartition(".")[0] for name in ours}
    assert [name for name, task in ours.items() if not inspect.iscoroutinefunction(task.func)] == []
