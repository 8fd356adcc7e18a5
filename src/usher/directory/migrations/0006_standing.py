"""A kept row for each person: what the directory says about them. PostgreSQL keeps it, by triggers."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from usher.directory.normalise import likes_of
from usher.platform.postgres.row_security import LimitRows, by_connection
from usher.platform.postgres.statement_triggers import StatementTriggers, for_changed

COLUMNS = 'role, seats, employee_id, status, last_day, ended_on, "group"'

# The rule. Everything else only says when it is applied, and to whom.
RULE = """
CREATE FUNCTION usher_standing(people bigint[]) RETURNS TABLE (
    person_id bigint, role text, seats bigint, employee_id bigint, status text, last_day date, ended_on date,
    "group" text
) LANGUAGE sql STABLE AS $$
    SELECT person.id, coalesce(active.role, ''), coalesce(active.seats, 0), known.employee_id,
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
        SELECT employee.id AS employee_id, employee.last_day,
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

# The rows are locked first, by a statement of its own: the next one then sees what was committed by whoever had
# locked them. Its plan is kept: making one for each array takes longer than carrying it out for one person.
RESTATE = f"""
CREATE FUNCTION usher_restate(people bigint[]) RETURNS void LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF coalesce(cardinality(people), 0) = 0 THEN
        RETURN;
    END IF;
    PERFORM FROM directory_standing WHERE person_id = ANY (people) ORDER BY person_id FOR NO KEY UPDATE;
    UPDATE directory_standing kept SET ({COLUMNS}) = ROW (fresh.{COLUMNS.replace(", ", ", fresh.")})
    FROM usher_standing(people) fresh
    WHERE kept.person_id = fresh.person_id
      AND (kept.{COLUMNS.replace(", ", ", kept.")}) IS DISTINCT FROM (fresh.{COLUMNS.replace(", ", ", fresh.")});
END
$$;
"""

PERSON = """
    IF TG_OP = 'INSERT' THEN
        INSERT INTO directory_standing (person_id, connection_id, "group", role, seats, status)
        SELECT id, connection_id, '', '', 0, '' FROM new_rows;
        RETURN NULL;  -- without memberships there is nothing to say about them
    END IF;
    PERFORM usher_restate(ARRAY(
        SELECT id FROM new_rows JOIN old_rows USING (id)
        WHERE (new_rows.gid, new_rows.email) IS DISTINCT FROM (old_rows.gid, old_rows.email)
    ));
"""
PERSON_KEY = "IF EXISTS (SELECT FROM directory_protected WHERE why = 'service' AND pattern <> '') THEN {changed} END IF;"
EMPLOYEE = """
    PERFORM usher_restate(ARRAY(
        SELECT DISTINCT match.person_id
        FROM (SELECT {columns} FROM new_rows EXCEPT ALL SELECT {columns} FROM old_rows) row
        JOIN directory_match match ON match.employee_id = row.id
        WHERE match.counts AND match.state = 'matched'
    ));
"""
WORKSPACE = """
    PERFORM usher_restate(ARRAY(
        SELECT DISTINCT held.person_id FROM new_rows JOIN old_rows USING (id)
        JOIN roster_membership held ON held.workspace_id = new_rows.id
        WHERE new_rows.left_out <> old_rows.left_out
    ));
"""
SERVICE_ACCOUNTS = """
    SELECT person.id FROM roster_person person LEFT JOIN directory_personkey key ON key.person_id = person.id
    JOIN (SELECT {columns} FROM {rows} WHERE why = 'service') listed
    ON listed.person_gid = person.gid OR lower(normalize(person.email)) LIKE ANY (listed.likes)
    OR key.address LIKE ANY (listed.likes)
"""
PROTECTED = """
    IF TG_OP <> 'DELETE' THEN
        PERFORM usher_restate(ARRAY({new}));
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM usher_restate(ARRAY({old}));
    END IF;
"""


def changed(columns: str, where: str = "") -> str:
    """Restates the people of rows of which one of the columns has changed, has come or has gone."""
    return for_changed(
        columns, where, "PERFORM usher_restate(ARRAY(SELECT DISTINCT row.person_id FROM ({rows}) row));"
    )


def protected() -> str:
    columns = "person_gid, likes"
    return PROTECTED.format(
        new=SERVICE_ACCOUNTS.format(columns=columns, rows="new_rows"),
        old=SERVICE_ACCOUNTS.format(columns=columns, rows="old_rows"),
    )


TRIGGERS = {
    "roster_person": ("INSERT UPDATE", PERSON),
    "roster_membership": (
        "INSERT UPDATE DELETE",
        changed("person_id, workspace_id, status, role, licence", "WHERE status = 'active'"),
    ),
    "roster_workspace": ("UPDATE", WORKSPACE),
    "directory_personkey": ("INSERT UPDATE DELETE", PERSON_KEY.format(changed=changed("person_id, address"))),
    "directory_match": (
        "INSERT UPDATE DELETE",
        changed("person_id, employee_id", "WHERE counts AND state = 'matched'"),
    ),
    "directory_employee": (
        "UPDATE",
        EMPLOYEE.format(columns="id, is_active, last_day, ended_at, is_listed, absence_accepted_at"),
    ),
    "directory_protected": ("INSERT UPDATE DELETE", protected()),
}
"""Table → what fires its trigger, and what that does."""


FILL = f"""
INSERT INTO directory_standing (person_id, connection_id, {COLUMNS})
SELECT fresh.person_id, person.connection_id, fresh.{COLUMNS.replace(", ", ", fresh.")}
FROM usher_standing(ARRAY(SELECT id FROM roster_person)) fresh JOIN roster_person person ON person.id = fresh.person_id;
"""


def fill_likes(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    listed = apps.get_model("directory", "Protected")
    for entry in listed.objects.exclude(pattern=""):
        entry.likes = likes_of(entry.pattern)
        entry.save(update_fields=["likes"])


class Migration(migrations.Migration):
    dependencies = [("roster", "0003_scope"), ("connections", "0003_scope"), ("directory", "0005_scope")]

    operations = [
        migrations.AddField(
            "protected",
            "likes",
            ArrayField(
                models.CharField(max_length=700),
                default=list,
                size=None,
                help_text="The pattern as SQL's LIKE takes it: in the normal spelling of addresses, and as it was"
                " written.",
            ),
        ),
        migrations.RunPython(fill_likes, migrations.RunPython.noop),
        migrations.CreateModel(
            "Standing",
            [
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="standing",
                        serialize=False,
                        to="roster.person",
                    ),
                ),
                (
                    "group",
                    models.CharField(
                        blank=True,
                        help_text="Before the last day. Empty without an active membership.",
                        max_length=15,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[("admin", "Admin"), ("member", "Member"), ("guest", "Guest")],
                        help_text="The highest of the active memberships.",
                        max_length=6,
                    ),
                ),
                (
                    "seats",
                    models.PositiveIntegerField(default=0, help_text="Active memberships that are billed."),
                ),
                (
                    "status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("active", "Active"),
                            ("leaving", "Leaving"),
                            ("left", "Left"),
                            ("not_listed", "No longer listed"),
                        ],
                        help_text="Of that employee, before the last day.",
                        max_length=10,
                    ),
                ),
                ("last_day", models.DateField(null=True)),
                (
                    "ended_on",
                    models.DateField(help_text="The day, in UTC, of the employee's `ended_at`.", null=True),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="connections.connection",
                    ),
                ),
                (
                    "employee",
                    models.ForeignKey(
                        help_text="The one who counts.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="directory.employee",
                    ),
                ),
            ],
            options={"indexes": [models.Index("group", "last_day", name="standing_by_group")]},
        ),
        LimitRows("directory_standing", by_connection()),
        migrations.RunSQL(
            RULE + RESTATE, "DROP FUNCTION usher_restate(bigint[]); DROP FUNCTION usher_standing(bigint[]);"
        ),
        StatementTriggers("standing", "usher_restate_by", TRIGGERS),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
