"""The last use that Usher's own sources have seen is kept beside the last use of all sources."""

from django.db import migrations, models

# Where a file says the later day, the days of use have what the sources saw.
FILL = """
UPDATE activity_personusage use SET observed_at = CASE
    WHEN use.last_used_source <> 'console' THEN use.last_used_at
    ELSE (
        SELECT day.last_human_at FROM activity_activeday day
        WHERE day.connection_id = use.connection_id AND day.user_gid = use.user_gid AND day.human > 0
        ORDER BY day.day DESC LIMIT 1
    ) END
WHERE use.last_used_at IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("activity", "0009_unmatched_members")]

    operations = [
        migrations.AddField(
            "personusage",
            "observed_at",
            models.DateTimeField(
                help_text="The last human use that audit log or stream have seen, whatever the Admin Console says.",
                null=True,
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
