"""The rule that compares a member CSV with Usher, as one statement over everybody of some connections.

Each row is one person: of those in the file, and of those whom Usher lists as active. `kinds` names what is decided.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

from usher.activity.models import ListedMembership
from usher.activity.usage.conditions import arrival_case
from usher.activity.usage.figures import known_workspaces
from usher.activity.usage.rules import Sources
from usher.insights.reconciliation.exports import NewestExport

NO_WORKSPACE = 0

# `told`: each membership in scope. Django writes it, with the rule of who came.
SIDES: LiteralString = """
    export AS (
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::text[])
        AS export(import_id, connection_id, exported_on, zone)
    ),
    place AS (
        SELECT * FROM unnest(%s::bigint[], %s::boolean[], %s::boolean[])
        AS place(workspace_id, is_read, is_of_file)
    ),
    span AS (
        SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])
        AS span(connection_id, begins_at, ends_at)
    ),
    told (person_id, workspace_id, status, role, since, until, arrival) AS ({told}),
    held AS (
        SELECT told.person_id,
               bool_or(told.status = 'active') AS is_active,
               bool_or(told.status = 'active' AND place.is_read) AS is_read,
               bool_or(told.status = 'active' AND place.is_of_file) AS is_here,
               bool_or(told.status = 'active' AND place.is_of_file AND place.is_read) AS is_here_and_read,
               max(told.role) FILTER (WHERE told.status = 'active' AND place.is_of_file) AS role,
               max(told.arrival) FILTER (WHERE told.status = 'active' AND place.is_of_file) AS arrival,
               coalesce(
                   min(told.since) FILTER (WHERE told.status = 'active' AND place.is_of_file), min(told.since)
               ) AS since,
               max(told.until) AS until
        FROM told JOIN place ON place.workspace_id = told.workspace_id
        GROUP BY told.person_id
    ),
    sides AS (
        SELECT export.connection_id, export.exported_on, export.zone,
               person.id AS person_id, person.gid, person.name, person.email, person.searched,
               sighting.id IS NOT NULL AS is_in_file,
               sighting.joined_on, sighting.last_activity_on AS console_day,
               coalesce(sighting.has_never_logged_in, false) AS console_never,
               held.person_id IS NOT NULL AS is_held,
               coalesce(held.is_active, false) AS is_active, held.is_read, coalesce(held.is_here, false) AS is_here,
               held.is_here_and_read, held.role, held.arrival, held.since, held.until,
               used.last_used_at IS NULL AND used.last_automated_at IS NOT NULL
                   OR standing."group" = 'service_account' AS is_automated,
               used.observed_on AS usher_day
        FROM export
        JOIN roster_person person ON person.connection_id = export.connection_id
        LEFT JOIN activity_consolesighting sighting
            ON sighting.console_import_id = export.import_id AND sighting.user_gid = person.gid
        LEFT JOIN held ON held.person_id = person.id
        LEFT JOIN activity_personusage used
            ON used.connection_id = export.connection_id AND used.user_gid = person.gid
        LEFT JOIN directory_standing standing ON standing.person_id = person.id
        WHERE sighting.id IS NOT NULL OR held.is_active
    ),
"""

# A day is begun and over for the export, for joining and for leaving alike: what happened on the day of the export may
# have happened after it.
PRESENCE: LiteralString = """
    CASE WHEN is_in_file AND is_here THEN 'both'
         WHEN is_in_file AND is_active THEN 'elsewhere'
         WHEN is_in_file AND NOT is_held THEN 'filtered'
         WHEN is_in_file AND (until AT TIME ZONE zone)::date >= exported_on THEN 'left_since'
         WHEN is_in_file THEN 'left_before'
         WHEN NOT is_read OR is_here AND NOT is_here_and_read THEN 'not_read'
         WHEN NOT is_here THEN 'other_workspace'
         WHEN (since AT TIME ZONE zone)::date >= exported_on THEN 'joined_since'
         WHEN is_automated THEN 'service_account'
         WHEN arrival IN ('never', 'probably_never') THEN 'never_came'
         WHEN role = 'guest' THEN 'guest'
         ELSE 'unknown' END
"""

ACTIVITY: LiteralString = """
    CASE WHEN NOT (is_in_file AND is_active) THEN ''
         WHEN console_day IS NULL AND usher_day IS NULL THEN 'neither'
         WHEN usher_day > exported_on THEN 'since_export'
         WHEN console_day IS NULL AND console_never THEN 'console_never'
         WHEN console_day IS NULL THEN 'console_silent'
         WHEN usher_day IS NULL THEN 'only_console'
         WHEN usher_day = console_day THEN 'same'
         WHEN usher_day > console_day THEN 'usher_later'
         WHEN EXISTS (
             SELECT FROM span WHERE span.connection_id = sides.connection_id
             AND span.begins_at <= console_day::timestamp AT TIME ZONE zone
             AND span.ends_at >= (console_day + 1)::timestamp AT TIME ZONE zone
         ) THEN 'console_later'
         ELSE 'not_covered' END
"""

RECONCILED: LiteralString = """
    reconciled AS (
        SELECT connection_id, false AS is_unmatched, person_id AS number, gid, name, email, searched,
               NULL AS secret_name, NULL AS secret_email,
               {presence} AS presence, {activity} AS activity,
               console_day, console_never, joined_on, usher_day,
               CASE WHEN is_in_file AND is_active THEN usher_day - console_day END AS difference,
               coalesce(role, '') AS role, since, until
        FROM sides
        UNION ALL
        SELECT export.connection_id, true, kept.id, kept.gid, NULL, NULL, NULL,
               kept.name, kept.email,
               'not_in_usher', '',
               kept.last_activity_on, kept.has_never_logged_in, kept.joined_on, NULL,
               NULL,
               '', NULL, NULL
        FROM export JOIN activity_unmatchedmember kept ON kept.console_import_id = export.import_id
    )
"""


class Reconciling(NamedTuple):
    """What begins a statement over `reconciled`, and its parameters."""

    sql: str
    parameters: list[Any]


def reconciling(exports: Collection[NewestExport], now: datetime) -> Reconciling:
    """Reads which workspaces there are and what their sources cover, in one query."""
    of_file = {each.workspace.pk for each in exports if each.workspace}
    in_scope = [one for one in known_workspaces([each.connection for each in exports]) if one.is_in_scope]
    sources = {one.pk: one.sources for one in in_scope if one.pk in of_file}
    spans = [(one.connection, span) for one in in_scope if one.pk in of_file for span in one.sources.observed]
    told_sql, told_parameters = _told([one.pk for one in in_scope], sources, now)
    parameters: list[Any] = [
        [each.file.pk for each in exports],
        [each.connection.pk for each in exports],
        [each.file.exported_on for each in exports],
        [each.connection.time_zone for each in exports],
        [one.pk for one in in_scope],
        [one.is_read for one in in_scope],
        [one.pk in of_file for one in in_scope],
        [connection for connection, _ in spans],
        [span.begins_at for _, span in spans],
        [span.ends_at for _, span in spans],
        *told_parameters,
    ]
    reconciled = RECONCILED
    for name, sql in (("{presence}", PRESENCE), ("{activity}", ACTIVITY)):
        reconciled = reconciled.replace(name, sql)
    return Reconciling(f"WITH {SIDES.replace('{told}', told_sql)}{reconciled}", parameters)


def _told(
    workspaces: list[int], sources: Mapping[int, Sources], now: datetime
) -> tuple[str, tuple[Any, ...]]:
    told = ListedMembership.objects.filter(workspace__in=workspaces or [NO_WORKSPACE])
    told = told.annotate(told=arrival_case(sources, now))
    names = ("person_id", "workspace_id", "status", "role", "since", "until", "told")
    return told.values_list(*names).query.sql_with_params()
