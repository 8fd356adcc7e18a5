"""What a benchmark does inside Usher, in a process of its own, because settings are read once per process.

python -m benchmarks.inside pace 6000     sets the request limit of every connection
python -m benchmarks.inside sync          starts a sync and waits until a worker has finished it
python -m benchmarks.inside as-of 10      syncs as of 10 days ago
python -m benchmarks.inside enqueue A B   has workers sync the connections with these names
python -m benchmarks.inside customers 500 10   stores connections to as many organizations, some with a revoked token
python -m benchmarks.inside sync-all           has workers sync all connections, and waits until they have
python -m benchmarks.inside member-csv          imports a member CSV of nearly everybody, whose use is known, too
python -m benchmarks.inside keep-counted       counts what the dashboard shows, as a worker does once a minute
python -m benchmarks.inside api-tokens E       makes API tokens of the user with this e-mail, and of the directory
python -m benchmarks.inside idle               waits until the worker has nothing to do
python -m benchmarks.inside employ             makes an employee of everybody in Asana
python -m benchmarks.inside service-token T 10 gives a service account's token, with events unread for 10 days
python -m benchmarks.inside turns         measures how long a request waits for its turn where none has to
python -m benchmarks.inside multiply 10   turns each stored audit log event into 10, minutes apart
"""

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta

import httpx

from benchmarks.rig import UNPACED
from usher.cli.runtime import database
from usher.ledger.actors import SYSTEM


def main() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("pace").add_argument("per_minute", type=int)
    commands.add_parser("sync")
    commands.add_parser("enqueue").add_argument("names", nargs="+")
    commands.add_parser("turns")
    commands.add_parser("as-of").add_argument("days", type=int)
    commands.add_parser("multiply").add_argument("times", type=int)
    commands.add_parser("live").add_argument("weeks", type=int)
    customers = commands.add_parser("customers")
    customers.add_argument("connections", type=int)
    customers.add_argument("failing", type=int)
    commands.add_parser("sync-all")
    commands.add_parser("employ")
    commands.add_parser("member-csv")
    commands.add_parser("keep-counted")
    commands.add_parser("idle")
    commands.add_parser("api-tokens").add_argument("email")
    service = commands.add_parser("service-token")
    service.add_argument("token")
    service.add_argument("days", type=int)
    arguments = parser.parse_args()
    with database():
        if arguments.command == "pace":
            _pace(arguments.per_minute)
        elif arguments.command == "as-of":
            _sync_as_of(timedelta(days=arguments.days))
        elif arguments.command == "enqueue":
            _enqueue(arguments.names)
        elif arguments.command == "turns":
            asyncio.run(_turns())
        elif arguments.command == "multiply":
            _multiply(arguments.times)
        elif arguments.command == "customers":
            _customers(arguments.connections, arguments.failing)
        elif arguments.command == "api-tokens":
            _api_tokens(arguments.email)
        elif arguments.command == "idle":
            _wait_until_idle()
        elif arguments.command == "keep-counted":
            _keep_counted()
        elif arguments.command == "employ":
            _employ()
        elif arguments.command == "member-csv":
            _import_member_csv()
        elif arguments.command == "service-token":
            _give_service_token(arguments.token, timedelta(days=arguments.days))
        elif arguments.command == "sync-all":
            _sync_all()
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
    steps: dict[str, float] = {}
    while run.is_open:
        time.sleep(0.5)
        run.refresh_from_db()
        step = run.step.partition(":")[0]
        steps[step] = steps.get(step, 0) + 0.5
    if run.state != SyncRun.State.DONE or not run.duration:
        sys.exit(f"The sync ended as {run.state}: {run.error}")
    print(
        f"{run.memberships:,} memberships, {run.events:,} events, {run.requests:,} requests in "
        f"{run.duration.total_seconds():.1f} s ({', '.join(f'{step} {spent:.0f} s' for step, spent in steps.items())})"
    )


def _enqueue(names: list[str]) -> None:
    from usher.connections.jobs import start_sync
    from usher.connections.models import Connection, SyncRun

    for name in names:
        start_sync(Connection.objects.get(name=name), SyncRun.Trigger.PERSON)


def _customers(connections: int, failing: int) -> None:
    """Numbers 2 and up: the first organization's account sees all of them."""
    from usher.asana import AsanaUser
    from usher.connections.connecting.settings import ConnectionSettings
    from usher.connections.connecting.store import AccountTokens, store_connection
    from usher.connections.models import Connection

    for number in range(2, connections + 1):
        token = "sandbox-revoked" if number <= failing + 1 else f"sandbox-pat-of-{number}"
        store_connection(
            ConnectionSettings(name=f"Customer {number}"),
            AsanaUser(gid=f"{number}", name=f"Admin {number}"),
            AccountTokens(token, Connection.Authorization.TOKEN),
            SYSTEM,
        )


def _sync_all() -> None:
    from usher.connections.jobs import start_sync
    from usher.connections.models import Connection, SyncRun

    runs = [start_sync(each, SyncRun.Trigger.SCHEDULE).pk for each in Connection.objects.order_by("pk")]
    mine = SyncRun.objects.filter(pk__in=runs)
    while mine.filter(finished_at=None).exists():
        time.sleep(0.5)
    done = mine.filter(state=SyncRun.State.DONE)
    long = sorted(run.duration.total_seconds() for run in done if run.duration)
    print(
        f"{len(runs)} syncs, {len(runs) - len(long)} failed, {sum(run.requests for run in mine):,} requests, "
        f"{sum(run.progress for run in done):,} memberships; one took {long[len(long) // 2]:.1f} s, at most "
        f"{long[-1]:.1f}"
    )


def _api_tokens(email: str) -> None:
    """Prints one of this user, and one of the directory, which may be read from now on."""
    from usher.access.models import User
    from usher.access.tokens.api_tokens import make_token
    from usher.directory import tokens
    from usher.directory.models import Source

    source = Source.objects.get()
    source.kind = Source.Kind.API
    source.save()
    print(make_token(User.objects.get(email=email), "Bench", SYSTEM), tokens.make_token(source, SYSTEM))


def _wait_until_idle() -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    due = ProcrastinateJob.objects.filter(status__in=["todo", "doing"]).exclude(
        scheduled_at__gt=datetime.now(UTC)
    )
    while due.exists():
        time.sleep(0.5)


def _keep_counted() -> None:
    from usher.activity.usage.counting import keep_all

    began = time.perf_counter()
    print(f"{keep_all()} connections counted in {time.perf_counter() - began:.2f} s")


def _employ() -> None:
    """Everybody in Asana is an employee with the same address. One in a hundred has just left."""
    from usher.directory.employees.records import Row, tidy
    from usher.directory.employees.store import EmployeeRecord, store_many
    from usher.directory.models import Match, Source
    from usher.roster.models import Person

    today = datetime.now(UTC).date()
    people = list(Person.objects.values_list("email", "name"))
    rows = (
        Row(
            n,
            tidy(
                EmployeeRecord(
                    external_id=f"E{n}",
                    email=email,
                    name=name,
                    last_day=today - timedelta(days=1) if n % 100 == 13 else None,
                )
            ),
        )
        for n, (email, name) in enumerate(people, 1)
        if email
    )
    # Since yesterday, so that no job looks at them as changed a moment ago.
    since = datetime.now(UTC) - timedelta(days=1)
    store_many(Source.objects.create(name="HR", kind="csv"), rows, since, lists_everyone=True)
    print(f"{Match.objects.filter(state='matched').count():,} people are matched with employees")


def _give_service_token(token: str, unread: timedelta) -> None:
    """Makes as if events had been read until some days ago."""
    from usher.activity.ingest.coverage import add_coverage
    from usher.activity.models import EvidenceSource
    from usher.activity.sync_stage import organizations
    from usher.connections.models import Connection, Credentials

    connection, now = Connection.objects.get(), datetime.now(UTC)
    credentials = Credentials.objects.get(connection=connection)
    credentials.service_token = token
    credentials.save()
    connection.has_service_token = True
    connection.save()
    for workspace in organizations(connection):
        add_coverage(workspace, EvidenceSource.AUDIT, now - timedelta(days=100), now - unread)


async def _turns() -> None:
    from usher.asana import RateLimits
    from usher.connections.pace.budget import Budget, Urgency
    from usher.connections.pace.shared import SharedPace

    spent = []
    async with SharedPace(Budget("measured", RateLimits(int(UNPACED)), Urgency.SYNC)) as pace:
        for _ in range(1000):
            began = time.perf_counter()
            async with pace.turn(is_write=False, on_pause=print):
                spent.append(1000 * (time.perf_counter() - began))
    spent.sort()
    print(f"a turn: median {spent[500]:.2f} ms, p95 {spent[950]:.2f} ms")


def _multiply(times: int) -> None:
    from django.db import connection as database

    with database.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO activity_auditevent
            SELECT connection_id, workspace_id, gid || '-' || n, created_at - n * interval '97 seconds', event_type,
                   category, actor_type, actor_gid, resource_type, resource_gid, context_type, ip_address, use, raw
            FROM activity_auditevent, generate_series(1, %s - 1) AS n
            WHERE created_at > date_trunc('month', created_at) + n * interval '97 seconds'
            ON CONFLICT DO NOTHING
            """,
            [times],
        )
        cursor.execute("VACUUM ANALYZE activity_auditevent")
        cursor.execute("SELECT count(*) FROM activity_auditevent")
        print(cursor.fetchone()[0])


def _import_member_csv() -> None:
    """One in twenty is not in the file, one in a hundred of its rows is about nobody in Usher."""
    from usher.activity.console.parse import parse
    from usher.activity.console.store import store
    from usher.activity.models import ActiveDay, EvidenceSource
    from usher.activity.usage.compute import bring_up_to_date
    from usher.activity.usage.figures import today_of
    from usher.connections.models import Connection
    from usher.roster.models import Person

    connection = Connection.objects.get()
    today, now = today_of(connection), datetime.now(UTC)
    people = list(Person.objects.filter(memberships__status="active").distinct().order_by("pk"))
    ActiveDay.objects.bulk_create(
        (
            ActiveDay(
                connection=connection,
                user_gid=person.gid,
                day=today - timedelta(days=n % 60),
                human=1,
                automated=0,
                sessions=1,
                usage_seconds=60,
                last_human_at=now - timedelta(days=n % 60),
                last_human_source=EvidenceSource.AUDIT,
            )
            for n, person in enumerate(people)
            if n % 10
        ),
        batch_size=5_000,
    )
    lines = ["User ID,Name,Email,Last activity"]
    for n, person in enumerate(people):
        if n % 20:
            lines.append(f'{person.gid},"{person.name}",,{today - timedelta(days=3 + n % 50)}')
        if n % 100 == 13:
            lines.append(f',"Nobody {n}",nobody{n}@elsewhere.example,')
    stored = store(
        connection, parse("\n".join(lines).encode()), today - timedelta(days=3), "members.csv", SYSTEM
    )
    bring_up_to_date(connection, today)
    print(f"{len(people):,} active people, {stored.rows:,} rows, {stored.matched:,} of them matched")


def _live(weeks: int) -> None:
    for week in range(weeks, -1, -1):
        _sync_as_of(timedelta(weeks=week))


def _sync_as_of(ago: timedelta) -> None:
    """Sets the sandbox's clock and Usher's to that moment, and the sandbox's back to real time afterwards."""
    from django.conf import settings

    from usher.connections.models import Connection, SyncRun
    from usher.connections.sync import perform, request_run

    address = f"{settings.USHER_ASANA_URL}/-/sandbox/clock"
    moment = datetime.now(UTC) - ago
    httpx.post(address, json={"now": moment.isoformat() if ago else None}).raise_for_status()
    run = request_run(Connection.objects.get(), SyncRun.Trigger.SCHEDULE, accepted_by=SYSTEM)
    done = asyncio.run(perform(run.pk, now=lambda: moment))
    httpx.post(address, json={"now": None}).raise_for_status()
    if done.state != SyncRun.State.DONE:
        sys.exit(f"The sync ended as {done.state}: {done.error}")


if __name__ == "__main__":
    main()
