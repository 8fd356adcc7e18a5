"""A kept row for each membership, with the name and use of its person. PostgreSQL keeps it, by triggers."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F

from usher.platform.postgres.row_security import LimitRows, by_connection
from usher.platform.postgres.statement_triggers import StatementTriggers, for_changed

COLUMNS = (
    "membership_id, connection_id, workspace_id, person_id, name, email, domain, role, licence, status, since, until,"
    " in_console, last_used_at, last_used_source, last_automated_at, active_days, usage_seconds, has_logged_in,"
    " never_logged_in_on"
)
EXCLUDED = "excluded." + COLUMNS.replace(", ", ", excluded.")
KEPT = "kept." + COLUMNS.replace(", ", ", kept.")

# The rule. Everything else only says when it is applied, and to whom.
RULE = """
CREATE FUNCTION usher_listed(people bigint[]) RETURNS TABLE (
    membership_id bigint, connection_id bigint, workspace_id bigint, person_id bigint, name text, email text,
    domain text, role text, licence text, status text, since timestamptz, until timestamptz, in_console boolean,
    last_used_at timestamptz, last_used_source text, last_automated_at timestamptz, active_days smallint,
    usage_seconds integer, has_logged_in boolean, never_logged_in_on date
) LANGUAGE sql STABLE AS $$
    SELECT held.id, person.connection_id, held.workspace_id, person.id, person.name, person.email, person.domain,
           held.role, held.licence, held.status, held.since, held.until,
           EXISTS (
               SELECT FROM activity_consolesighting sighting
               JOIN activity_consoleimport import ON import.id = sighting.console_import_id
               WHERE import.connection_id = person.connection_id AND sighting.user_gid = person.gid
           ),
           use.last_used_at, coalesce(use.last_used_source, ''), use.last_automated_at, use.active_days,
           use.usage_seconds, use.has_logged_in, use.never_logged_in_on
    FROM roster_person person
    JOIN roster_membership held ON held.person_id = person.id
    LEFT JOIN activity_personusage use
        ON use.connection_id = person.connection_id AND use.user_gid = person.gid
    WHERE person.id = ANY (people)
$$;
"""

# People are locked first, by a statement of its own: the next one then sees what was committed by whoever had locked
# them, new memberships as well. The plan is kept, as that of `usher_restate`.
RELIST = f"""
CREATE FUNCTION usher_relist(people bigint[]) RETURNS void LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF coalesce(cardinality(people), 0) = 0 THEN
        RETURN;
    END IF;
    PERFORM FROM roster_person WHERE id = ANY (people) ORDER BY id FOR NO KEY UPDATE;
    WITH written AS (
        INSERT INTO activity_listedmembership AS kept ({COLUMNS})
        SELECT {COLUMNS} FROM usher_listed(people)
        ON CONFLICT (membership_id) DO UPDATE SET ({COLUMNS}) = ROW ({EXCLUDED})
        WHERE ({KEPT}) IS DISTINCT FROM ({EXCLUDED})
        RETURNING connection_id
    )
    INSERT INTO activity_listingchange (connection_id) SELECT DISTINCT connection_id FROM written;
END
$$;
"""

BY_PERSON = "PERFORM usher_relist(ARRAY(SELECT DISTINCT row.person_id FROM ({rows}) row));"
MEMBERSHIP = f"""
    IF TG_OP = 'DELETE' THEN
        DELETE FROM activity_listedmembership USING old_rows WHERE membership_id = old_rows.id;
        INSERT INTO activity_listingchange (connection_id)
        SELECT DISTINCT workspace.connection_id
        FROM old_rows JOIN roster_workspace workspace ON workspace.id = old_rows.workspace_id;
        RETURN NULL;
    END IF;
    {for_changed("id, person_id, workspace_id, role, licence, status, since, until", "", BY_PERSON)}
"""
PERSON = """
    PERFORM usher_relist(ARRAY(
        SELECT id FROM (
            SELECT id, connection_id, gid, name, email FROM new_rows
            EXCEPT ALL SELECT id, connection_id, gid, name, email FROM old_rows
        ) row
    ));
"""
USE = for_changed(
    "connection_id, user_gid, last_used_at, last_used_source, last_automated_at, active_days, usage_seconds,"
    " has_logged_in, never_logged_in_on",
    "",
    "PERFORM usher_relist(ARRAY(SELECT DISTINCT person.id FROM ({rows}) row JOIN roster_person person"
    " ON person.connection_id = row.connection_id AND person.gid = row.user_gid));",
)
SIGHTING = for_changed(
    "console_import_id, user_gid",
    "",
    "PERFORM usher_relist(ARRAY(SELECT DISTINCT person.id FROM ({rows}) row"
    " JOIN activity_consoleimport import ON import.id = row.console_import_id JOIN roster_person person"
    " ON person.connection_id = import.connection_id AND person.gid = row.user_gid));",
)

TRIGGERS = {
    "roster_membership": ("INSERT UPDATE DELETE", MEMBERSHIP),
    "roster_person": ("UPDATE", PERSON),
    "activity_personusage": ("INSERT UPDATE DELETE", USE),
    "activity_consolesighting": ("INSERT UPDATE DELETE", SIGHTING),
}

FILL = f"""
INSERT INTO activity_listedmembership ({COLUMNS})
SELECT {COLUMNS} FROM usher_listed(ARRAY(SELECT id FROM roster_person));
"""  # noqa: S608  # names of columns

NAMED = {
    "role": [("admin", "Admin"), ("member", "Member"), ("guest", "Guest")],
    "licence": [("member", "Member"), ("guest", "Guest"), ("view_only", "View-only")],
    "status": [("active", "Active"), ("not_active", "Not Active")],
    "source": [("stream", "Event stream"), ("audit", "Audit log"), ("console", "Admin Console")],
}


class Migration(migrations.Migration):
    dependencies = [
        ("roster", "0003_scope"),
        ("connections", "0003_scope"),
        ("activity", "0006_usage_by_gid"),
    ]

    operations = [
        migrations.CreateModel(
            "ListedMembership",
            [
                (
                    "membership",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="listed",
                        serialize=False,
                        to="roster.membership",
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("email", models.CharField(blank=True, max_length=320)),
                ("domain", models.CharField(blank=True, max_length=320)),
                ("role", models.CharField(choices=NAMED["role"], max_length=6)),
                ("licence", models.CharField(choices=NAMED["licence"], max_length=9)),
                ("status", models.CharField(choices=NAMED["status"], max_length=10)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                (
                    "in_console",
                    models.BooleanField(help_text="Whether the person is in any console export."),
                ),
                ("last_used_at", models.DateTimeField(null=True)),
                ("last_used_source", models.CharField(blank=True, choices=NAMED["source"], max_length=7)),
                ("last_automated_at", models.DateTimeField(null=True)),
                ("active_days", models.PositiveSmallIntegerField(null=True)),
                ("usage_seconds", models.PositiveIntegerField(null=True)),
                ("has_logged_in", models.BooleanField(null=True)),
                ("never_logged_in_on", models.DateField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="connections.connection",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="listed", to="roster.person"
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="roster.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index("name", "membership", name="listed_by_name"),
                    models.Index(
                        F("last_used_at").desc(nulls_last=True),
                        "name",
                        "membership",
                        name="listed_by_newest_use",
                    ),
                    models.Index(
                        F("last_used_at").asc(nulls_last=True),
                        "name",
                        "membership",
                        name="listed_by_oldest_use",
                    ),
                    models.Index("workspace", "status", name="listed_by_workspace"),
                ]
            },
        ),
        migrations.CreateModel(
            "ListingChange",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="connections.connection",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            "KeptCells",
            [
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="connections.connection",
                    ),
                ),
                ("version", models.TextField(help_text="Of the listed memberships that were counted.")),
                ("question", models.TextField(help_text="What was asked: days, spans and workspaces.")),
                ("cells", models.TextField(help_text="JSON.")),
            ],
        ),
        # Lists are in the order of listed memberships now; each figure would still be written into it.
        migrations.RemoveIndex("personusage", "usage_by_last_used"),
        LimitRows("activity_listedmembership", by_connection()),
        LimitRows("activity_listingchange", by_connection()),
        LimitRows("activity_keptcells", by_connection()),
        migrations.RunSQL(
            RULE + RELIST, "DROP FUNCTION usher_relist(bigint[]); DROP FUNCTION usher_listed(bigint[]);"
        ),
        StatementTriggers("listed", "usher_relist_by", TRIGGERS),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
