from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from usher.platform.postgres.row_security import NOBODY, SCOPE, VIEWER, LimitRows, by_row_of

# Policies of employees and matches look at each other's tables. Functions that act as the owner break the circle.
FUNCTIONS = f"""
CREATE FUNCTION usher_sources_in_scope() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public AS
    $$ SELECT id FROM directory_source WHERE connections && usher_scope() $$;
CREATE FUNCTION usher_source_of_employee(bigint) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public AS
    $$ SELECT source_id FROM directory_employee WHERE id = $1 $$;
"""
DROP_FUNCTIONS = "DROP FUNCTION usher_sources_in_scope; DROP FUNCTION usher_source_of_employee;"

IN_SCOPE = "ANY (ARRAY(SELECT usher_sources_in_scope()))"
OWN_SOURCE = f"source_id = {IN_SCOPE}"
SEEN_PERSON = by_row_of("roster_person", "person_id")
OWN_UPLOAD = f"source_id IS NULL AND by = (SELECT u.username FROM access_user u WHERE u.id = {VIEWER})"


class Migration(migrations.Migration):
    dependencies = [("roster", "0003_scope"), ("directory", "0004_loose_local_parts")]

    operations = [
        migrations.AddField(
            "source",
            "connections",
            ArrayField(
                models.BigIntegerField(),
                null=True,
                size=None,
                help_text="The connections whose people it lists; null: of any.",
            ),
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        LimitRows(
            "directory_match",
            f"({SEEN_PERSON} AND (state = 'matched' OR usher_source_of_employee(employee_id) = {IN_SCOPE}))",
        ),
        LimitRows(
            "directory_employee",
            f"({OWN_SOURCE} OR EXISTS (SELECT FROM directory_match m"
            " WHERE m.employee_id = directory_employee.id AND m.state = 'matched'))",
        ),
        LimitRows(
            "directory_source",
            f"(id = {IN_SCOPE} OR EXISTS (SELECT FROM directory_employee e WHERE e.source_id = directory_source.id))",
        ),
        LimitRows("directory_employeechange", by_row_of("directory_employee", "employee_id")),
        LimitRows("directory_import", f"({OWN_SOURCE} OR {OWN_UPLOAD})"),
        LimitRows("directory_sourcequestion", OWN_SOURCE),
        LimitRows("directory_directorygroup", OWN_SOURCE),
        LimitRows(
            "directory_directorygroup_members", by_row_of("directory_directorygroup", "directorygroup_id")
        ),
        LimitRows("directory_scimrefusal", OWN_SOURCE),
        LimitRows("directory_personkey", SEEN_PERSON),
        LimitRows("directory_remark", SEEN_PERSON),
        LimitRows(
            "directory_protected", "EXISTS (SELECT FROM roster_person p WHERE p.gid = person_gid)"
        ),
        # Domains of companies.
        LimitRows("directory_domainalias", NOBODY),
    ]
