"""Applying a walk: what was seen becomes the roster, and what differs becomes history.

Set by set in SQL, since a workspace can have 200,000 people; one transaction, so it happens whole or not at all.
"""

from datetime import date, datetime
from typing import LiteralString
from zoneinfo import ZoneInfo

from django.db import connection as database
from django.db import transaction
from django.db.models import Count, Q

from usher.connections.models import SyncRun
from usher.platform.locks import MATCHING, lock_transaction
from usher.roster.models import Change, WorkspaceWalk

VANISHED_SHARE = 0.10
VANISHED_ALWAYS = 3
"""This many may disappear without a question: in a workspace of ten, one leaver is already a tenth."""

COUNT_ACTIVE_AND_VANISHED: LiteralString = """
    SELECT count(*), count(*) FILTER (WHERE sighting.id IS NULL)
    FROM roster_membership membership
    JOIN roster_person person ON person.id = membership.person_id
    LEFT JOIN roster_sighting sighting
        ON sighting.walk_id = %(walk)s AND sighting.user_gid = person.gid
    WHERE membership.workspace_id = %(workspace)s AND membership.status = 'active'
"""

STORE_PEOPLE: LiteralString = """
    INSERT INTO roster_person AS person (connection_id, gid, name, email)
    SELECT %(connection)s, user_gid, name, email FROM roster_sighting WHERE walk_id = %(walk)s
    ORDER BY user_gid  -- always in the same order, so that parallel walks cannot deadlock
    ON CONFLICT (connection_id, gid) DO UPDATE SET
        name = coalesce(nullif(excluded.name, ''), person.name),
        email = coalesce(nullif(excluded.email, ''), person.email)
    WHERE person.name <> coalesce(nullif(excluded.name, ''), person.name)
       OR person.email <> coalesce(nullif(excluded.email, ''), person.email)
"""

# Changes are written before the memberships, because they compare the old values with the new ones.
ADD_CHANGES: LiteralString = """
    INSERT INTO roster_change (membership_id, run_id, kind, before, after, happened_at, seen_at)
    SELECT membership.id, %(run)s, change.kind, change.before, change.after, change.happened_at, %(now)s
    FROM roster_sighting sighting
    JOIN roster_person person ON person.connection_id = %(connection)s AND person.gid = sighting.user_gid
    JOIN roster_membership membership
        ON membership.workspace_id = %(workspace)s AND membership.person_id = person.id
    CROSS JOIN LATERAL (VALUES
        ('returned', '', '',
            CASE WHEN sighting.since > membership.until THEN sighting.since ELSE %(now)s END,
            membership.status = 'not_active' AND sighting.status = 'active'),
        ('left', '', '', %(now)s, membership.status = 'active' AND sighting.status = 'not_active'),
        ('role', membership.role, sighting.role, %(now)s, membership.role <> sighting.role),
        ('licence', membership.licence, sighting.licence, %(now)s, membership.licence <> sighting.licence)
    ) AS change (kind, before, after, happened_at, holds)
    WHERE sighting.walk_id = %(walk)s AND change.holds
"""

UPDATE_MEMBERSHIPS: LiteralString = """
    UPDATE roster_membership membership SET
        gid = sighting.gid, role = sighting.role, licence = sighting.licence, status = sighting.status,
        since = coalesce(sighting.since, membership.since),
        until = CASE
            WHEN sighting.status = 'active' THEN NULL
            WHEN membership.status = 'active' THEN %(now)s
            ELSE membership.until
        END
    FROM roster_sighting sighting, roster_person person
    WHERE sighting.walk_id = %(walk)s
      AND person.connection_id = %(connection)s AND person.gid = sighting.user_gid
      AND membership.workspace_id = %(workspace)s AND membership.person_id = person.id
      AND (membership.gid, membership.role, membership.licence, membership.status, membership.since)
          IS DISTINCT FROM (sighting.gid, sighting.role, sighting.licence, sighting.status,
                            coalesce(sighting.since, membership.since))
"""

ADD_MEMBERSHIPS: LiteralString = """
    WITH added AS (
        INSERT INTO roster_membership (person_id, workspace_id, gid, role, licence, status, since, until)
        SELECT person.id, %(workspace)s, sighting.gid, sighting.role, sighting.licence, sighting.status,
               coalesce(sighting.since, %(now)s), NULL
        FROM roster_sighting sighting
        JOIN roster_person person ON person.connection_id = %(connection)s AND person.gid = sighting.user_gid
        WHERE sighting.walk_id = %(walk)s
        ON CONFLICT (workspace_id, person_id) DO NOTHING
        RETURNING id, since
    )
    INSERT INTO roster_change (membership_id, run_id, kind, before, after, happened_at, seen_at)
    SELECT id, %(run)s, 'joined', '', '', since, %(now)s FROM added
"""

CLOSE_VANISHED: LiteralString = """
    WITH closed AS (
        UPDATE roster_membership membership SET status = 'not_active', until = %(now)s
        FROM roster_person person
        WHERE membership.workspace_id = %(workspace)s AND membership.status = 'active'
          AND person.id = membership.person_id
          AND NOT EXISTS (
              SELECT FROM roster_sighting sighting
              WHERE sighting.walk_id = %(walk)s AND sighting.user_gid = person.gid
          )
        RETURNING membership.id
    )
    INSERT INTO roster_change (membership_id, run_id, kind, before, after, happened_at, seen_at)
    SELECT id, %(run)s, 'left', '', '', %(now)s, %(now)s FROM closed
"""

FORGET_TODAYS_COUNT: LiteralString = """
    DELETE FROM roster_seatcount WHERE workspace_id = %(workspace)s AND day = %(day)s
"""

COUNT_SEATS: LiteralString = """
    INSERT INTO roster_seatcount (workspace_id, day, role, licence, people)
    SELECT workspace_id, %(day)s, role, licence, count(*)
    FROM roster_membership WHERE workspace_id = %(workspace)s AND status = 'active'
    GROUP BY workspace_id, role, licence
    UNION ALL  -- a zero where nobody is left, or the count of an earlier day would continue
    SELECT %(workspace)s, %(day)s, 'member', 'member', 0
    WHERE NOT EXISTS (
        SELECT FROM roster_membership WHERE workspace_id = %(workspace)s AND status = 'active'
    )
"""


def apply_walk(walk: WorkspaceWalk, run: SyncRun, now: datetime) -> None:
    """Applies a walk that was read to its end. Asks a person instead when too many people would disappear at once."""
    connection = run.connection
    parameters: dict[str, int | datetime | date] = {
        "walk": walk.pk,
        "run": run.pk,
        "workspace": walk.workspace_id,
        "connection": connection.pk,
        "now": now,
        "day": now.astimezone(ZoneInfo(connection.time_zone)).date(),
    }
    with transaction.atomic(), database.cursor() as cursor:
        lock_transaction(MATCHING)
        cursor.execute(
            "ANALYZE roster_sighting"
        )  # the planner has no statistics for a table that was just filled
        cursor.execute(COUNT_ACTIVE_AND_VANISHED, parameters)
        active, walk.vanished = cursor.fetchone()
        if _too_many(walk.vanished, active) and not _is_accepted(run):
            walk.question = (
                f"Asana no longer lists {walk.vanished:,} of {active:,} active members of {walk.workspace.name}. "
                "That is more than a tenth at once, so Usher has recorded nobody there as gone."
            )
            walk.save(update_fields=["vanished", "question"])
            walk.sightings.all().delete()
            return
        cursor.execute(STORE_PEOPLE, parameters)
        cursor.execute(ADD_CHANGES, parameters)
        cursor.execute(UPDATE_MEMBERSHIPS, parameters)
        cursor.execute(ADD_MEMBERSHIPS, parameters)
        cursor.execute(CLOSE_VANISHED, parameters)
        cursor.execute(FORGET_TODAYS_COUNT, parameters)
        cursor.execute(COUNT_SEATS, parameters)
        walk.sightings.all().delete()
        walk.applied_at, walk.question = now, ""
        walk.save(update_fields=["vanished", "question", "applied_at"])
        walk.workspace.last_walked_at = now
        walk.workspace.save(update_fields=["last_walked_at"])
        SyncRun.objects.filter(pk=run.pk).update(**_counted(run))


def _counted(run: SyncRun) -> dict[str, int]:
    kinds = run.roster_changes.aggregate(
        joined=Count("pk", filter=Q(kind__in=[Change.Kind.JOINED, Change.Kind.RETURNED])),
        left=Count("pk", filter=Q(kind=Change.Kind.LEFT)),
        changed=Count("pk", filter=Q(kind__in=[Change.Kind.ROLE, Change.Kind.LICENCE])),
    )
    return {name: int(count) for name, count in kinds.items()}


def _is_accepted(run: SyncRun) -> bool:
    # Read from the database, because a person may answer while the run is in progress.
    return SyncRun.objects.filter(pk=run.pk, accept_vanished=True).exists()


def _too_many(vanished: int, active: int) -> bool:
    return vanished > max(VANISHED_ALWAYS, active * VANISHED_SHARE)
