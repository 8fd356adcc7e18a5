"""The last day of use that Usher's own sources saw is kept beside the last use of all sources."""

from django.db import migrations, models

FILL = """
UPDATE activity_personusage used SET observed_on = (
    SELECT day.day FROM activity_activeday day
    WHERE day.connection_id = used.connection_id AND day.user_gid = used.user_gid AND day.human > 0
    ORDER BY day.day DESC LIMIT 1
)
WHERE used.last_used_at IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("activity", "0009_unmatched_members")]

    operations = [
        migrations.AddField(
            "personusage",
            "observed_on",
            models.DateField(
                help_text="The last day with human use that audit log or stream saw, whatever the Admin Console says.",
                null=True,
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
