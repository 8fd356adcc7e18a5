"""What a benchmark does inside Usher, in a process of its own since the settings are read once a process.

python -m benchmarks.inside pace 6000     the request limit that Usher keeps to, for every connection
python -m benchmarks.inside sync          starts a sync and waits until a worker has done it
"""

import argparse
import sys
import time

from usher.cli.environment import database


def main() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("pace").add_argument("per_minute", type=int)
    commands.add_parser("sync")
    arguments = parser.parse_args()
    with database():
        if arguments.command == "pace":
            _pace(arguments.per_minute)
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


if __name__ == "__main__":
    main()
