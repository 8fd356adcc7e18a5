"""Measures bytes per event and per day of a person's usage, before and after records are compressed or dropped.

    python -m benchmarks.disk [--people 1000]

A year of events, as many as docs/scale.md assumes: for each person 100 in the audit log and 400 in the event stream,
on 200 days. They come in the order of time and are stored by Usher's own code, with records like Asana's: titles of
their own, a name, an address and a browser for each person. Then the months are closed with `compress` and with `drop`.
"""

import argparse
import asyncio
import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec
from faker import Faker

from benchmarks.rig import NOBODY, home, load

DAYS, WORKING_DAYS = 365, 200
AUDIT_A_YEAR, STREAM_A_YEAR = 100, 400
AT_ONCE = 2_000
SIZES = (2_000, 20_000, 200_000)
GIGABYTE = 1_000_000_000

KINDS = (
    ("user_login_succeeded", "logins", "user", {"method": ["SAML"], "saml_response": None}),
    ("user_logged_out", "logins", "user", {}),
    ("attachment_uploaded", "content_export", "attachment", {}),
    ("attachment_downloaded", "content_export", "attachment", {}),
    ("task_deleted", "deletion", "task", {}),
    ("team_member_added", "access_control", "team", {"group": {"gid": "1100", "resource_type": "workspace"}}),
)
SYSTEMS = ("Macintosh; Intel Mac OS X 10_15_7", "Windows NT 10.0; Win64; x64", "X11; Linux x86_64")
CLOSED = """
    SELECT coalesce(sum(pg_relation_size(inhrelid)), 0), coalesce(sum(pg_indexes_size(inhrelid)), 0)
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = %s::regclass AND relname < %s
"""


@dataclass(frozen=True)
class Weight:
    """Bytes."""

    rows: float
    indexes: float

    @property
    def together(self) -> float:
        return self.rows + self.indexes

    def __str__(self) -> str:
        return f"{self.together:,.0f} bytes ({self.rows:,.0f} of rows, {self.indexes:,.0f} of indexes)"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000)
    people = parser.parse_args().people
    with home(NOBODY) as environment:
        os.environ.update(environment)
        from usher.cli.runtime import database

        with database():
            _measure(people)


def _measure(people: int) -> None:
    from django.conf import settings

    from usher.activity.records.closing import close_months

    began = time.monotonic()
    records = _fill(people)
    print(
        f"{people:,} people, {AUDIT_A_YEAR * people:,} audit log events with records of {records:,.0f} bytes, "
        f"{STREAM_A_YEAR * people:,} stream events: stored in {time.monotonic() - began:.0f} s ({load()})"
    )
    stream, days = _weigh("activity_streamevent"), _weigh_days()
    print(f"an event of the stream: {stream}")
    print(f"a day of a person's usage: {days}")
    audit = {"keep": _weigh("activity_auditevent")}
    for policy in ("compress", "drop"):
        settings.USHER_EVENT_RECORDS = policy
        began, cpu = time.monotonic(), time.process_time()
        months = asyncio.run(close_months())
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        print(
            f"{policy}: {len(months)} months in {seconds:.1f} s, of which {cpu:.1f} s of CPU in usher ({load()})"
        )
        audit[policy] = _weigh("activity_auditevent")
    for policy, weight in audit.items():
        print(f"an event of the audit log, {policy}: {weight}")
    for size in SIZES:
        of_all = size * (STREAM_A_YEAR * stream.together + WORKING_DAYS * days.together)
        costs = ", ".join(
            f"{policy} {(of_all + size * AUDIT_A_YEAR * weight.together) / GIGABYTE:.1f} GB"
            for policy, weight in audit.items()
        )
        print(f"a year of {size:,} people: {costs}")


def _fill(people: int) -> float:
    """Returns the average length of a record."""
    from django.db import connection as database
    from django.db import transaction

    from usher.activity.ingest.store import store_audit_events, store_stream_events
    from usher.activity.usage.compute import bring_up_to_date
    from usher.activity.usage.figures import today_of
    from usher.connections.models import Connection
    from usher.roster.models import Workspace

    connection = Connection.objects.create(
        name="Bench", authorization="token", asana_user_gid="1", sync_at="03:00", has_service_token=True
    )
    workspace = Workspace.objects.create(
        connection=connection, gid="1100", name="Bench", is_organization=True
    )
    draw, length, number = random.Random(1), 0, 0
    company = _Company(people, draw)
    for day in _days():
        moments = sorted(_moments(people, day, draw))
        for first in range(0, len(moments), AT_ONCE):
            some = moments[first : first + AT_ONCE]
            audit = [company.record(at, who) for at, who, is_audit in some if is_audit]
            length, number = length + sum(len(one.raw.encode()) for one in audit), number + len(audit)
            with transaction.atomic():
                store_audit_events(connection.pk, workspace.pk, audit)
                store_stream_events(
                    connection.pk,
                    workspace.pk,
                    [company.change(at, who) for at, who, is_audit in some if not is_audit],
                )
    bring_up_to_date(connection, today_of(connection))
    with database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return length / number


def _days() -> Iterator[date]:
    """A year's, without the current one."""
    today = datetime.now(UTC).date()
    yield from (today - timedelta(days=back) for back in range(DAYS, 0, -1))


def _moments(people: int, day: date, draw: random.Random) -> Iterator[tuple[datetime, int, bool]]:
    """Whoever works that day does so in a morning or an afternoon, or both. (When, who, whether in the audit log.)"""
    a_day = (AUDIT_A_YEAR + STREAM_A_YEAR) / WORKING_DAYS
    for who in range(people):
        if draw.random() < WORKING_DAYS / DAYS:
            for _ in range(int(a_day) + (draw.random() < a_day % 1)):
                begins = datetime(day.year, day.month, day.day, draw.choice((8, 14)), tzinfo=UTC)
                at = begins + timedelta(milliseconds=draw.randrange(40 * 60_000))
                yield at, who, draw.random() < AUDIT_A_YEAR / (AUDIT_A_YEAR + STREAM_A_YEAR)


class _Company:
    def __init__(self, people: int, draw: random.Random) -> None:
        faker = Faker(["en_US", "de_DE", "fr_FR"])
        faker.seed_instance(1)
        self._draw = draw
        self._words = [faker.word() for _ in range(3_000)]
        self._people = [
            (
                name := faker.name(),
                f"{name.lower().replace(' ', '.')}{number}@northwind-traders.example",
                ".".join(str(draw.randrange(256)) for _ in range(4)),
                f"Mozilla/5.0 ({draw.choice(SYSTEMS)}) AppleWebKit/537.36 (KHTML, like Gecko) "
                f"Chrome/{draw.randrange(120, 143)}.0.0.0 Safari/537.36",
            )
            for number in range(people)
        ]

    def record(self, at: datetime, who: int) -> "AuditLogEvent":  # type: ignore[name-defined]  # noqa: F821
        from usher.asana import AuditLogEvent

        name, email, address, browser = self._people[who]
        kind, category, resource_type, details = self._draw.choice(KINDS)
        itself = {"gid": _gid(who), "name": name, "email": email}
        title = " ".join(self._draw.choices(self._words, k=self._draw.randrange(2, 8)))
        thing = {"gid": str(self._draw.randrange(12 * 10**14, 13 * 10**14)), "name": title}
        event = {
            "gid": str(self._draw.randrange(12 * 10**14, 13 * 10**14)),
            "created_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "event_type": kind,
            "event_category": category,
            "actor": {"actor_type": "user", **itself},
            "resource": {"resource_type": resource_type, **(itself if resource_type == "user" else thing)},
            "details": details,
            "context": {"context_type": "web", "client_ip_address": address, "user_agent": browser},
        }
        text = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
        return AuditLogEvent.from_json(msgspec.Raw(text.encode()))

    def change(self, at: datetime, who: int) -> "WorkspaceEvent":  # type: ignore[name-defined]  # noqa: F821
        from usher.asana.events import StreamResource, WorkspaceEvent
        from usher.asana.records import UserRef

        kind = self._draw.choice(("task", "task", "story", "project"))
        return WorkspaceEvent(
            at, UserRef(gid=_gid(who)), StreamResource(kind), self._draw.choice(("changed", "added"))
        )


def _gid(who: int) -> str:
    return str(1_200_000_000_000_000 + 7_919 * who)


def _weigh(table: str) -> Weight:
    """An event of the months that are closed."""
    from django.db import connection as database

    from usher.activity.ingest.partitions import EventMonth
    from usher.activity.records.months import GRACE

    first_open = EventMonth.of(datetime.now(UTC) - GRACE)
    moment = "at" if table == "activity_streamevent" else "created_at"
    with database.cursor() as cursor:
        cursor.execute(CLOSED, [table, first_open.partition_of(table)])  # type: ignore[arg-type]
        rows, indexes = cursor.fetchone()
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {moment} < %s", [first_open.begins_at])
        (number,) = cursor.fetchone()
    return Weight(float(rows) / number, float(indexes) / number)


def _weigh_days() -> Weight:
    """A day, with its sessions."""
    from django.db import connection as database

    rows = indexes = 0
    with database.cursor() as cursor:
        for table in ("activity_activeday", "activity_session"):
            cursor.execute("SELECT pg_relation_size(%s), pg_indexes_size(%s)", [table, table])
            of_rows, of_indexes = cursor.fetchone()
            rows, indexes = rows + of_rows, indexes + of_indexes
        cursor.execute(
            "SELECT (SELECT count(*) FROM activity_activeday), (SELECT count(*) FROM activity_session)"
        )
        days, sessions = cursor.fetchone()
    print(f"{days:,} days with {sessions / days:.2f} sessions each")
    return Weight(rows / days, indexes / days)


if __name__ == "__main__":
    main()
