import django.contrib.postgres.fields
from django.db import migrations, models

from usher.platform.postgres.row_security import NOBODY, LimitRows


class Migration(migrations.Migration):
    dependencies = [("connections", "0003_scope")]

    operations = [
        migrations.CreateModel(
            name="TokenPace",
            fields=[
                ("key", models.CharField(help_text="A keyed hash: nobody reads a token from it.", max_length=64, primary_key=True, serialize=False)),
                ("slot", models.BigIntegerField(help_text="The newest slot of `sent`, in fifths of a second.")),
                ("sent", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), help_text="Calls by slot, the newest first.", size=None)),
                ("under_way", models.JSONField(default=dict, help_text="By process: reads, writes, and when it told them.")),
                ("paused_until", models.DateTimeField(help_text="Asana asked for it.", null=True)),
            ],
        ),
        # What it holds is worthless a minute later, so no change of it waits for a disk.
        migrations.RunSQL("ALTER TABLE connections_tokenpace SET UNLOGGED", migrations.RunSQL.noop),
        LimitRows("connections_tokenpace", NOBODY),
    ]
