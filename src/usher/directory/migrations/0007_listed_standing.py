"""What the directory keeps about each person gets their name and source, so that a list reads nothing else to find a page."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

BEFORE = import_module("usher.directory.migrations.0006_standing")

COLUMNS = 'name, words, role, seats, employee_id, source_id, status, last_day, ended_on, "group"'

# As in 0006, with `name`, `words` and `source_id`.
RULE = """
DROP FUNCTION usher_standing(bigint[]);
CREATE FUNCTION usher_standing(people bigint[]) RETURNS TABLE (
    person_id bigint, name text, words text, role text, seats bigint, employee_id bigint, source_id bigint,
    status text, last_day date, ended_on date, "group" text
) LANGUAGE sql STABLE AS $$
    SELECT person.id, person.name, person.searched,
           coalesce(active.role, ''), coalesce(active.seats, 0), known.employee_id, known.source_id,
           coalesce(known.status, ''), known.last_day, known.ended_on,
           CASE WHEN active.role IS NULL THEN ''
                WHEN EXISTS (
                    SELECT FROM directory_protected listed
                    WHERE listed.why = 'service'
                      AND (listed.person_gid = person.gid
                           OR lower(normalize(person.email)) LIKE ANY (listed.likes)
                           OR (SELECT key.address FROM directory_personkey key WHERE key.person_id = person.id)
                              LIKE ANY (listed.likes))
                ) THEN 'service_account'
                WHEN known.status = 'active' THEN 'employed'
                WHEN known.status IS NOT NULL THEN known.status
                WHEN active.role = 'guest' THEN 'guest'
                ELSE 'unknown' END
    FROM roster_person person
    LEFT JOIN LATERAL (
        SELECT CASE WHEN bool_or(held.role = 'admin') THEN 'admin'
                    WHEN bool_and(held.role = 'guest') THEN 'guest'
                    ELSE 'member' END AS role,
               count(*) FILTER (WHERE held.licence NOT IN ('guest', 'view_only')) AS seats
        FROM roster_membership held JOIN roster_workspace workspace ON workspace.id = held.workspace_id
        WHERE held.person_id = person.id AND held.status = 'active' AND workspace.left_out <> 'filter'
        HAVING count(*) > 0
    ) active ON true
    LEFT JOIN LATERAL (
        SELECT employee.id AS employee_id, employee.source_id, employee.last_day,
               (employee.ended_at AT TIME ZONE 'UTC')::date AS ended_on,
               CASE WHEN NOT employee.is_active THEN 'left'
                    WHEN NOT employee.is_listed AND employee.absence_accepted_at IS NULL THEN 'not_listed'
                    WHEN NOT employee.is_listed THEN 'left'
                    WHEN employee.last_day IS NOT NULL THEN 'leaving'
                    ELSE 'active' END AS status
        FROM directory_match match JOIN directory_employee employee ON employee.id = match.employee_id
        WHERE match.person_id = person.id AND match.counts AND match.state = 'matched'
    ) known ON true
    WHERE person.id = ANY (people)
$$;
"""

RESTATE = """
CREATE OR REPLACE FUNCTION usher_restate(people bigint[]) RETURNS void LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF coalesce(cardinality(people), 0) = 0 THEN
        RETURN;
    END IF;
    PERFORM FROM directory_standing WHERE person_id = ANY (people) ORDER BY person_id FOR NO KEY UPDATE;
    UPDATE directory_standing kept SET ({kept}) = ROW ({fresh})
    FROM usher_standing(people) fresh
    WHERE kept.person_id = fresh.person_id AND ({compared}) IS DISTINCT FROM ({fresh});
END
$$;
"""


def restate(columns: str) -> str:
    return RESTATE.format(
        kept=columns,
        fresh="fresh." + columns.replace(", ", ", fresh."),
        compared="kept." + columns.replace(", ", ", kept."),
    )


# The two functions of triggers that see more from now on, under the names that they have.
TRIGGER_FUNCTION = """
CREATE OR REPLACE FUNCTION usher_restate_by_{table}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog AS $$
BEGIN
    PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', TG_TABLE_SCHEMA), true);
    {body}
    RETURN NULL;
END
$$;
"""

PERSON = """
    IF TG_OP = 'INSERT' THEN
        INSERT INTO directory_standing (person_id, connection_id, name, words, "group", role, seats, status)
        SELECT id, connection_id, name, upper(name) || E'\\n' || upper(email), '', '', 0, '' FROM new_rows;
        RETURN NULL;  -- without memberships there is nothing else to say about them
    END IF;
    PERFORM usher_restate(ARRAY(
        SELECT id FROM new_rows JOIN old_rows USING (id)
        WHERE (new_rows.gid, new_rows.name, new_rows.email) IS DISTINCT FROM (old_rows.gid, old_rows.name, old_rows.email)
    ));
"""
EMPLOYEE = BEFORE.EMPLOYEE.format(
    columns="id, source_id, is_active, last_day, ended_at, is_listed, absence_accepted_at"
)


def triggers(person: str, employee: str) -> str:
    return TRIGGER_FUNCTION.format(table="roster_person", body=person) + TRIGGER_FUNCTION.format(
        table="directory_employee", body=employee
    )


DONE = RULE + restate(COLUMNS) + triggers(PERSON, EMPLOYEE)
UNDONE = (
    "DROP FUNCTION usher_standing(bigint[]);"
    + BEFORE.RULE
    + restate(BEFORE.COLUMNS)
    + triggers(BEFORE.TRIGGERS["roster_person"][1], BEFORE.TRIGGERS["directory_employee"][1])
)

FILL = """
UPDATE directory_standing kept SET name = fresh.name, words = fresh.words, source_id = fresh.source_id
FROM usher_standing(ARRAY(SELECT id FROM roster_person)) fresh WHERE fresh.person_id = kept.person_id;
"""


class Migration(migrations.Migration):
    dependencies = [("roster", "0004_indexes"), ("directory", "0006_standing")]

    operations = [
        migrations.AddField("standing", "name", models.CharField(blank=True, max_length=255)),
        migrations.AddField(
            "standing",
            "words",
            models.TextField(
                blank=True,
                help_text="Name and e-mail, a line each, in capitals: what a search looks through.",
            ),
        ),
        migrations.AddField(
            "standing",
            "source",
            models.ForeignKey(
                db_index=False,
                help_text="That employee's.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="directory.source",
            ),
        ),
        migrations.RunSQL(DONE, UNDONE),
        # At once, so that no constraint is still to be checked when the indexes are made.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE;" + FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            "standing",
            models.Index(
                "group",
                "name",
                "person",
                include=["last_day", "role", "seats", "connection", "source"],
                name="standing_by_name",
            ),
        ),
        migrations.AddIndex(
            "standing",
            models.Index(
                "employee",
                include=["status", "last_day", "connection"],
                condition=models.Q(seats__gt=0),
                name="standing_with_seat",
            ),
        ),
        migrations.AddIndex(
            "match",
            models.Index(
                "employee",
                "person",
                condition=models.Q(state="matched", counts=False),
                name="match_beside",
            ),
        ),
        migrations.AddIndex(
            "employee",
            models.Index(
                "source",
                "is_active",
                "is_listed",
                "last_day",
                "absence_accepted_at",
                name="employee_by_source",
            ),
        ),
        migrations.AlterField(
            "employee",
            "source",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="employees",
                to="directory.source",
            ),
        ),
        migrations.AddIndex(
            "employee",
            models.Index("id", condition=models.Q(is_listed=False), name="employee_not_listed"),
        ),
        migrations.AddIndex(
            "employee",
            models.Index(
                "name",
                "email",
                "id",
                include=["source", "is_active", "is_listed", "last_day", "kind"],
                name="employee_by_name",
            ),
        ),
    ]
