"""Fills a database with a large company, once, and keeps it for the benchmarks of pages.

    python -m benchmarks.large_company [--people 200000] [--events 100000000] [--anew]

One connection, five workspaces, as many employees as people, and a year of events: a fifth of them in the audit log,
the rest in the event stream. The records of closed months are dropped, as by USHER_EVENT_RECORDS=drop: with them all,
100 million events take 15 GB more. PostgreSQL makes the rows; matches and figures of use are computed by Usher's own
code. It is kept in `/var/tmp/usher-benchmarks` (or `USHER_BENCHMARKS`), one folder for each size.
"""

import argparse
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.rig import NOBODY, Environment, environment_of, load, usher

if TYPE_CHECKING:
    from usher.activity.ingest.partitions import Table
    from usher.connections.models import Connection

DAYS = 365
FILLED = "filled"
STREAM_EVENTS_EACH = 4
"""Of everybody who acts on a day."""

PEOPLE = """
    INSERT INTO roster_person (connection_id, gid, name, email)
    SELECT %(connection)s, (1200000000000000 + n)::text,
           (ARRAY['Ada','Anna','Ben','Carla','Chidi','Daniela','Emre','Farid','Grace','Hanna','Ines','Jan','Kofi',
                  'Lena','Maria','Nils','Olga','Priya','Quentin','Rosa'])[1 + n %% 20] || ' '
           || (ARRAY['van de Berg','Okafor','Lindqvist','Haddad','Nakamura','Silva','Novak','Brook','Yilmaz',
                     'Petrov'])[1 + (n / 20) %% 10] || ' ' || chr(65 + (n / 200) %% 26) || (n / 5200),
           'staff' || n || CASE WHEN n %% 25 = 7 THEN '@partner' || n %% 300 || '.example' ELSE '@large.example' END
    FROM generate_series(1, %(people)s) AS n
"""
MEMBERSHIPS = """
    INSERT INTO roster_membership (person_id, workspace_id, gid, role, licence, status, since, until)
    SELECT person.id, %(workspace)s, (1300000000000000 + %(workspace)s * 10000000::bigint + person.id)::text,
           CASE WHEN n %% 25 = 7 THEN 'guest' WHEN n %% 400 = 1 THEN 'admin' ELSE 'member' END,
           CASE WHEN n %% 25 = 7 THEN 'guest' WHEN n %% 50 = 3 THEN 'view_only' ELSE 'member' END,
           CASE WHEN n %% 11 = 5 THEN 'not_active' ELSE 'active' END,
           now() - (n %% 1500) * interval '1 day',
           CASE WHEN n %% 11 = 5 THEN now() - (n %% 300) * interval '1 day' END
    FROM (SELECT id, substr(gid, 8)::bigint AS n FROM roster_person WHERE connection_id = %(connection)s) AS person
    WHERE n %% %(every)s = 0
"""
CHANGES = """
    INSERT INTO roster_change (membership_id, kind, before, after, happened_at, seen_at)
    SELECT id, 'joined', '', '', since, greatest(since, now() - interval '180 days') FROM roster_membership
    UNION ALL
    SELECT id, 'left', '', '', until, until FROM roster_membership WHERE until IS NOT NULL
"""
SEAT_COUNTS = """
    INSERT INTO roster_seatcount (workspace_id, day, role, licence, people)
    SELECT workspace_id, day, role, licence, count(*)
    FROM roster_membership, generate_series(current_date - 180, current_date, interval '7 days') AS day
    WHERE status = 'active' AND since < day GROUP BY 1, 2, 3, 4
"""
# Who acts on a day, and when they begin: the same for both kinds of events.
DRAWN = """
    SELECT n, who, (1200000000000000 + who)::text AS gid,
           %(day)s::date + time '07:00' + (turn * 6841 %% 36000) * interval '1 second' AS begins_at
    FROM (SELECT n, n / %(each)s AS turn,
                 1 + (n / %(each)s * 7919 + %(number)s * 104729) %% (%(people)s * 9 / 10) AS who
          FROM generate_series(1, %(events)s) AS n) AS numbered
"""
AUDIT_EVENTS = f"""
    INSERT INTO {{table}}
    SELECT %(connection)s, %(workspace)s, to_char(%(day)s::date, 'YYMMDD') || lpad(n::text, 10, '0'), at, kind.name,
           kind.category, 'user', gid, kind.resource, (1400000000000000 + n)::text, 'web',
           '10.' || n %% 16 || '.' || n %% 251 || '.' || n %% 241, 1,
           CASE WHEN %(with_record)s THEN
               json_build_object('gid', (1500000000000000 + n)::text, 'created_at', at, 'event_type', kind.name,
               'event_category', kind.category,
               'actor', json_build_object('actor_type', 'user', 'gid', gid, 'email', 'staff' || who || '@large.example',
                                          'name', 'Somebody ' || who),
               'resource', json_build_object('resource_type', kind.resource, 'gid', (1400000000000000 + n)::text,
                                             'name', 'Plan of the quarter ' || n %% 977),
               'context', json_build_object('context_type', 'web', 'client_ip_address', '10.0.0.1',
                   'user_agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36'))::text
           ELSE '' END
    FROM (SELECT *, begins_at + n %% 3 * interval '40 minutes' AS at FROM ({DRAWN}) AS drawn) AS event
    JOIN (VALUES (0, 'user_login_succeeded', 'logins', 'user'), (1, 'user_logged_out', 'logins', 'user'),
                 (2, 'attachment_uploaded', 'content_export', 'attachment'),
                 (3, 'attachment_downloaded', 'content_export', 'attachment'),
                 (4, 'task_deleted', 'deletion', 'task'), (5, 'user_login_failed', 'logins', 'user')
         ) AS kind (number, name, category, resource) ON kind.number = event.n %% 6
"""
STREAM_EVENTS = f"""
    INSERT INTO {{table}}
    SELECT %(connection)s, %(workspace)s, gid, begins_at + n %% 4 * interval '7 minutes',
           (ARRAY['task', 'story', 'task', 'project'])[1 + n %% 4], (ARRAY['changed', 'added', 'added'])[1 + n %% 3]
    FROM ({DRAWN}) AS drawn
"""
EVENT_TYPES = """
    INSERT INTO activity_eventtypeseen (connection_id, event_type, category, first_seen_at, events)
    SELECT connection_id, event_type, category, min(created_at), count(*) FROM activity_auditevent GROUP BY 1, 2, 3
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--events", type=int, default=100_000_000)
    parser.add_argument("--anew", action="store_true", help="Throw away what is kept.")
    arguments = parser.parse_args()
    folder = folder_of(arguments.people, arguments.events)
    if arguments.anew:
        shutil.rmtree(folder, ignore_errors=True)
    with large_company(arguments.people, arguments.events):
        print(folder)


def folder_of(people: int, events: int) -> Path:
    return Path(os.environ.get("USHER_BENCHMARKS", "/var/tmp/usher-benchmarks")) / f"{people}-{events}"


@contextmanager
def large_company(people: int, events: int) -> Iterator[Environment]:
    """The environment of an Usher with this company. Fills its database where that was not done yet."""
    folder = folder_of(people, events)
    environment = environment_of(folder, NOBODY)
    if not (folder / FILLED).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        usher(environment, "migrate")
        os.environ.update(environment)
        from usher.cli.runtime import database

        with database():
            _fill(people, events)
        (folder / FILLED).touch()
    else:
        usher(environment, "migrate")
    yield environment


def _fill(people: int, events: int) -> None:
    from django.db import connection as database

    from usher.activity.ingest.coverage import add_coverage
    from usher.activity.models import EvidenceSource
    from usher.connections.models import Connection
    from usher.directory.matching.update import bring_up_to_date
    from usher.roster.models import Workspace

    now = datetime.now(UTC)
    connection = Connection.objects.create(
        name="Large", authorization="token", asana_user_gid="1", sync_at="03:00", last_synced_at=now,
        has_service_token=True,
    )  # fmt: skip
    with _timed("people"), database.cursor() as cursor:
        values = {"connection": connection.pk, "people": people}
        cursor.execute(PEOPLE, values)
        for number, every in enumerate((1, 20, 25, 50, 200)):
            workspace = Workspace.objects.create(
                connection=connection,
                gid=str(1100 + number),
                name=f"Large {number}",
                is_organization=number == 0,
                email_domains=["large.example"],
                last_walked_at=now,
            )
            cursor.execute(MEMBERSHIPS, values | {"workspace": workspace.pk, "every": every})
        cursor.execute(CHANGES)
        cursor.execute(SEAT_COUNTS)
        cursor.execute("ANALYZE")
    with _timed("employees"):
        _employ(people)
    with _timed("matches"):
        bring_up_to_date()
    first = Workspace.objects.get(connection=connection, gid="1100")
    of_first = values | {"workspace": first.pk}
    tables: tuple[Table, ...] = ("activity_auditevent", "activity_streamevent")
    with _timed("events"), ThreadPoolExecutor() as side_by_side:
        for done in [side_by_side.submit(_add_events, table, of_first, events) for table in tables]:
            done.result()
    with _timed("types of events"), database.cursor() as cursor:
        cursor.execute(EVENT_TYPES)
        cursor.execute("ANALYZE activity_auditevent, activity_streamevent")
    for source in (EvidenceSource.AUDIT, EvidenceSource.STREAM):
        add_coverage(first, source, now - timedelta(days=DAYS), now)
    with _timed("figures of use"), ThreadPoolExecutor() as side_by_side:
        _touch_everybody(connection)
        for done in [side_by_side.submit(_find_use, connection) for _ in range(2)]:
            done.result()
    with _timed("vacuum"), database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.0f} s ({load()})", flush=True)


def _employ(people: int) -> None:
    """One in a hundred has just left, one in 300 leaves, one in fifty is in no directory.

    One in eleven left long ago, and is not active in Asana.
    """
    from usher.directory.employees.records import Row, tidy
    from usher.directory.employees.store import EmployeeRecord, store_many
    from usher.directory.models import Source

    today = datetime.now(UTC).date()

    def last_day(n: int) -> date | None:
        if n % 11 == 5:
            return today - timedelta(days=100 + n % 900)
        if n % 100 == 13:
            return today - timedelta(days=1 + n % 90)
        return today + timedelta(days=n % 30) if n % 300 == 17 else None

    rows = (
        Row(
            n,
            tidy(
                EmployeeRecord(
                    external_id=f"E{n}",
                    email=f"staff{n}@large.example" if n % 50 else f"elsewhere{n}@large.example",
                    name=f"Given{n % 911} Family{n // 2}",
                    department=f"Department {n % 40}",
                    last_day=last_day(n),
                )
            ),
        )
        for n in range(1, people + 1)
    )
    store_many(Source.objects.create(name="HR", kind="csv"), rows, datetime.now(UTC), lists_everyone=True)


def _add_events(table: "Table", values: dict[str, object], events: int) -> None:
    """A month after the other, each without its indexes at first. Fewer at weekends, none in the future."""
    from django.db import connection as database

    from usher.activity.ingest.partitions import EventMonth

    today = datetime.now(UTC).date()
    days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
    working = [day for day in days if day.weekday() < 5]
    statement, part, each = (
        (AUDIT_EVENTS, 1, 1) if table == "activity_auditevent" else (STREAM_EVENTS, 4, STREAM_EVENTS_EACH)
    )
    with closing(database), database.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off; SET maintenance_work_mem = '1GB'")
        for first, of_month in groupby(enumerate(working), lambda numbered: numbered[1].replace(day=1)):
            month = EventMonth(first.year, first.month)
            name = month.partition_of(table)
            cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING STORAGE)")
            for number, day in of_month:
                cursor.execute(
                    statement.replace("{table}", name),
                    values
                    | {"day": day, "number": number, "each": each}
                    | {"events": events * part // 5 // len(working)}
                    | {"with_record": day >= today.replace(day=1)},
                )
            cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {name} {month.bounds}")


def _touch_everybody(connection: "Connection") -> None:
    from django.db import connection as database

    from usher.activity.models import UsageState
    from usher.activity.usage.compute import FOR_EVER, TOUCH_ALL
    from usher.activity.usage.figures import today_of

    UsageState.objects.create(
        connection=connection, time_zone=connection.time_zone, as_of=today_of(connection)
    )
    with database.cursor() as cursor:
        cursor.execute(TOUCH_ALL, {"connection": connection.pk, "since": FOR_EVER})


def _find_use(connection: "Connection") -> None:
    """As one of several workers does it."""
    from django.db import connection as database

    from usher.activity.usage.compute import bring_up_to_date
    from usher.activity.usage.figures import today_of

    with closing(database):
        bring_up_to_date(connection, today_of(connection))


if __name__ == "__main__":
    main()
