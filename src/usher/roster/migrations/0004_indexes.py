"""Indexes by which people are searched for, changes counted and sightings found without reading all rows."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Concat, Upper

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
    EXECUTE format('CREATE INDEX person_by_part_of_name ON roster_person USING gin (searched %s.gin_trgm_ops)', place);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR invalid_schema_name THEN
    RAISE NOTICE 'Without pg_trgm, searching for people takes longer: %', SQLERRM;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("roster", "0003_scope")]

    operations = [
        migrations.AddField(
            "person",
            "searched",
            models.GeneratedField(
                db_persist=True,
                expression=Upper(Concat("name", models.Value("\n"), "email")),
                help_text="What a search looks through. Migration 0004 makes an index where the server has pg_trgm.",
                output_field=models.TextField(),
            ),
        ),
        migrations.RunSQL(MAKE, "DROP INDEX IF EXISTS person_by_part_of_name"),
        migrations.AddIndex("person", models.Index(Upper("email"), name="person_by_any_spelling")),
        migrations.AlterField(
            "sighting",
            "walk",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sightings",
                to="roster.workspacewalk",
            ),
        ),
        migrations.RemoveIndex("change", "change_by_kind_and_time"),
        migrations.AddIndex(
            "change",
            models.Index("kind", "happened_at", include=["membership"], name="change_by_kind_and_time"),
        ),
    ]
