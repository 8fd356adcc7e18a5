"""Measures the pages of a managed-service provider: many connections, each of a small company.

    python -m benchmarks.many_connections [--connections 500] [--people 200] [--times 15]

The companies are made once, and kept beside those of `benchmarks.large_company`.
"""

import argparse
import os
import shutil
import time
from datetime import UTC, datetime, timedelta

from benchmarks.large_company import CHANGES, FILLED, MEMBERSHIPS, PEOPLE, SEAT_COUNTS, folder_of
from benchmarks.large_pages import signed_in
from benchmarks.pages import measure
from benchmarks.rig import NOBODY, Environment, environment_of, load, usher

USE = """
    INSERT INTO activity_personusage (
        connection_id, user_gid, as_of, last_used_at, last_used_source, active_days, sessions, usage_seconds,
        has_logged_in
    )
    SELECT connection_id, gid, current_date, now() - (id % 120) * interval '1 day', 'stream',
           greatest(0, 20 - id % 120), greatest(0, 30 - id % 120), 3600, false
    FROM roster_person WHERE id % 10 < 8
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=500)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--times", type=int, default=15)
    arguments = parser.parse_args()
    environment = _companies(arguments.connections, arguments.people)
    print(f"{arguments.connections} connections of {arguments.people} people ({load()})", flush=True)
    middle = arguments.connections // 2
    pages = {
        "dashboard over all": ["/"],
        "dashboard of one after the other": [f"/?connection={middle + n}" for n in range(arguments.times)],
        "Integrations": ["/integrations/"],
        "one connection": [f"/integrations/{middle}/"],
        "People": ["/people/"],
        "People of one": [f"/people/?connection={middle}"],
        "Directory": ["/directory/"],
        "How usage is measured": ["/usage/measuring/"],
    }
    with signed_in(environment) as client:
        for name, addresses in pages.items():
            measure(client, name, (addresses * arguments.times)[: arguments.times])


def _companies(connections: int, people: int) -> Environment:
    folder = folder_of(connections * people, 0)
    environment = environment_of(folder, NOBODY)
    if not (folder / FILLED).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    usher(environment, "migrate")
    os.environ.update(environment)
    from usher.cli.runtime import database

    with database():
        if not (folder / FILLED).exists():
            _fill(connections, people)
            (folder / FILLED).touch()
        from usher.activity.usage.counting import keep_all

        for _ in range(2):
            began = time.perf_counter()
            counted = keep_all()
            print(f"{counted} connections counted in {time.perf_counter() - began:.2f} s", flush=True)
    return environment


def _fill(connections: int, people: int) -> None:
    from django.db import connection as database

    from usher.activity.ingest.coverage import add_coverage
    from usher.activity.models import EvidenceSource
    from usher.connections.models import Connection, SyncRun
    from usher.roster.models import Workspace

    now = datetime.now(UTC)
    with database.cursor() as cursor:
        for number in range(connections):
            connection = Connection.objects.create(
                name=f"Customer {number}", authorization="token", asana_user_gid=str(number), sync_at="03:00",
                last_synced_at=now, has_service_token=True,
            )  # fmt: skip
            workspace = Workspace.objects.create(
                connection=connection, gid=str(1100 + number), name=f"Customer {number}", is_organization=True,
                email_domains=["large.example"], last_walked_at=now,
            )  # fmt: skip
            SyncRun.objects.create(connection=connection, trigger="schedule", state="done", finished_at=now)
            values = {"connection": connection.pk, "people": people}
            cursor.execute(PEOPLE, values)
            cursor.execute(MEMBERSHIPS, values | {"workspace": workspace.pk, "every": 1})
            add_coverage(workspace, EvidenceSource.STREAM, now - timedelta(days=200), now)
        cursor.execute(CHANGES)
        cursor.execute(SEAT_COUNTS)
        cursor.execute(USE)
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main()
