"""What a benchmark does inside Usher, in a process of its own since the settings are read once a process.

python -m benchmarks.inside pace 6000     the request limit that Usher keeps to, for every connection
python -m benchmarks.inside sync          starts a sync and waits until a worker has done it
"""

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta

import httpx

from usher.cli.environment import database


def main() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("pace").add_argument("per_minute", type=int)
    commands.add_parser("sync")
    commands.add_parser("live").add_argument("weeks", type=int)
    arguments = parser.parse_args()
    with database():
        if arguments.command == "pace":
            _pace(arguments.per_minute)
        elif arguments.command == "live":
            _live(arguments.weeks)
        else:
            _sync()


def _pace(per_minute: int) -> None:
    from usher.connections.models import Connection

    Connection.objects.update(requests_per_minute=per_minute)


def _sync() -> None:
    from usher.connections.jobs import start_sync
    from usher.connections.models import Connection, SyncRun

    run = start_sync(Connection.objects.get(), SyncRun.Trigger.PERSON)
    while run.is_open:
        time.sleep(0.5)
        run.refresh_from_db()
    if run.state != SyncRun.State.DONE or not run.duration:
        sys.exit(f"The sync ended as {run.state}: {run.error}")
    print(f"{run.progress:,} memberships, {run.requests:,} requests in {run.duration.total_seconds():.1f} s")


def _live(weeks: int) -> None:
    from django.conf import settings

    from usher.connections.models import Connection, SyncRun
    from usher.connections.sync import perform, request_run

    connection = Connection.objects.get()
    for week in range(weeks, -1, -1):
        moment = datetime.now(UTC) - timedelta(weeks=week)
        clock = {"now": moment.isoformat() if week else None}
        httpx.post(f"{settings.USHER_ASANA_URL}/-/sandbox/clock", json=clock).raise_for_status()
        run = request_run(connection, SyncRun.Trigger.SCHEDULE, accept_vanished=True)
        done = asyncio.run(perform(run.pk, now=lambda moment=moment: moment))  # type: ignore[misc]
        if done.state != SyncRun.State.DONE:
            sys.exit(f"The sync ended as {done.state}: {done.error}")


if __name__ == "__main__":
    main()
