"""Measures the matching of all people in Asana with all employees.

    python -m benchmarks.directory_match [--people 200000]

There are as many employees as people. Nine in ten have the same address, some another spelling or an alias, some only
the same name. It matches twice, in this process. The peak memory excludes the embedded PostgreSQL.
"""

import argparse
import os
import resource
import time
from datetime import UTC, datetime

from benchmarks.rig import NOBODY, home, load


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=200_000)
    people = parser.parse_args().people
    with home(NOBODY) as environment:
        os.environ.update(environment)
        from usher.cli.runtime import database

        with database():
            _fill(people)
            for what in ("first", "again"):
                _match(what)


def _fill(people: int) -> None:
    from django.db import connection as database

    from usher.connections.models import Connection
    from usher.directory.employees.records import Row, tidy
    from usher.directory.employees.store import EmployeeRecord, store_many
    from usher.directory.models import DomainAlias, Source
    from usher.roster.models import Workspace

    source = Source.objects.create(name="HR", kind="csv")
    rows = (
        Row(
            n,
            tidy(
                EmployeeRecord(
                    external_id=f"E{n}",
                    email=f"given.family{n}@company.example",
                    other_addresses=(f"g{n}@company.example",) if n % 10 == 1 else (),
                    name=f"Given{n % 911} Family{n // 2}",
                )
            ),
        )
        for n in range(people)
    )
    store_many(source, rows, datetime.now(UTC), lists_everyone=True)
    DomainAlias.objects.create(alias="company.co.example", domain="company.example")
    connection = Connection.objects.create(
        name="Bench", authorization="token", asana_user_gid="1", sync_at="03:00"
    )
    workspace = Workspace.objects.create(
        connection=connection,
        gid="1",
        name="Company",
        is_organization=True,
        email_domains=["company.example"],
    )
    with database.cursor() as cursor:
        with cursor.copy("COPY roster_person (connection_id, gid, name, email) FROM STDIN") as copy:
            for n in range(people):
                copy.write_row((connection.pk, str(n), f"Given{n % 911} Family{n // 2}", _address(n)))
        cursor.execute(
            "INSERT INTO roster_membership (person_id, workspace_id, gid, role, licence, status, since)"
            " SELECT id, %s, gid, 'member', 'member', 'active', now() FROM roster_person",
            [workspace.pk],
        )
        cursor.execute("ANALYZE")


def _address(n: int) -> str:
    match n % 20:
        case 0:
            return f"given.family{n}@company.co.example"
        case 1:
            return f"G{n}@Company.example"
        case 2:
            return f"given.family{n}+asana@company.example"
        case 3:
            return f"somebody{n}@private.example"
        case _:
            return f"given.family{n}@company.example"


def _match(what: str) -> None:
    from usher.directory.matching.update import bring_up_to_date

    began = time.monotonic()
    written = bring_up_to_date()
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what}: {seconds:.1f} s, {written.made:,} made, {written.changed:,} changed, "
        f"{written.taken_back:,} taken back, peak so far {peak:.0f} MB ({load()})",
        flush=True,
    )


if __name__ == "__main__":
    main()
