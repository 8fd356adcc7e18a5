"""People are found by a part of their name or e-mail without reading all of them."""

from django.db import migrations

# Searching works without it too, and takes longer: not every server has the extension, or lets Usher's user add it.
# Where it is, it is in the schema in use, also while a backup is restored into another one.
MAKE = """
DO $$
DECLARE
    place text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE EXTENSION pg_trgm SCHEMA public;
    END IF;
    SELECT extnamespace::regnamespace::text INTO place FROM pg_extension WHERE extname = 'pg_trgm';
    EXECUTE format(
        'CREATE INDEX person_by_part_of_name ON roster_person'
        ' USING gin (upper(name) %1$s.gin_trgm_ops, upper(email) %1$s.gin_trgm_ops)', place
    );
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR invalid_schema_name THEN
    RAISE NOTICE 'Without pg_trgm, searching for people takes longer: %', SQLERRM;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("roster", "0003_scope")]

    operations = [migrations.RunSQL(MAKE, "DROP INDEX IF EXISTS person_by_part_of_name")]
